import assert from 'node:assert/strict';

export const BACK = 'http://127.0.0.1:9/addons/chathub/index/channelCallback';
export const CHANNELS = ['amazon', 'jd', 'taobao', 'pdd', 'tiktok'];

/** How a site asks each platform, written down from the platforms' own pages. */
const AUTHORIZE = {
  amazon: (info) => ({ application_id: info.amazon_application_id, redirect_uri: BACK }),
  jd: (info) => ({ app_key: info.jd_app_key, response_type: 'code', redirect_uri: BACK, scope: 'snsapi_base' }),
  taobao: (info) => ({ response_type: 'code', client_id: info.taobao_app_key, redirect_uri: BACK, view: 'web' }),
  pdd: (info) => ({ response_type: 'code', client_id: info.pdd_client_id, redirect_uri: BACK }),
  tiktok: (info) => ({ client_key: info.tiktok_client_key, response_type: 'code', scope: 'user_info', redirect_uri: BACK }),
};
const CREDENTIALS = {
  amazon: (info) => ({ client_id: info.amazon_client_id, client_secret: info.amazon_client_secret }),
  jd: (info) => ({ app_key: info.jd_app_key, app_secret: info.jd_app_secret }),
  taobao: (info) => ({ client_id: info.taobao_app_key, client_secret: info.taobao_app_secret }),
  pdd: (info) => ({ client_id: info.pdd_client_id, client_secret: info.pdd_client_secret }),
  tiktok: (info) => ({ client_key: info.tiktok_client_key, client_secret: info.tiktok_client_secret }),
};
const TAKES_ADDRESS = ['amazon', 'taobao', 'pdd'];

export function authorizeUrl(info, channel, changes = {}) {
  const params = { ...AUTHORIZE[channel](info), state: 's'.repeat(32), ...changes };
  const given = Object.entries(params).filter(([, value]) => value !== null);
  return `${info.oauth_base}/${channel}/authorize?${new URLSearchParams(given)}`;
}

/** Presses a button of a consent page; gives the address that the seller is sent back to. */
export async function decide(info, channel, { decision = 'allow', shop = '', ...changes } = {}) {
  const page = await fetch(authorizeUrl(info, channel, changes));
  const text = await page.text();
  assert.equal(page.status, 200, text);
  const request = /name="request" value="([^"]+)"/.exec(text)[1];
  return press(info, channel, { request, shop, decision });
}

export async function press(info, channel, form) {
  const res = await fetch(`${info.oauth_base}/${channel}/authorize`, {
    method: 'POST', body: new URLSearchParams(form), redirect: 'manual',
  });
  return { status: res.status, back: res.headers.get('location') && new URL(res.headers.get('location')) };
}

export const codeOf = (channel, back) => back.searchParams.get(channel === 'amazon' ? 'spapi_oauth_code' : 'code');

/** A request for tokens as the platform wants it. */
export async function ask(info, channel, endpoint, params, { method, type } = {}) {
  const url = `${info.oauth_base}/${channel}/${endpoint}`;
  const given = { ...CREDENTIALS[channel](info), ...params };
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const inQuery = channel === 'jd';
  const body = inQuery ? undefined : channel === 'pdd' ? JSON.stringify(defined) : new URLSearchParams(defined).toString();
  const kind = type ?? (channel === 'pdd' ? 'application/json' : 'application/x-www-form-urlencoded');
  const res = await fetch(inQuery ? `${url}?${new URLSearchParams(defined)}` : url, {
    method: method ?? (inQuery ? 'GET' : 'POST'),
    ...(body !== undefined && (method ?? 'POST') === 'POST' && { body, headers: { 'Content-Type': kind } }),
  });
  const text = await res.text();
  return { status: res.status, text, body: safeJson(text) };
}

const safeJson = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

export function exchange(info, channel, back, changes = {}, options = {}) {
  return ask(info, channel, 'token', {
    grant_type: 'authorization_code', code: codeOf(channel, back), ...(TAKES_ADDRESS.includes(channel) && { redirect_uri: BACK }), ...changes,
  }, options);
}

export function refresh(info, channel, token, changes = {}, options = {}) {
  return ask(info, channel, 'refresh', {
    grant_type: 'refresh_token', refresh_token: token, ...(channel === 'tiktok' && { client_secret: null }), ...changes,
  }, options);
}

/** The facts of an answer, wherever the platform puts them; fails on a refusal. */
export function facts(channel, { status, body, text }) {
  assert.equal(status, 200, text);
  assert.equal(refusal(channel, { status, body }), null, text);
  return channel === 'tiktok' ? body.data : body;
}

/** What a refusal is called in the platform's own place for it; null for a success. */
export function refusal(channel, { body }) {
  switch (channel) {
    case 'amazon':
    case 'taobao': return body.error ?? null;
    case 'jd': return body.code === 0 ? null : body.code;
    case 'pdd': return body.error_response?.error_code ?? null;
    default: return body.data.error_code === 0 ? null : body.data.error_code;
  }
}

export async function bind(info, channel, options = {}) {
  const { back } = await decide(info, channel, options);
  return facts(channel, await exchange(info, channel, back));
}
