import http from 'node:http';
import https from 'node:https';

const MAX_ANSWER_BYTES = 1024 * 1024;

// Every notification has a connection of its own: on a kept one, the receiver's idle close can meet the next request.
const agents = {
  'http:': new http.Agent({ keepAlive: false, maxSockets: Infinity }),
  'https:': new https.Agent({ keepAlive: false, maxSockets: Infinity }),
};

/**
 * Posts a body; redirects are answers, not followed. Never rejects: no answer is `status` 0 with `error`.
 * @returns {Promise<{status:number, body:string, content_type:string|null, ms:number, error?:string}>}
 */
export function post(url, body, { contentType, headers = {}, timeoutMs = 15_000 }) {
  const started = performance.now();
  const bytes = Buffer.from(body);
  return new Promise((resolve) => {
    const done = (answer) => resolve({ ...answer, ms: Math.round(performance.now() - started) });
    const failed = (error) => done({ status: 0, body: '', content_type: null, error: error.message });
    let req;
    try {
      const target = new URL(url);
      const client = target.protocol === 'https:' ? https : http;
      req = client.request(target, {
        method: 'POST',
        agent: agents[target.protocol],
        signal: AbortSignal.timeout(timeoutMs),
        headers: { 'Content-Type': contentType, 'Content-Length': bytes.length, 'User-Agent': 'Mozilla/4.0', ...headers },
      });
    } catch (error) {
      return failed(error);
    }
    req.once('error', failed);
    req.once('response', (res) => collect(res).then(done, failed));
    req.end(bytes);
  });
}

async function collect(res) {
  const chunks = [];
  let size = 0;
  for await (const chunk of res) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return {
    status: res.statusCode,
    body: Buffer.concat(chunks).toString('utf8'),
    content_type: res.headers['content-type'] ?? null,
  };
}
