import { randomUUID, randomInt } from 'node:crypto';
import { formatShanghai } from '../clock.mjs';
import { refused } from './request.mjs';

const MAX_TIMER_MS = 2 ** 31 - 1;
const digits = (count) => Array.from({ length: count }, () => randomInt(10)).join('');
const day = (ms) => formatShanghai(ms).slice(0, 10).replaceAll('-', '');

export const newTradeNo = (now = Date.now()) => `${day(now)}22001${digits(15)}`;
export const newNotifyId = (now = Date.now()) => `${day(now)}012${digits(23)}`;

/**
 * The trades and their states: WAIT_BUYER_PAY → TRADE_SUCCESS → TRADE_FINISHED, and TRADE_CLOSED after
 * a time-out, a close or a full refund. `onEvent(trade, event, detail)` hears of each change.
 */
export class Trades {
  #byOrder = new Map();
  #timers = new Map();

  constructor({ onEvent }) {
    this.onEvent = onEvent;
  }

  /** The buyer reached the cashier: makes the trade, or finds the one that is open. */
  open(order) {
    const known = this.#byOrder.get(order.out_trade_no);
    if (!known) return this.#create(order);
    this.#expireWhenDue(known);
    if (known.status === 'TRADE_CLOSED') throw refused('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    if (known.status !== 'WAIT_BUYER_PAY') throw refused('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    if (known.total_fen !== order.total_fen || known.subject !== order.subject) {
      throw refused('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
    }
    Object.assign(known, order);
    this.#scheduleExpiry(known);
    return known;
  }

  find({ out_trade_no: outTradeNo, trade_no: tradeNo }) {
    const trade = outTradeNo
      ? this.#byOrder.get(outTradeNo)
      : this.list().find((candidate) => tradeNo && candidate.trade_no === tradeNo);
    if (trade) this.#expireWhenDue(trade);
    return trade ?? null;
  }

  byCashier(cashierId) {
    const trade = this.list().find((candidate) => candidate.cashier_id === cashierId);
    if (trade) this.#expireWhenDue(trade);
    return trade ?? null;
  }

  /**
   * @param {{tradeNo?: string|null, force?: boolean}} options force: pay whatever the state, with one more
   *        payment of its own number (a buyer who paid twice, or after the close)
   */
  pay(trade, { tradeNo = null, force = false } = {}) {
    const open = trade.status === 'WAIT_BUYER_PAY';
    if (!open && !force) {
      throw trade.status === 'TRADE_CLOSED'
        ? refused('ACQ.TRADE_HAS_CLOSE', '交易已经关闭')
        : refused('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    }
    const again = trade.payments.length > 0;
    const payment = { trade_no: tradeNo ?? (again ? newTradeNo() : trade.trade_no), at: Date.now() };
    trade.payments.push(payment);
    if (!again) trade.trade_no = payment.trade_no;
    if (trade.status !== 'TRADE_FINISHED') trade.status = 'TRADE_SUCCESS';
    trade.closed_at = null;
    this.#clearTimer(trade);
    return payment;
  }

  close(trade) {
    if (trade.status !== 'WAIT_BUYER_PAY') throw refused('ACQ.REASON_TRADE_STATUS_INVALID', '交易状态不合法');
    return this.#closeUnpaid(trade);
  }

  /** The end of the refund period: nothing can be refunded any more. */
  finish(trade) {
    if (trade.status !== 'TRADE_SUCCESS') throw refused('ACQ.REASON_TRADE_STATUS_INVALID', '交易状态不合法');
    trade.status = 'TRADE_FINISHED';
    return this.onEvent(trade, 'finished', {});
  }

  /** @returns {{changed: boolean, delivered: Promise<void>}} changed: false when this request was already done */
  refund(trade, { fen, requestNo }) {
    const done = trade.refunds.get(requestNo);
    if (done) {
      if (done.fen !== fen) throw refused('ACQ.DISCORDANT_REPEAT_REQUEST', '请求信息不一致');
      return { changed: false, delivered: Promise.resolve() };
    }
    if (trade.status !== 'TRADE_SUCCESS') throw refused('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    if (this.refundedFen(trade) + fen > trade.total_fen) {
      throw refused('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限');
    }
    trade.refunds.set(requestNo, { fen, at: Date.now() });
    if (this.refundedFen(trade) === trade.total_fen) {
      trade.status = 'TRADE_CLOSED';
      trade.closed_at = Date.now();
    }
    return { changed: true, delivered: this.onEvent(trade, 'refunded', { requestNo }) };
  }

  refundedFen(trade) {
    return [...trade.refunds.values()].reduce((sum, refund) => sum + refund.fen, 0);
  }

  expire(trade) {
    if (trade.status !== 'WAIT_BUYER_PAY') throw refused('ACQ.REASON_TRADE_STATUS_INVALID', '交易状态不合法');
    trade.expires_at = Date.now();
    return this.#closeUnpaid(trade);
  }

  list() {
    return [...this.#byOrder.values()];
  }

  /** Those that can be paid now. */
  waiting() {
    for (const trade of this.list()) this.#expireWhenDue(trade);
    return this.list().filter((trade) => trade.status === 'WAIT_BUYER_PAY');
  }

  clear() {
    for (const trade of this.list()) this.#clearTimer(trade);
    this.#byOrder.clear();
  }

  #create(order) {
    const now = Date.now();
    const trade = {
      ...order,
      cashier_id: randomUUID(),
      trade_no: newTradeNo(now),
      status: 'WAIT_BUYER_PAY',
      created_at: now,
      closed_at: null,
      payments: [],
      refunds: new Map(),
      notifications: [],
    };
    this.#byOrder.set(trade.out_trade_no, trade);
    this.#scheduleExpiry(trade);
    return trade;
  }

  #closeUnpaid(trade) {
    trade.status = 'TRADE_CLOSED';
    trade.closed_at = Date.now();
    this.#clearTimer(trade);
    return this.onEvent(trade, 'closed', {});
  }

  // Timers may be late: whoever looks at a trade first closes it.
  #expireWhenDue(trade) {
    if (trade.status === 'WAIT_BUYER_PAY' && trade.expires_at !== null && trade.expires_at <= Date.now()) {
      this.#closeUnpaid(trade);
    }
  }

  #scheduleExpiry(trade) {
    this.#clearTimer(trade);
    if (trade.expires_at === null) return;
    const wait = Math.min(Math.max(trade.expires_at - Date.now(), 0), MAX_TIMER_MS);
    const timer = setTimeout(() => this.#expireWhenDue(trade), wait);
    timer.unref();
    this.#timers.set(trade, timer);
  }

  #clearTimer(trade) {
    clearTimeout(this.#timers.get(trade));
    this.#timers.delete(trade);
  }
}
