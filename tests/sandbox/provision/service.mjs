import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf, readBody } from '../http/request.mjs';
import { sendJson } from '../http/answer.mjs';
import { checkActivate, checkProvision, checkSuspend } from './input.mjs';
import { sendUnauthorized } from './modes.mjs';
import { tenantKey } from './resources.mjs';

const CHECKS = { '/provision': checkProvision, '/suspend': checkSuspend, '/activate': checkActivate };

/** The provisioning service, as it really behaves. */
export class ProvisionService {
  #apiKey;
  #resources;
  #memory;
  #settings;
  #ledger;

  constructor({ apiKey, resources, memory, settings, ledger }) {
    this.#apiKey = apiKey;
    this.#resources = resources;
    this.#memory = memory;
    this.#settings = settings;
    this.#ledger = ledger;
  }

  async handle(req, res) {
    const path = pathOf(req);
    const key = req.headers['idempotency-key'] || null;
    const request = this.#ledger.begin(res, { method: req.method, path, key });
    if (req.method === 'GET' && path === '/health') return this.#health(req, res, request);
    const check = CHECKS[path];
    if (!check) return sendJson(res, 404, { error: 'not found' });
    if (req.method !== 'POST') return sendJson(res, 405, { error: 'method not allowed' });
    const bytes = await readBody(req);
    if (req.headers['x-api-key'] !== this.#apiKey) return sendUnauthorized(res);
    const body = parseObject(req, bytes);
    const problem = body === null ? 'the body must be a JSON object' : check(body);
    if (problem !== null) return sendJson(res, 400, { error: problem });

    request.tenant = this.#tenantOf(path, body);
    const mode = this.#settings.take(req.method, path);
    request.mode = mode.name;
    if (mode.instant) return mode.present(res, null, req);
    const result = path === '/provision'
      ? await this.#provision(body, key, mode, request)
      : await this.#switch(path, body, mode);
    return mode.present(res, result, req);
  }

  #health(req, res, request) {
    const mode = this.#settings.take(req.method, '/health');
    request.mode = mode.name;
    const result = mode.result ?? { status: 200, body: { status: 'ok' } };
    return mode.present(res, result, req);
  }

  /** Looks up the key, then works, then stores the answer: nothing keeps a second request with that key out. */
  async #provision(body, key, mode, request) {
    const remembered = key === null ? null : this.#memory.replay(key);
    if (remembered !== null) {
      request.replay = true;
      return remembered;
    }
    const result = await this.#work(body, key, mode);
    // A process that died remembers nothing of anybody.
    if (mode.name === 'crash_after_effect' && !mode.remember) this.#memory.clear();
    return result;
  }

  async #work(body, key, mode) {
    const taken = this.#resources.exists(body);
    await this.#takeTime();
    if (mode.result === undefined && !mode.effect) return inventedSuccess(body);
    const made = mode.effect ? this.#create(body, key, taken) : null;
    const result = mode.result ?? made;
    if (key !== null && mode.remember) this.#memory.store(key, result);
    return result;
  }

  // Goes on when the client has left, but keeps no process alive that is otherwise done.
  #takeTime() {
    return sleep(this.#settings.pickDelayMs(), undefined, { ref: false });
  }

  #create(body, key, taken) {
    if (taken) return { status: 500, body: { error: 'user already exists' } };
    return { status: 200, body: this.#resources.create(body, key) };
  }

  /** `/suspend` and `/activate`: without memory, and harmless when repeated. */
  async #switch(path, body, mode) {
    await this.#takeTime();
    if (mode.result) return mode.result;
    const suspended = path === '/suspend';
    const known = mode.effect
      ? this.#resources.setSuspended(body.inbox_id, suspended)
      : this.#resources.byInbox(body.inbox_id) !== null;
    if (!known) return { status: 500, body: { error: 'inbox not found' } };
    return { status: 200, body: { success: true, message: suspended ? 'suspended' : 'activated' } };
  }

  #tenantOf(path, body) {
    if (path === '/provision') return tenantKey(body);
    const made = this.#resources.byInbox(body.inbox_id);
    return made === null ? `inbox ${body.inbox_id}` : tenantKey(made);
  }
}

/** What a spoilt answer is made of when nothing was created. */
function inventedSuccess(body) {
  return {
    status: 200,
    body: { inbox_id: 1, inbox_token: 'none', inbox_name: body.name, team_id: 1, embed_code: '<script></script>' },
  };
}

function parseObject(req, bytes) {
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) return null;
  try {
    const value = JSON.parse(bytes.toString('utf8'));
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
