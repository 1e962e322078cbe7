import { queryOf, readBody } from '../http/request.mjs';
import { sendJson, sendPage } from '../http/answer.mjs';
import { ApiError } from './errors.mjs';
import { transaction } from './facts.mjs';
import { confirmPage, paidPage, refusedPage, scanPage } from './pages.mjs';

export const isPhonePath = (path) => path === '/wechat/scan';

/** The buyer's phone: scans a code and pays. */
export class Phone {
  #merchant;
  #orders;
  #notifier;

  constructor({ merchant, orders, notifier }) {
    this.#merchant = merchant;
    this.#orders = orders;
    this.#notifier = notifier;
  }

  async handle(req, res) {
    if (req.method === 'GET') return this.#scan(res, queryOf(req).get('code_url'));
    if (req.method !== 'POST') return sendJson(res, 405, { error: 'GET or POST only' });
    return this.#pay(res, new URLSearchParams((await readBody(req)).toString('utf8')).get('code_url'));
  }

  #scan(res, codeUrl) {
    if (!codeUrl) return sendPage(res, 200, scanPage(this.#orders.list().filter((order) => order.state === 'NOTPAY').reverse()));
    const order = this.#orders.byCodeUrl(codeUrl.trim());
    if (!order) return sendPage(res, 404, refusedPage('二维码无效或已过期'));
    return sendPage(res, 200, order.state === 'NOTPAY' ? confirmPage(order, codeUrl.trim()) : settledPage(order));
  }

  #pay(res, codeUrl) {
    const order = this.#orders.byCodeUrl(codeUrl);
    if (!order) return sendPage(res, 404, refusedPage('二维码无效或已过期'));
    try {
      const payment = this.#orders.pay(order);
      this.#notifier.announce(order, 'TRANSACTION.SUCCESS', transaction(this.#merchant, order, payment, 'SUCCESS'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return sendPage(res, 200, refusedPage(error.message));
    }
    return sendPage(res, 200, paidPage(order));
  }
}

const settledPage = (order) => (order.payments.length > 0 ? paidPage(order) : refusedPage('订单已关闭'));
