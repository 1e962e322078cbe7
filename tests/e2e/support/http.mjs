/** Requests exactly as written, and a browser's memory for cookies. Redirects are never followed. */
import http from 'node:http';
import { env, INDEX } from './site.mjs';

const agent = new http.Agent({ keepAlive: true });
const base = new URL(env.base_url);
const HEADERS = { 'Accept-Language': 'zh-CN', Accept: 'text/html' };

/** `body` is sent as it is; an object becomes a form, with its keys encoded as well. */
export function send(path, { method, headers = {}, form, json, body } = {}) {
    const payload = form !== undefined ? encode(form) : json !== undefined ? JSON.stringify(json) : body;
    const type = form !== undefined ? 'application/x-www-form-urlencoded' : json !== undefined ? 'application/json' : null;
    const all = { ...HEADERS, ...(type ? { 'Content-Type': type } : {}), ...headers };
    if (payload !== undefined) {
        all['Content-Length'] = Buffer.byteLength(payload);
    }
    const options = {
        agent,
        hostname: base.hostname,
        port: base.port,
        path: path.startsWith('/') ? path : INDEX + path,
        method: method ?? (payload === undefined ? 'GET' : 'POST'),
        headers: all,
    };
    return new Promise((resolve, reject) => {
        const request = http.request(options, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => resolve(answer(response, Buffer.concat(parts))));
            response.on('error', reject);
        });
        request.on('error', reject);
        request.end(payload);
    });
}

/** Bytes that JavaScript strings cannot hold may be given as %XX in a value of the form {raw: "…"}. */
export function encode(form) {
    const pairs = Array.isArray(form) ? form : Object.entries(form);
    return pairs.map(([name, value]) =>
        `${encodeURIComponent(name).replace(/%5B/g, '[').replace(/%5D/g, ']')}=`
        + (value?.raw ?? encodeURIComponent(value))).join('&');
}

function answer(response, bytes) {
    const text = bytes.toString('utf8');
    return {
        status: response.statusCode,
        headers: response.headers,
        cookies: response.headers['set-cookie'] ?? [],
        location: response.headers.location ?? null,
        bytes,
        text,
        json: () => JSON.parse(text),
    };
}

/** A visitor: keeps cookies, knows the CSRF token of the form it saw last. */
export class Visitor {
    cookies = new Map();
    token = '';

    async send(path, options = {}) {
        const headers = { ...options.headers };
        if (this.cookies.size > 0) {
            headers.Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        }
        const got = await send(path, { ...options, headers });
        for (const cookie of got.cookies) {
            const [name, ...value] = cookie.split(';')[0].split('=');
            this.cookies.set(name, value.join('='));
        }
        const token = got.text.match(/name="__token__" value="([0-9a-f]{32,})"/);
        if (token) {
            this.token = token[1];
        }
        return got;
    }

    /** Opens the page of a form, then sends the form with its token. */
    async submit(page, action, form) {
        await this.send(page);
        return this.send(action, { form: { ...form, __token__: this.token } });
    }

    get sessionId() {
        return this.cookies.get('PHPSESSID');
    }
}
