// Ways to answer, well-behaved ones first.

export function send(res, status, contentType, body, headers = {}) {
  const bytes = Buffer.from(body);
  res.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length, ...headers });
  res.end(bytes);
}

export function sendJson(res, status, value) {
  send(res, status, 'application/json; charset=utf-8', JSON.stringify(value));
}

export function sendPage(res, status, html) {
  send(res, status, 'text/html; charset=utf-8', html, {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'Referrer-Policy': 'no-referrer',
  });
}

export function redirect(res, status, location) {
  res.writeHead(status, { Location: location, 'Content-Length': 0, 'Cache-Control': 'no-store' });
  res.end();
}

/** Announces the whole body and then sends it one byte per interval, for as long as the client listens. */
export function drip(res, contentType, body, intervalMs = 1000) {
  const bytes = Buffer.from(body);
  res.writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  res.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    res.write(bytes.subarray(sent, sent + 1));
    sent += 1;
    if (sent === bytes.length) {
      clearInterval(timer);
      res.end();
    }
  }, intervalMs);
  res.once('close', () => clearInterval(timer));
}

/** Never answers; the connection stays until the client or the sandbox ends it. */
export function hang() {}

/** Ends the connection without an answer, as a dying process does. */
export function dropConnection(res) {
  res.socket?.destroy();
}

export const HUGE_BYTES = 10 * 1024 * 1024;

/** A 502-like page of a proxy in front of the service: HTML where JSON was expected. */
export const PROXY_PAGE = `<!DOCTYPE html>
<html><head><title>Service unavailable</title></head>
<body><center><h1>Service unavailable</h1></center><hr><center>proxy</center></body></html>
`;
