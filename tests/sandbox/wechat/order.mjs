import { parseRfc3339 } from '../clock.mjs';
import { ApiError, badParameter } from './errors.mjs';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const ORDER_FIELDS = [
  'appid', 'mchid', 'description', 'out_trade_no', 'time_expire', 'attach', 'notify_url', 'goods_tag',
  'support_fapiao', 'amount', 'detail', 'scene_info', 'settle_info',
];

export function parseJson(body) {
  let value;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = null;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ApiError(400, 'PARAM_ERROR', '请求体不是合法的JSON');
  }
  return value;
}

/** The body of a Native order, checked as WeChat Pay checks it. */
export function readOrder(body, merchant, now) {
  const given = parseJson(body);
  for (const name of Object.keys(given)) {
    if (!ORDER_FIELDS.includes(name)) throw badParameter(name, '未定义的字段');
  }
  if (given.mchid !== merchant.mchid) throw badParameter('mchid', '与签名的商户号不一致');
  if (given.appid !== merchant.appid) throw new ApiError(400, 'APPID_MCHID_NOT_MATCH', 'AppID和mch_id不匹配');
  requireText(given, 'description', 127);
  requireText(given, 'attach', 128, false);
  if (typeof given.out_trade_no !== 'string' || !/^[0-9A-Za-z_\-|*]{6,32}$/.test(given.out_trade_no)) {
    throw badParameter('out_trade_no', '商户订单号为6-32个字符，只能是数字、大小写字母_-|*');
  }
  requireNotifyUrl(given.notify_url);
  const { total, currency = 'CNY' } = given.amount ?? {};
  if (!Number.isInteger(total) || total < 1) throw badParameter('amount/total', '金额必须为正整数，单位为分');
  if (currency !== 'CNY') throw badParameter('amount/currency', '只支持CNY');
  let expiresAt = null;
  if (given.time_expire !== undefined) {
    expiresAt = parseRfc3339(given.time_expire);
    if (expiresAt === null) throw badParameter('time_expire', '不是RFC3339格式的时间');
    if (expiresAt <= now) throw badParameter('time_expire', '支付结束时间早于当前时间');
  }
  return { given, expires_at: expiresAt };
}

function requireText(given, name, max, needed = true) {
  const value = given[name];
  if (value === undefined && !needed) return;
  if (typeof value !== 'string' || value === '' || [...value].length > max) {
    throw badParameter(name, `长度为1-${max}个字符`);
  }
}

function requireNotifyUrl(text) {
  let url = null;
  try {
    url = new URL(text);
  } catch {
    // reported below
  }
  // The real one takes HTTPS only; the sandbox also reaches this machine.
  const allowed = url && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname)));
  if (!allowed || url.search !== '' || url.hash !== '' || text.includes('?')) {
    throw badParameter('notify_url', '通知地址必须为https，且不能携带参数');
  }
}
