import { parseShanghai } from '../clock.mjs';

const CLOCK_TOLERANCE_MS = 10 * 60 * 1000;

/** A refusal in the gateway's own terms. */
export class GatewayError extends Error {
  constructor(code, subCode, subMsg) {
    super(subMsg);
    this.code = code;
    this.subCode = subCode;
    this.subMsg = subMsg;
  }

  get msg() {
    return {
      40001: 'Missing Required Arguments', 40002: 'Invalid Arguments', 40004: 'Business Failed', 40005: 'Call Limited',
    }[this.code];
  }
}

export const missing = (subCode, subMsg) => new GatewayError('40001', subCode, subMsg);
export const invalid = (subCode, subMsg) => new GatewayError('40002', subCode, subMsg);
export const refused = (subCode, subMsg) => new GatewayError('40004', subCode, subMsg);

const REQUIRED = [
  ['app_id', 'isv.missing-app-id', '缺少appId参数'],
  ['method', 'isv.missing-method', '缺少方法名参数'],
  ['sign', 'isv.missing-signature', '缺少签名参数'],
  ['sign_type', 'isv.missing-signature-type', '缺少签名类型参数'],
  ['timestamp', 'isv.missing-timestamp', '缺少时间戳参数'],
  ['version', 'isv.missing-version', '缺少版本参数'],
];

/**
 * The checks that every method shares.
 * @returns {GatewayError|null} why the gateway refuses, in the order in which it looks
 */
export function checkPublicParams({ params, duplicates }, { appId, methods, verify, now }) {
  if (duplicates.length > 0) return invalid('isv.invalid-parameter', `参数重复：${duplicates.join(',')}`);
  for (const [name, subCode, subMsg] of REQUIRED) {
    if (!params[name]) return missing(subCode, subMsg);
  }
  if (params.app_id !== appId) return invalid('isv.invalid-app-id', '无效的AppID参数');
  if (params.sign_type !== 'RSA2') return invalid('isv.invalid-signature-type', '无效的签名类型');
  if ((params.charset ?? 'utf-8').toLowerCase() !== 'utf-8') return invalid('isv.invalid-charset', '字符集错误');
  if (!verify(params)) {
    return invalid('isv.invalid-signature', '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配');
  }
  if (!methods.includes(params.method)) return invalid('isv.invalid-method', '不存在的方法名');
  if ((params.format ?? 'JSON').toUpperCase() !== 'JSON') return invalid('isv.invalid-format', '无效的数据格式');
  if (params.version !== '1.0') return invalid('isv.invalid-parameter', '无效的版本参数');
  const timestamp = parseShanghai(params.timestamp);
  if (timestamp === null || Math.abs(now - timestamp) > CLOCK_TOLERANCE_MS) {
    return invalid('isv.invalid-timestamp', '非法的时间戳参数');
  }
  return null;
}

export function parseBizContent(params) {
  let biz;
  try {
    biz = JSON.parse(params.biz_content ?? '');
  } catch {
    biz = null;
  }
  if (biz === null || typeof biz !== 'object' || Array.isArray(biz)) {
    throw invalid('isv.invalid-parameter', 'biz_content参数无效');
  }
  return biz;
}
