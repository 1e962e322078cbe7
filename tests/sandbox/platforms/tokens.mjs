import { setTimeout as sleep } from 'node:timers/promises';
import { readBody, queryOf } from '../http/request.mjs';
import { drip, dropConnection, hang, send, HUGE_BYTES, PROXY_PAGE } from '../http/answer.mjs';
import { PLATFORMS } from './catalogue/index.mjs';
import { Refusal } from './refusal.mjs';

const JSON_TYPE = 'application/json;charset=UTF-8';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Codes against tokens, and tokens against fresh ones: checks the request, does the work, answers as the platform does. */
export class Tokens {
  #applications;
  #grants;
  #settings;
  #log;

  constructor({ applications, grants, settings, log }) {
    this.#applications = applications;
    this.#grants = grants;
    this.#settings = settings;
    this.#log = log;
  }

  async handle(req, res, channel, endpoint) {
    const entry = {
      service: 'platforms', method: req.method, path: req.url, api: `${channel}/${endpoint}`, verified: false, error: null, params: null,
    };
    let fault = { mode: 'ok', effect: true };
    let answer;
    try {
      const params = await this.#read(req, channel);
      entry.params = params;
      const grantType = this.#authenticate(params, channel, endpoint);
      entry.verified = true;
      fault = this.#settings.takeFault(channel, grantType === 'refresh_token' ? 'refresh' : 'token');
      this.#enter(channel, params, res);
      if (this.#settings.delayMs > 0) await sleep(this.#settings.delayMs);
      if (fault.mode === 'busy') throw new Refusal('busy');
      if (fault.mode === 'refused') throw new Refusal(grantType === 'refresh_token' ? 'refresh_token' : 'code', 'told to');
      answer = { status: 200, body: fault.effect ? this.#work(params, channel, grantType) : {} };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      entry.error = error.message;
      const shop = this.#grants.shopOf(channel, entry.params?.refresh_token);
      if (shop) shop.refused += 1;
      answer = PLATFORMS[channel].refusal(error);
    }
    this.#log.add(entry);
    this.#send(res, answer, fault.mode);
  }

  /** The parameters, from where the platform wants them: a secret in the address of a POST is not seen. */
  async #read(req, channel) {
    const { methods, encoding } = PLATFORMS[channel].request;
    const body = (await readBody(req)).toString('utf8');
    if (!methods.includes(req.method)) throw new Refusal('method', req.method);
    const type = (req.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
    if (encoding === 'query') return Object.fromEntries([...queryOf(req), ...new URLSearchParams(type === FORM_TYPE ? body : '')]);
    if (encoding === 'form') {
      if (type !== FORM_TYPE) throw new Refusal('content_type', type);
      return Object.fromEntries(new URLSearchParams(body));
    }
    if (type !== 'application/json') throw new Refusal('content_type', type);
    try {
      const value = JSON.parse(body);
      if (value !== null && typeof value === 'object') return value;
    } catch {
      // Not JSON: refused below.
    }
    throw new Refusal('content_type', 'not a JSON object');
  }

  /** @returns {'authorization_code'|'refresh_token'} what is asked for, by an application that proved who it is */
  #authenticate(params, channel, endpoint) {
    const { client, secret, endpoints, refreshWithoutSecret } = PLATFORMS[channel].request;
    const application = this.#applications[channel];
    const [, clientField] = PLATFORMS[channel].authorize.client;
    const expected = { id: application[client] ?? application[clientField], secret: application[secret] ?? application.app_secret };
    const { grant_type: grantType } = params;
    requireText(params, 'grant_type');
    if (!['authorization_code', 'refresh_token'].includes(grantType) || (endpoints?.[endpoint] ?? grantType) !== grantType) {
      throw new Refusal('grant_type', grantType);
    }
    requireText(params, client);
    if (params[client] !== expected.id) throw new Refusal('client');
    if (!(grantType === 'refresh_token' && refreshWithoutSecret)) {
      requireText(params, secret);
      if (params[secret] !== expected.secret) throw new Refusal('secret');
    }
    return grantType;
  }

  #work(params, channel, grantType) {
    let body;
    if (grantType === 'refresh_token') {
      requireText(params, 'refresh_token');
      body = this.#grants.refresh(channel, params.refresh_token);
    } else {
      requireText(params, 'code');
      const { redirectUri } = PLATFORMS[channel].request;
      if (redirectUri) requireText(params, 'redirect_uri');
      body = this.#grants.exchange(channel, params.code, redirectUri ? params.redirect_uri : undefined);
    }
    // 抖音 keeps its facts one level down.
    const facts = body.data ?? body;
    for (const [name, value] of Object.entries(this.#settings.fields)) {
      if (value === null) delete facts[name];
      else facts[name] = value;
    }
    return body;
  }

  /** Counts who refreshes one shop at the same time, until the answer is out or the client has left. */
  #enter(channel, params, res) {
    const shop = this.#grants.shopOf(channel, params.refresh_token);
    if (shop === null) return;
    shop.in_flight += 1;
    shop.max_in_flight = Math.max(shop.max_in_flight, shop.in_flight);
    res.once('close', () => { shop.in_flight -= 1; });
  }

  #send(res, { status, body }, mode) {
    const padding = mode === 'huge' ? { padding: 'x'.repeat(HUGE_BYTES) } : {};
    const text = JSON.stringify({ ...padding, ...body });
    switch (mode) {
      case 'hang': return hang();
      case 'crash_after_effect': return dropConnection(res);
      case 'status_500': return send(res, 500, 'text/html; charset=utf-8', PROXY_PAGE);
      case 'html': return send(res, 200, 'text/html; charset=utf-8', PROXY_PAGE);
      case 'drip': return drip(res, JSON_TYPE, text);
      case 'truncated': return send(res, status, JSON_TYPE, text.slice(0, -5));
      default: return send(res, status, JSON_TYPE, text);
    }
  }
}

function requireText(params, name) {
  if (typeof params[name] !== 'string' || params[name] === '') throw new Refusal('missing', name);
}
