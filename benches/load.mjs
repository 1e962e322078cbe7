// Sends messages over kept connections, and prints how long each answer took.
//
//     node load.mjs < {"url":…,"connections":8,"messages":[{"headers":{…},"body":…}],"expect":"success","pause_ms":0}
//     → {"seconds":…,"ms":[…]}
//
// Every answer must be 200 with exactly what is expected: anything else would make the figures worthless.

import net from 'node:net';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { url, connections, messages, expect, pause_ms: pause = 0 } = JSON.parse(Buffer.concat(chunks).toString());
const { hostname, port, pathname, search, host } = new URL(url);
const requests = messages.map(({ headers, body }) => Buffer.from([
  `POST ${pathname}${search} HTTP/1.1`, `Host: ${host}`, `Content-Length: ${Buffer.byteLength(body)}`,
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body,
].join('\r\n')));
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// The answer's body once it is whole, else null.
function answerOf(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = text.slice(0, end).toLowerCase();
  const rest = text.slice(end + 4);
  const length = /content-length: (\d+)/.exec(head);
  if (length) return rest.length >= Number(length[1]) ? rest : null;
  if (!rest.endsWith('0\r\n\r\n')) return null;
  return rest.split('\r\n').filter((_, index) => index % 2 === 1).join('');
}

function send(socket, request) {
  return new Promise((resolve, reject) => {
    let text = '';
    const began = performance.now();
    const onData = (data) => {
      text += data.toString('latin1');
      const answer = answerOf(text);
      if (answer === null) return;
      socket.off('data', onData);
      const ok = text.startsWith('HTTP/1.1 200 ') && answer === expect;
      if (ok) resolve(performance.now() - began);
      else reject(new Error(`unexpected answer: ${text.slice(0, 500)}`));
    };
    socket.on('data', onData);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.write(request);
  });
}

const times = [];
let next = 0;
async function work() {
  const socket = net.connect(Number(port), hostname);
  socket.setNoDelay(true);
  socket.setMaxListeners(0);
  await new Promise((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
  while (next < requests.length) {
    times.push(await send(socket, requests[next++]));
    socket.removeAllListeners('close');
    if (pause > 0) await sleep(pause);
  }
  socket.destroy();
}

const began = performance.now();
await Promise.all(Array.from({ length: connections }, work));
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, ms: times }));
