import { collectParams, pathOf, queryOf, readBody } from '../http/request.mjs';
import { hang, sendPage, PROXY_PAGE } from '../http/answer.mjs';
import { checkPublicParams, GatewayError, parseBizContent } from './request.mjs';
import { API_METHODS, PAGE_METHODS, readOrder, refusalFields } from './methods.mjs';
import { errorNode, sendSigned, sendUnsigned, successNode } from './responses.mjs';
import { cashierPage, errorPage } from './pages.mjs';

const METHODS = [...PAGE_METHODS, ...Object.keys(API_METHODS)];

/** `/gateway.do`: checks the request and hands it to its method. */
export class Gateway {
  #appId;
  #verify;
  #keys;
  #trades;
  #settings;
  #log;
  #announcePaid;

  constructor({ appId, verify, keys, trades, settings, log, announcePaid }) {
    this.#appId = appId;
    this.#verify = verify;
    this.#keys = keys;
    this.#trades = trades;
    this.#settings = settings;
    this.#log = log;
    this.#announcePaid = announcePaid;
  }

  async handle(req, res) {
    const form = new URLSearchParams((await readBody(req)).toString('utf8'));
    const received = collectParams(queryOf(req), form);
    const { method } = received.params;
    const refusal = this.#check(received, { method: req.method, path: pathOf(req) });
    if (PAGE_METHODS.includes(method)) return this.#servePage(res, received.params, refusal);
    if (refusal) return this.#refuse(res, received.params, refusal);
    return this.#serveApi(res, received.params);
  }

  /** Opens the cashier as a browser would by following `url`. */
  openByUrl(url) {
    const received = collectParams(new URL(url).searchParams);
    const refusal = this.#check(received, { method: 'GET', path: '/gateway.do' });
    if (refusal) throw refusal;
    return this.#open(received.params);
  }

  #check(received, { method, path }) {
    const refusal = checkPublicParams(received, {
      appId: this.#appId, methods: METHODS, verify: this.#verify, now: Date.now(),
    });
    this.#log.add({
      service: 'alipay', method, path, api: received.params.method ?? null,
      verified: refusal === null, error: refusal?.subCode ?? null, params: received.params,
    });
    return refusal;
  }

  #open(params) {
    return this.#trades.open(readOrder(params, parseBizContent(params), Date.now()));
  }

  #servePage(res, params, refusal) {
    const fault = this.#settings.takeGatewayFault(params.method, true);
    if (fault.mode === 'hang') return hang();
    if (fault.mode !== 'ok') return sendPage(res, fault.mode === 'status_500' ? 500 : 200, PROXY_PAGE);
    try {
      if (refusal) throw refusal;
      return sendPage(res, 200, cashierPage(this.#open(params)));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return sendPage(res, 200, errorPage(error));
    }
  }

  #refuse(res, params, refusal) {
    const attributable = params.app_id === this.#appId && Object.hasOwn(API_METHODS, params.method);
    if (!attributable) return sendUnsigned(res, errorNode(refusal));
    return sendSigned(res, params.method, errorNode(refusal), { keys: this.#keys, fault: { mode: 'ok' } });
  }

  #serveApi(res, params) {
    const fault = this.#settings.takeGatewayFault(params.method, false);
    const node = fault.effect ? this.#work(params) : successNode({});
    return sendSigned(res, params.method, node, { keys: this.#keys, fault });
  }

  #payWaiting(biz) {
    const trade = this.#trades.find(biz);
    if (trade?.status === 'WAIT_BUYER_PAY') this.#announcePaid(trade, this.#trades.pay(trade));
  }

  #work(params) {
    let biz = {};
    try {
      biz = parseBizContent(params);
      if (params.method === 'alipay.trade.close' && this.#settings.payBeforeClose) this.#payWaiting(biz);
      return successNode(API_METHODS[params.method](this.#trades, biz));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return errorNode(error, refusalFields(params.method, biz));
    }
  }
}
