import { readBody, queryOf } from '../http/request.mjs';
import { drip, hang, send, HUGE_BYTES, PROXY_PAGE } from '../http/answer.mjs';
import { formatRfc3339 } from '../clock.mjs';
import { ApiError, badParameter } from './errors.mjs';
import { corrupted, signedHeaders } from './compose.mjs';
import { newNonce } from './identity.mjs';
import { parseJson, readOrder } from './order.mjs';
import { transaction } from './facts.mjs';
import { encrypt } from './signature.mjs';

const JSON_TYPE = 'application/json; charset=utf-8';
const ROUTES = [
  { method: 'POST', endpoint: 'native', path: /^\/v3\/pay\/transactions\/native$/ },
  { method: 'GET', endpoint: 'query', path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/ },
  { method: 'GET', endpoint: 'query', by: 'id', path: /^\/v3\/pay\/transactions\/id\/([^/]+)$/ },
  { method: 'POST', endpoint: 'close', path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/ },
  { method: 'GET', endpoint: 'certificates', path: /^\/v3\/certificates$/ },
];
const STALE_MS = 301_000;
// What a mode says instead of the answer.
const REFUSALS = {
  status_500: [500, 'SYSTEM_ERROR', '系统异常，请稍后重试'],
  frequency_limited: [429, 'FREQUENCY_LIMITED', '频率超限'],
  user_paying: [202, 'USERPAYING', '用户支付中，需要输入密码'],
  trade_error: [403, 'TRADE_ERROR', '交易错误'],
};
// A good answer to what was not done.
const WITHOUT_EFFECT = {
  native: { status: 200, body: { code_url: 'weixin://wxpay/bizpayurl?pr=none' } },
  close: { status: 204, body: null },
};

export const isApiPath = (path) => path.startsWith('/v3/');

/** The merchant's API: checks the request, does the work, signs the answer. */
export class Api {
  #merchant;
  #identity;
  #orders;
  #authorization;
  #settings;
  #log;
  #announcePaid;

  constructor({ merchant, identity, orders, authorization, settings, log, announcePaid }) {
    this.#merchant = merchant;
    this.#identity = identity;
    this.#orders = orders;
    this.#authorization = authorization;
    this.#settings = settings;
    this.#log = log;
    this.#announcePaid = announcePaid;
  }

  async handle(req, res, path) {
    const body = await readBody(req);
    const entry = { service: 'wechat', method: req.method, path: req.url, api: null, verified: false, error: null, params: null };
    let fault = { mode: 'ok', effect: true };
    let signer = null;
    let answer;
    try {
      const route = findRoute(req.method, path);
      entry.api = route.endpoint;
      this.#authorization.check(req, body, this.#settings.now());
      entry.verified = true;
      signer = this.#signer(req.headers['wechatpay-serial']);
      fault = this.#settings.takeFault(route.endpoint);
      if (body.length > 0) entry.params = parseJson(body);
      answer = (!fault.effect && WITHOUT_EFFECT[route.endpoint]) || this.#work(route, req, body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      entry.error = `${error.code} ${error.message}`;
      answer = { status: error.status, body: error.body };
    }
    this.#log.add(entry);
    // Who could not be identified gets an answer without a signature.
    this.#send(res, answer, signer ?? (entry.verified ? this.#signer(undefined) : null), fault);
  }

