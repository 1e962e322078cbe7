import { badParameter, signError, ApiError } from './errors.mjs';
import { requestText, rsaVerify } from './signature.mjs';

export const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;
const SCHEME = 'WECHATPAY2-SHA256-RSA2048';
const FIELDS = ['mchid', 'nonce_str', 'serial_no', 'signature', 'timestamp'];
const PAIR = /^\s*([a-z_]+)="([^"]*)"\s*$/;

/** Checks the `Authorization` header of a request against the bytes that came. */
export class Authorization {
  #mchid;
  #merchant;
  #nonces = new Map();

  constructor({ mchid, merchant }) {
    this.#mchid = mchid;
    this.#merchant = merchant;
  }

  /** @throws {ApiError} @param {number} now WeChat Pay's clock, in milliseconds */
  check(req, body, now) {
    checkHeaders(req, body);
    const fields = parse(req.headers.authorization);
    if (fields.mchid !== this.#mchid) throw new ApiError(400, 'MCH_NOT_EXISTS', '商户号不存在');
    if (fields.serial_no !== this.#merchant.serial) throw signError('商户证书序列号有误。请使用签名私钥匹配的证书序列号');
    const timestamp = Number(fields.timestamp) * 1000;
    if (!/^\d{10}$/.test(fields.timestamp) || Math.abs(now - timestamp) > CLOCK_TOLERANCE_MS) {
      throw signError('Http头Authorization中的timestamp与发起请求的时间不得超过5分钟');
    }
    if (!/^[0-9A-Za-z]{1,32}$/.test(fields.nonce_str)) throw signError('Http头Authorization中的nonce_str有误');
    const text = requestText(req.method, req.url, fields.timestamp, fields.nonce_str, body);
    if (!rsaVerify(text, fields.signature, this.#merchant.publicKey)) {
      throw signError('签名错误，请检查后再试', {
        field: 'signature', issue: 'sign not match', location: 'authorization',
        sign_information: { method: req.method, url: req.url, truncated_sign_message: text.toString('utf8').slice(0, 200) },
      });
    }
    this.#useNonce(fields.nonce_str, now);
  }

  clear() {
    this.#nonces.clear();
  }

  /** Only a request with a good signature uses its nonce up. */
  #useNonce(nonce, now) {
    for (const [old, at] of this.#nonces) {
      if (now - at <= 2 * CLOCK_TOLERANCE_MS) break;
      this.#nonces.delete(old);
    }
    if (this.#nonces.has(nonce)) throw signError('Http头Authorization中的nonce_str重复');
    this.#nonces.set(nonce, now);
  }
}

function checkHeaders(req, body) {
  const { accept = '', 'user-agent': userAgent = '', 'content-type': contentType = '' } = req.headers;
  if (userAgent === '' || !/application\/json|\*\/\*/.test(accept)) {
    throw badParameter('', 'Http头缺少Accept或User-Agent', 'header');
  }
  if (body.length > 0 && !/^application\/json\b/i.test(contentType)) {
    throw new ApiError(415, 'PARAM_ERROR', 'Content-Type必须为application/json');
  }
}

function parse(header) {
  if (!header) throw signError('Http头缺少Authorization');
  const space = header.indexOf(' ');
  if (header.slice(0, space) !== SCHEME) throw signError(`Http头Authorization认证类型不正确，应为${SCHEME}`);
  const fields = {};
  for (const part of header.slice(space + 1).split(',')) {
    const pair = PAIR.exec(part);
    if (!pair || !FIELDS.includes(pair[1]) || Object.hasOwn(fields, pair[1])) throw signError('Http头Authorization值格式错误');
    fields[pair[1]] = pair[2];
  }
  for (const name of FIELDS) if (!fields[name]) throw signError(`Http头Authorization值缺少${name}`);
  return fields;
}
