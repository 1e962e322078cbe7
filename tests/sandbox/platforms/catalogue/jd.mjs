import { hex, letters, digits, uuid } from '../random.mjs';

const ERRORS = {
  missing: [400, '缺少必要参数'],
  client: [402, 'app_key不存在'],
  secret: [403, 'app_secret不正确'],
  grant_type: [404, 'grant_type不支持'],
  code: [407, '授权码无效或已过期'],
  refresh_token: [408, 'refresh_token无效或已过期'],
  busy: [429, '请求过于频繁'],
  method: [405, '请求方法不支持'],
};

/** 京东: everything travels in the query, and a refusal is HTTP 200 with a code that is not zero. */
export const jd = {
  title: '京东',
  application: () => ({ app_key: hex(16).toUpperCase(), app_secret: hex(16) }),
  shop: (name) => ({ id: letters(24), name: name ?? '沙箱京东店铺' }),
  authorize: {
    client: ['app_key', 'app_key'], fixed: { response_type: 'code', scope: 'snsapi_base' }, optional: [], redirectUri: true,
  },
  callback: ({ code, state }) => ({ code, state }),
  request: {
    methods: ['GET', 'POST'], encoding: 'query', client: 'app_key', secret: 'app_secret',
    endpoints: { token: 'authorization_code', refresh: 'refresh_token' },
  },
  lifetimes: { code_s: 600, access_s: 86_399, refresh_s: 30 * 86_400 },
  rotates: true,
  tokens: () => ({ access: hex(20), refresh: hex(20) }),
  answer: ({ access, refresh, accessSeconds, shop, now }) => ({
    code: 0, access_token: access, expires_in: accessSeconds, refresh_token: refresh, scope: 'snsapi_base', open_id: shop.id,
    uid: digits(10), time: now, token_type: 'bearer', xid: `o*${letters(16)}`,
  }),
  refusal({ reason, detail }) {
    const [code, text] = ERRORS[reason] ?? ERRORS.refresh_token;
    return { status: 200, body: { code, msg: reason === 'missing' ? `${text}：${detail}` : text, requestId: uuid() } };
  },
};
