/** Requests to the site, and a visitor who keeps cookies. Redirects are not followed. */
import http from 'node:http';
import { env } from './place.mjs';

const { hostname, port } = new URL(env().base_url);
const INDEX = '/addons/chathub/index/';

/** Status 0 is a connection that ended without an answer. */
export function send(path, { form, json, headers = {} } = {}) {
  const body = form ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const all = { 'Accept-Language': 'zh-CN', Accept: json ? 'application/json' : 'text/html', ...headers };
  if (body !== undefined) Object.assign(all, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  const options = {
    hostname, port, agent: false, headers: all, method: body === undefined ? 'GET' : 'POST',
    path: path.startsWith('/') ? path : INDEX + path,
  };
  return new Promise((resolve) => {
    const request = http.request(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', (error) => resolve({ status: 0, error, text: '', headers: {} }));
      response.on('end', () => resolve({
        status: response.statusCode, headers: response.headers, location: response.headers.location ?? null,
        text: Buffer.concat(parts).toString('utf8'),
      }));
    });
    request.on('error', (error) => resolve({ status: 0, error, text: '', headers: {} }));
    request.end(body);
  });
}

export class Visitor {
  #cookies = new Map();

  async send(path, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await send(path, { ...options, headers: { ...(cookie && { Cookie: cookie }), ...options.headers } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    return answer;
  }

  /** Sends a form with the token that the page before it holds. */
  async submit(page, action, form) {
    const { text } = await this.send(page);
    const token = text.match(/name="__token__" value="([0-9a-f]+)"/)?.[1] ?? '';
    return this.send(action, { form: { ...form, __token__: token } });
  }

  /** What the member centre's row of a tenant says. */
  async rowOf(tenantId) {
    const page = await this.send('my');
    const [, status, embed] = page.text.match(
      new RegExp(`data-tenant="${tenantId}" data-status="(\\w+)" data-embed="([01])"`),
    ) ?? [];
    return { status, embed, page };
  }

  /** What a waiting page polls. */
  async status() {
    return JSON.parse((await this.send('status')).text);
  }
}
