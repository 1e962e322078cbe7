import { digits, hex, letters } from '../random.mjs';

const ERRORS = {
  missing: [2100005, 'Parameter error'],
  content_type: [2100005, 'Parameter error'],
  client: [10003, 'client_key不存在'],
  secret: [10013, 'client_key或者client_secret报错'],
  grant_type: [2100005, 'Parameter error'],
  code: [10007, '授权码过期'],
  refresh_token: [10010, 'refresh_token过期，请重新授权'],
  busy: [2100004, '系统繁忙，请稍候再试'],
  method: [2100005, 'Parameter error'],
};
const extra = (now) => ({ logid: digits(32), now });

/** 抖音: everything inside `data`, every refusal HTTP 200; refreshing needs no secret and leaves the refresh token as it is. */
export const tiktok = {
  title: '抖音',
  application: () => ({ client_key: `aw${letters(10).toLowerCase().replace(/[^a-z0-9]/g, '0')}`, client_secret: hex(16) }),
  shop: (name) => ({ id: `_000${letters(24)}`, name: name ?? '沙箱抖音小店' }),
  authorize: {
    client: ['client_key', 'client_key'], fixed: { response_type: 'code' }, required: ['scope'], optional: [], redirectUri: true,
  },
  callback: ({ code, state }) => ({ code, state, scopes: 'user_info' }),
  request: {
    methods: ['POST'], encoding: 'form', client: 'client_key', secret: 'client_secret',
    endpoints: { token: 'authorization_code', refresh: 'refresh_token' }, refreshWithoutSecret: true,
  },
  lifetimes: { code_s: 600, access_s: 15 * 86_400, refresh_s: 30 * 86_400 },
  rotates: false,
  tokens: () => ({ access: `act.3.${letters(48)}`, refresh: `rft.${letters(36)}` }),
  answer: ({ access, refresh, accessSeconds, refreshSeconds, shop, now }) => ({
    data: {
      access_token: access, captcha: '', desc_url: '', description: '', error_code: 0, expires_in: accessSeconds, log_id: digits(32),
      open_id: shop.id, refresh_expires_in: refreshSeconds, refresh_token: refresh, scope: 'user_info',
    },
    extra: extra(now),
    message: 'success',
  }),
  refusal({ reason }) {
    const [code, text] = ERRORS[reason] ?? ERRORS.refresh_token;
    return {
      status: 200,
      body: { data: { captcha: '', desc_url: '', description: text, error_code: code }, extra: extra(Date.now()), message: 'error' },
    };
  },
};