  #work(route, req, body) {
    switch (route.endpoint) {
      case 'native': return this.#native(body);
      case 'query': return this.#query(route, req);
      case 'close': return this.#close(route, body);
      default: return this.#certificates();
    }
  }

  #native(body) {
    const order = readOrder(body, this.#merchant, this.#settings.now());
    const { codeUrl } = this.#orders.place(order, this.#settings.reentry);
    return { status: 200, body: { code_url: codeUrl } };
  }

  #query(route, req) {
    if (queryOf(req).get('mchid') !== this.#merchant.mchid) throw badParameter('mchid', '与签名的商户号不一致', 'query');
    const order = route.by === 'id' ? this.#orders.byTransaction(route.value) : this.#orders.find(route.value);
    if (!order) throw new ApiError(404, 'ORDER_NOT_EXIST', '订单不存在');
    return { status: 200, body: transaction(this.#merchant, order) };
  }

  #close(route, body) {
    if (parseJson(body).mchid !== this.#merchant.mchid) throw badParameter('mchid', '与签名的商户号不一致');
    const order = this.#orders.find(route.value);
    if (!order) throw new ApiError(404, 'ORDER_NOT_EXIST', '订单不存在');
    if (this.#settings.payBeforeClose && order.state === 'NOTPAY') this.#announcePaid(order, this.#orders.pay(order));
    this.#orders.close(order);
    return { status: 204, body: null };
  }

  #certificates() {
    if (this.#settings.keys === 'public_key') {
      throw new ApiError(404, 'RESOURCE_NOT_EXISTS', '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。');
    }
    const data = this.#identity.platform.filter((certificate) => certificate.published).map((certificate) => {
      const nonce = newNonce().slice(0, 12);
      const associatedData = 'certificate';
      return {
        effective_time: formatRfc3339(certificate.effective),
        encrypt_certificate: {
          algorithm: 'AEAD_AES_256_GCM',
          associated_data: associatedData,
          ciphertext: encrypt(certificate.pem, { key: this.#identity.apiV3Key, nonce, associatedData }),
          nonce,
        },
        expire_time: formatRfc3339(certificate.expire),
        serial_no: certificate.serial,
      };
    });
    return { status: 200, body: { data } };
  }

  /** The key that the merchant asks for by `Wechatpay-Serial`; without that header, the current certificate. */
  #signer(asked) {
    const { publicKeyId, wechatpay, platform, current } = this.#identity;
    const publicKey = { serial: publicKeyId, privateKey: wechatpay.privateKey };
    const { keys } = this.#settings;
    if (asked === undefined) return keys === 'public_key' ? publicKey : current;
    if (asked === publicKeyId && keys !== 'certificates') return publicKey;
    const certificate = platform.find((each) => each.serial === asked);
    if (!certificate || keys === 'public_key') {
      throw new ApiError(400, 'PARAM_ERROR', '平台证书序列号Wechatpay-Serial错误');
    }
    return certificate;
  }

  #send(res, { status, body }, signer, fault) {
    const refusal = REFUSALS[fault.mode];
    if (refusal) return this.#send(res, { status: refusal[0], body: { code: refusal[1], message: refusal[2] } }, signer, { mode: 'ok' });
    const padding = fault.mode === 'huge' ? { padding: 'x'.repeat(HUGE_BYTES) } : {};
    const text = body === null ? '' : JSON.stringify({ ...padding, ...body });
    const now = this.#settings.now() - (fault.mode === 'stale' ? STALE_MS : 0);
    const signed = signer === null || fault.mode === 'unsigned'
      ? {}
      : signedHeaders(text, signer, { now, probe: fault.mode === 'probe' });
    switch (fault.mode) {
      case 'hang': return hang();
      case 'drip': return drip(res, JSON_TYPE, text);
      case 'html': return send(res, 200, 'text/html; charset=utf-8', PROXY_PAGE);
      case 'truncated': return send(res, status, JSON_TYPE, text.slice(0, -5), signed);
      case 'wrong_signature': return send(res, status, JSON_TYPE, text, corrupted({ body: text, headers: signed }, 'signature').headers);
      case 'unknown_serial': return send(res, status, JSON_TYPE, text, corrupted({ body: text, headers: signed }, 'serial').headers);
      default: return body === null ? sendEmpty(res, status, signed) : send(res, status, JSON_TYPE, text, signed);
    }
  }
}

function sendEmpty(res, status, headers) {
  res.writeHead(status, headers);
  res.end();
}

function findRoute(method, path) {
  const matching = ROUTES.map((route) => ({ ...route, match: route.path.exec(path) })).filter((route) => route.match);
  if (matching.length === 0) throw new ApiError(404, 'RESOURCE_NOT_EXISTS', '请求的资源不存在');
  const route = matching.find((each) => each.method === method);
  if (!route) throw new ApiError(405, 'METHOD_NOT_ALLOWED', '不支持的请求方法');
  try {
    return { ...route, value: decodeURIComponent(route.match[1] ?? '') };
  } catch {
    throw badParameter('out_trade_no', '编码错误', 'path');
  }
}
