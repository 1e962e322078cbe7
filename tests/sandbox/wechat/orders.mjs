import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { formatShanghai } from '../clock.mjs';
import { ApiError } from './errors.mjs';

const CODE_URL_LIFE_MS = 2 * 3600 * 1000;
const digits = (count) => Array.from({ length: count }, () => randomInt(10)).join('');
const day = () => formatShanghai(Date.now()).slice(0, 10).replaceAll('-', '');
const letters = (count) => Array.from({ length: count }, () => 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'[randomInt(56)]).join('');

export const newTransactionId = () => `4200${digits(6)}${day()}${digits(10)}`;

/**
 * The orders and their states: NOTPAY → SUCCESS → REFUND, and CLOSED after a close or at `time_expire`.
 */
export class Orders {
  #byNumber = new Map();
  #byCode = new Map();

  /** Makes the order, or gives a known one another code_url when it is asked for in the same words. */
  place({ given, expires_at: expiresAt }, reentryCode) {
    const known = this.find(given.out_trade_no);
    if (!known) return this.#addCode(this.#create(given, expiresAt));
    if (!isDeepStrictEqual(known.given, given)) {
      throw new ApiError(reentryCode === 'OUT_TRADE_NO_USED' ? 403 : 400, reentryCode, '请求重入时，参数与首次请求时不一致');
    }
    if (known.state === 'CLOSED') throw new ApiError(400, 'ORDER_CLOSED', '订单已关闭');
    if (known.state !== 'NOTPAY') throw new ApiError(400, 'ORDERPAID', '该订单已支付');
    return this.#addCode(known);
  }

  find(outTradeNo) {
    return this.#whenDue(this.#byNumber.get(outTradeNo));
  }

  byTransaction(id) {
    return this.list().find((order) => order.payments.some((payment) => payment.transaction_id === id)) ?? null;
  }

  /** The order whose QR code this is, while the code is valid. */
  byCodeUrl(codeUrl) {
    const code = this.#byCode.get(codeUrl);
    return code && Date.now() - code.at < CODE_URL_LIFE_MS ? this.#whenDue(code.order) : null;
  }

  /** @param {{transactionId?: string|null, force?: boolean}} options force: pay whatever the state, once more */
  pay(order, { transactionId = null, force = false } = {}) {
    if (order.state !== 'NOTPAY' && !force) {
      throw order.state === 'CLOSED'
        ? new ApiError(400, 'ORDER_CLOSED', '订单已关闭')
        : new ApiError(400, 'ORDERPAID', '该订单已支付');
    }
    const payment = { transaction_id: transactionId ?? newTransactionId(), at: Date.now() };
    order.payments.push(payment);
    if (order.state !== 'REFUND') order.state = 'SUCCESS';
    return payment;
  }

  close(order) {
    if (order.state === 'CLOSED') throw new ApiError(400, 'ORDER_CLOSED', '订单已关闭');
    if (order.state !== 'NOTPAY') throw new ApiError(400, 'ORDERPAID', '该订单已支付');
    order.state = 'CLOSED';
  }

  expire(order) {
    if (order.state !== 'NOTPAY') throw new ApiError(400, 'INVALID_REQUEST', '订单状态不合法');
    order.expires_at = Date.now();
    order.state = 'CLOSED';
  }

  refund(order, fen) {
    const done = order.refunds.reduce((sum, refund) => sum + refund.fen, 0);
    if (!['SUCCESS', 'REFUND'].includes(order.state)) throw new ApiError(400, 'INVALID_REQUEST', '订单未支付');
    if (done + fen > order.total) throw new ApiError(400, 'INVALID_REQUEST', '退款金额超限');
    const refund = { refund_id: `5030${digits(24)}`, out_refund_no: `R${digits(12)}`, fen, at: Date.now() };
    order.refunds.push(refund);
    order.state = 'REFUND';
    return refund;
  }

  list() {
    return [...this.#byNumber.values()].map((order) => this.#whenDue(order));
  }

  clear() {
    this.#byNumber.clear();
    this.#byCode.clear();
  }

  #create(given, expiresAt) {
    const order = {
      given,
      out_trade_no: given.out_trade_no,
      total: given.amount.total,
      notify_url: given.notify_url,
      expires_at: expiresAt,
      created_at: Date.now(),
      state: 'NOTPAY',
      code_urls: [],
      payments: [],
      refunds: [],
      notifications: [],
    };
    this.#byNumber.set(order.out_trade_no, order);
    return order;
  }

  #addCode(order) {
    const codeUrl = `weixin://wxpay/bizpayurl?pr=${letters(9)}`;
    order.code_urls.push(codeUrl);
    this.#byCode.set(codeUrl, { order, at: Date.now() });
    return { order, codeUrl };
  }

  #whenDue(order) {
    if (order?.state === 'NOTPAY' && order.expires_at !== null && order.expires_at <= Date.now()) order.state = 'CLOSED';
    return order ?? null;
  }
}
