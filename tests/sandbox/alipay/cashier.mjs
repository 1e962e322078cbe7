import { readBody } from '../http/request.mjs';
import { redirect, sendJson, sendPage } from '../http/answer.mjs';
import { GatewayError, refused } from './request.mjs';
import { composeForm } from './compose.mjs';
import { returnFields } from './fields.mjs';
import { cashierPage, errorPage, paidPage } from './pages.mjs';

const PATH = /^\/cashier\/([0-9a-f-]{36})(\/pay)?$/;
// With `sync_return: first` the notification comes well after the browser is back.
const NOTIFY_AFTER_RETURN_MS = 1000;

export const isCashierPath = (path) => PATH.test(path);

/** What the buyer sees and presses. */
export class Cashier {
  #merchant;
  #keys;
  #trades;
  #notifier;
  #settings;

  constructor({ merchant, keys, trades, notifier, settings }) {
    this.#merchant = merchant;
    this.#keys = keys;
    this.#trades = trades;
    this.#notifier = notifier;
    this.#settings = settings;
  }

  async handle(req, res, path) {
    const [, cashierId, action] = PATH.exec(path);
    const trade = this.#trades.byCashier(cashierId);
    if (!trade) return sendJson(res, 404, { error: 'no such cashier' });
    if (!action) return sendPage(res, 200, trade.status === 'WAIT_BUYER_PAY' ? cashierPage(trade) : settledPage(trade));
    if (req.method !== 'POST') return sendJson(res, 405, { error: 'POST only' });
    await readBody(req);
    return this.#pay(res, trade);
  }

  async #pay(res, trade) {
    let payment;
    try {
      payment = this.#trades.pay(trade);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return sendPage(res, 200, errorPage(error));
    }
    const order = this.#settings.syncReturn;
    const attempted = this.#notifier.announce(trade, {
      kind: 'paid',
      trade_no: payment.trade_no,
      paidAt: payment.at,
      minDelayMs: order === 'first' ? NOTIFY_AFTER_RETURN_MS : 0,
    });
    if (order === 'late') await attempted;
    if (trade.return_url === null) return sendPage(res, 200, paidPage(trade));
    return redirect(res, 303, this.returnUrl(trade));
  }

  /** `return_url` with the signed fields behind whatever query it has already. */
  returnUrl(trade) {
    const { form } = composeForm(returnFields(this.#merchant, trade), { keys: this.#keys });
    const [address, fragment] = splitOnce(trade.return_url, '#');
    const joint = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?';
    return `${address}${joint}${form}${fragment === null ? '' : `#${fragment}`}`;
  }
}

function settledPage(trade) {
  return trade.payments.length > 0 ? paidPage(trade) : errorPage(refused('ACQ.TRADE_HAS_CLOSE', '交易已经关闭'));
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
