import { digits, hex } from '../random.mjs';

const ERRORS = {
  missing: [10001, '参数错误'],
  content_type: [10001, '请求体不是JSON'],
  client: [10016, 'client下线或者clientId不正确'],
  secret: [10001, '秘钥不正确'],
  grant_type: [10001, '参数错误：grant_type'],
  code: [50001, 'code无效或已过期'],
  redirect_uri: [50001, 'redirect_uri不一致'],
  refresh_token: [10019, 'refresh_token已过期'],
  busy: [70031, '调用过于频繁，请调整调用频率'],
  method: [10001, '请求方式错误'],
};

/** 拼多多: JSON both ways; a refusal is HTTP 200; authorising again ends what the shop had before. */
export const pdd = {
  title: '拼多多',
  application: () => ({ client_id: hex(16), client_secret: hex(20) }),
  shop: (name) => ({ id: digits(9), name: name ?? '沙箱拼多多店铺' }),
  authorize: {
    client: ['client_id', 'client_id'], fixed: { response_type: 'code' }, optional: [], redirectUri: true,
  },
  callback: ({ code, state }) => ({ code, state }),
  request: { methods: ['POST'], encoding: 'json', client: 'client_id', secret: 'client_secret', redirectUri: true },
  lifetimes: { code_s: 600, access_s: 86_400, refresh_s: 30 * 86_400 },
  rotates: true,
  endsOlderGrants: true,
  tokens: () => ({ access: hex(20), refresh: hex(20) }),
  answer: ({ access, refresh, accessSeconds, refreshSeconds, shop, now }) => ({
    access_token: access, expires_in: accessSeconds, expires_at: Math.floor(now / 1000) + accessSeconds,
    refresh_token: refresh, refresh_token_expires_in: refreshSeconds,
    refresh_token_expires_at: Math.floor(now / 1000) + refreshSeconds,
    scope: ['pdd.ddk.goods.search', 'pdd.mall.info.get'], owner_id: shop.id, owner_name: shop.name,
  }),
  refusal({ reason, detail }) {
    const [code, text] = ERRORS[reason] ?? ERRORS.refresh_token;
    const message = reason === 'missing' ? `${text}：${detail}` : text;
    return {
      status: 200,
      body: { error_response: { error_msg: message, sub_msg: '', sub_code: null, error_code: code, request_id: digits(17) } },
    };
  },
};
