import { readBody, queryOf } from '../http/request.mjs';
import { redirect, sendJson, sendPage } from '../http/answer.mjs';
import { PLATFORMS } from './catalogue/index.mjs';
import { uuid } from './random.mjs';
import { consentPage, refusedPage } from './pages.mjs';

/** The page on which a seller agrees or not. */
export class Authorize {
  #applications;
  #grants;
  #addresses;
  #log;
  #requests = new Map();

  /** @param {{registered: string[]}} addresses where sellers may be sent back to; empty: anywhere on loopback, or by HTTPS */
  constructor({ applications, grants, addresses, log }) {
    this.#applications = applications;
    this.#grants = grants;
    this.#addresses = addresses;
    this.#log = log;
  }

  async handle(req, res, channel) {
    if (req.method === 'GET') return this.#ask(req, res, channel);
    if (req.method !== 'POST') return sendJson(res, 405, { error: 'GET or POST only' });
    return this.#decide(res, channel, new URLSearchParams((await readBody(req)).toString('utf8')));
  }

  clear() {
    this.#requests.clear();
  }

  #ask(req, res, channel) {
    const { title, shop } = PLATFORMS[channel];
    const query = queryOf(req);
    const checked = this.#check(channel, query);
    this.#log.add({
      service: 'platforms', method: 'GET', path: req.url, api: `${channel}/authorize`, verified: checked.reason === undefined,
      error: checked.reason ?? null, params: Object.fromEntries(query),
    });
    if (checked.reason !== undefined) return sendPage(res, 400, refusedPage({ title, reason: checked.reason }));
    const request = uuid();
    this.#requests.set(request, { channel, ...checked });
    return sendPage(res, 200, consentPage({
      channel, title, request, application: this.#clientOf(channel), shop: shop(null).name,
    }));
  }

  /** A pressed button: the seller goes back with a code, or with an error. A second press of an old page leads nowhere. */
  #decide(res, channel, form) {
    const request = this.#requests.get(form.get('request'));
    const { title, shop: newShop, callback } = PLATFORMS[channel];
    if (request?.channel !== channel) return sendPage(res, 400, refusedPage({ title, reason: '页面已失效' }));
    this.#requests.delete(form.get('request'));
    const { state, redirectUri } = request;
    if (form.get('decision') !== 'allow') {
      return this.#back(res, redirectUri, { error: 'access_denied', error_description: 'authorize reject', state });
    }
    const name = (form.get('shop') ?? '').trim();
    const shop = this.#grants.shop(channel, name === '' || name === newShop(null).name ? null : name);
    return this.#back(res, redirectUri, callback({ code: this.#grants.agree(channel, shop, redirectUri), state, shop }));
  }

  #back(res, redirectUri, fields) {
    const url = new URL(redirectUri);
    for (const [name, value] of Object.entries(fields)) if (value !== null) url.searchParams.set(name, value);
    return redirect(res, 303, url.href);
  }

  #check(channel, query) {
    const { client: [parameter], fixed, required = [], optional, redirectUri: needsAddress } = PLATFORMS[channel].authorize;
    const known = [parameter, 'state', ...Object.keys(fixed), ...required, ...optional, ...(needsAddress ? ['redirect_uri'] : [])];
    const keys = [...query.keys()];
    const unknown = keys.find((key) => !known.includes(key));
    if (unknown !== undefined) return { reason: `未知参数 ${unknown}` };
    if (new Set(keys).size !== keys.length) return { reason: '参数重复' };
    if (query.get(parameter) !== this.#clientOf(channel)) return { reason: `${parameter} 不存在` };
    const wrong = Object.entries(fixed).find(([name, value]) => query.get(name) !== value);
    if (wrong) return { reason: `${wrong[0]} 必须为 ${wrong[1]}` };
    const missing = required.find((name) => !query.get(name));
    if (missing) return { reason: `缺少参数 ${missing}` };
    const redirectUri = query.get('redirect_uri') ?? (needsAddress ? null : this.#addresses.registered[0] ?? null);
    if (!this.#isRegistered(redirectUri)) return { reason: 'redirect_uri 未登记' };
    return { redirectUri, state: query.get('state') };
  }

  #isRegistered(address) {
    if (address === null || !URL.canParse(address)) return false;
    const { registered } = this.#addresses;
    if (registered.length > 0) return registered.includes(address);
    const { protocol, hostname, hash, search } = new URL(address);
    return hash === '' && search === '' && (protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
  }

  #clientOf(channel) {
    const [, field] = PLATFORMS[channel].authorize.client;
    return this.#applications[channel][field];
  }
}
