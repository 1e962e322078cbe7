import { digits, hex } from '../random.mjs';

const ERRORS = {
  missing: [400, 'invalid_request', 'missing parameter'],
  content_type: [400, 'invalid_request', 'content type must be application/x-www-form-urlencoded'],
  client: [400, 'invalid_client', 'client_id not found'],
  secret: [400, 'invalid_client', 'client_secret is error'],
  grant_type: [400, 'unsupported_grant_type', 'grant_type is not supported'],
  code: [400, 'invalid_grant', 'authorize code expire'],
  redirect_uri: [400, 'redirect_uri_mismatch', 'The redirect URI does not match'],
  refresh_token: [400, 'invalid_grant', 'refresh token is invalid'],
  cannot_refresh: [400, 'invalid_grant', 'refresh times limit exceed'],
  busy: [403, 'isp.call-limited', 'This ban will last for 1 more seconds'],
  method: [405, 'invalid_request', 'POST only'],
};

/** 淘宝: the access token is the session key; with `re_expires_in` 0 it cannot be refreshed. */
export const taobao = {
  title: '淘宝',
  application: () => ({ app_key: `3${digits(7)}`, app_secret: hex(16) }),
  shop: (name) => ({ id: `22${digits(8)}`, name: name ?? '沙箱淘宝店铺' }),
  authorize: {
    client: ['client_id', 'app_key'], fixed: { response_type: 'code' }, optional: ['view'], redirectUri: true,
  },
  callback: ({ code, state }) => ({ code, state }),
  request: { methods: ['POST'], encoding: 'form', client: 'client_id', secret: 'client_secret', redirectUri: true },
  lifetimes: { code_s: 1800, access_s: 86_400, refresh_s: 30 * 86_400 },
  rotates: true,
  tokens: () => ({ access: `6100${hex(26)}`, refresh: `6101${hex(26)}` }),
  answer: ({ access, refresh, accessSeconds, refreshSeconds, shop, now }) => ({
    w1_expires_in: accessSeconds, refresh_token_valid_time: now + refreshSeconds * 1000,
    taobao_user_nick: encodeURIComponent(shop.name), re_expires_in: refreshSeconds, expire_time: now + accessSeconds * 1000,
    token_type: 'Bearer', access_token: access, taobao_user_id: shop.id, w2_expires_in: Math.min(1800, accessSeconds),
    refresh_token: refresh, expires_in: accessSeconds, r1_expires_in: accessSeconds, r2_expires_in: 0,
  }),
  refusal({ reason, detail }) {
    const [status, error, text] = ERRORS[reason] ?? ERRORS.refresh_token;
    return { status, body: { error, error_description: reason === 'missing' ? `${text} ${detail}` : text } };
  },
};
