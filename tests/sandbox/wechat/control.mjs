import { post } from '../http/post.mjs';
import { ControlError } from '../control.mjs';
import { mergeSettings, requireOneOf } from '../settings.mjs';
import { ApiError } from './errors.mjs';
import { corrupted, overlay, seal, signedHeaders } from './compose.mjs';
import { CORRUPTIONS } from './settings.mjs';
import { newTransactionId } from './orders.mjs';
import { refundResult, transaction } from './facts.mjs';

const JSON_TYPE = 'application/json; charset=utf-8';
const SIGNERS = ['certificate', 'public_key', 'merchant', 'other', 'none'];

const COMPOSE = {
  fields: {}, base: true, plain: null, event_type: 'TRANSACTION.SUCCESS', resource: {}, envelope: {}, associated_data: null,
  api_v3_key: null, sign_with: 'certificate', serial: null, probe: false, age_s: 0, corrupt: null,
};
const NOTIFY = {
  ...COMPOSE, notify_url: null, copies: 1, concurrency: null, raw_body: null, content_type: JSON_TYPE, headers: {},
  timeout_ms: 60_000,
};
const PAY = { out_trade_no: null, code_url: null, times: 1, notify: true, transaction_id: null, force: false };
const PAY_ALL = { out_trade_nos: null };
const EVENT = { out_trade_no: null, event: null, refund_fen: null };
const ROTATE = { sign: true, publish: true, keep_old: true, days: 1825 };

/** The WeChat Pay part of the control table. */
export function wechatControl({ merchant, identity, orders, notifier, settings }) {
  const { apiV3Key } = identity;

  /** A realistic paid notification: of the order where it is known, of an invented one otherwise. */
  function baseFacts({ out_trade_no: outTradeNo }) {
    const order = orders.find(outTradeNo) ?? { out_trade_no: outTradeNo ?? 'UNKNOWN0001', total: 1, given: {}, payments: [] };
    const payment = order.payments[0] ?? { transaction_id: newTransactionId(), at: Date.now() };
    return transaction(merchant, order, payment, 'SUCCESS');
  }

  function signerOf({ sign_with: signWith, serial }) {
    const { wechatpay, publicKeyId, current, merchant: own, other } = identity;
    const signer = {
      certificate: current,
      public_key: { serial: publicKeyId, privateKey: wechatpay.privateKey },
      merchant: { serial: current.serial, privateKey: own.privateKey },
      other: { serial: current.serial, privateKey: other.privateKey },
    }[signWith];
    return { serial: serial ?? signer.serial, privateKey: signer.privateKey };
  }

  function compose(options) {
    requireOneOf(options.sign_with, SIGNERS, 'sign_with');
    requireOneOf(options.corrupt, CORRUPTIONS, 'corrupt');
    const facts = options.plain ?? overlay(options.base ? baseFacts(options.fields) : {}, options.fields);
    const now = settings.now() - options.age_s * 1000;
    const body = seal(facts, {
      key: options.api_v3_key ?? apiV3Key, eventType: options.event_type, at: now,
      resource: options.resource, envelope: options.envelope,
      ...(options.associated_data !== null && { associatedData: options.associated_data }),
    });
    return { ...dress(body, options, now), facts };
  }

  function dress(body, options, now = settings.now() - options.age_s * 1000) {
    if (options.sign_with === 'none') return { body, headers: {} };
    const headers = signedHeaders(body, signerOf(options), { now, probe: options.probe });
    return corrupted({ body, headers }, options.corrupt);
  }

  async function notify(given) {
    const options = mergeSettings(NOTIFY, NOTIFY, given, 'notify');
    const composed = options.raw_body === null ? compose(options) : dress(options.raw_body, options);
    const url = options.notify_url ?? orders.find(options.fields.out_trade_no)?.notify_url;
    if (!url) throw new ControlError(400, 'notify_url is needed: there is no such order');
    const headers = overlay(composed.headers, options.headers);
    const answers = await sendCopies(url, composed.body, { ...options, headers });
    return { ...composed, headers, answers, summary: summarise(answers) };
  }

  async function pay(given) {
    const options = mergeSettings(PAY, PAY, given, 'pay');
    const order = options.code_url === null ? requireOrder(orders, options) : orders.byCodeUrl(options.code_url);
    if (!order) throw new ControlError(404, 'no such code_url, or it ran out');
    const paid = [];
    for (let time = 0; time < options.times; time += 1) {
      const payment = orders.pay(order, {
        transactionId: time === 0 ? options.transaction_id : null, force: options.force || time > 0,
      });
      paid.push(payment.transaction_id);
      if (options.notify) await notifier.announce(order, 'TRANSACTION.SUCCESS', transaction(merchant, order, payment, 'SUCCESS'));
    }
    return { ...describe(order), paid_transaction_ids: paid };
  }

  /** Many buyers at once, none of whose payments is told. All of them pay or none does. */
  async function payAll(given) {
    const { out_trade_nos: numbers } = mergeSettings(PAY_ALL, PAY_ALL, given, 'pay_all');
    const all = numbers === null
      ? orders.list().filter((order) => order.state === 'NOTPAY')
      : [...new Set(numbers)].map((outTradeNo) => requireOrder(orders, { out_trade_no: outTradeNo }));
    const refusing = all.find((order) => order.state !== 'NOTPAY');
    if (refusing) throw new ControlError(409, `${refusing.out_trade_no} is ${refusing.state}`);
    const paid = all.map((order) => ({ out_trade_no: order.out_trade_no, ...orders.pay(order) }));
    return { count: paid.length, paid };
  }

  async function changeOrder(given) {
    const options = mergeSettings(EVENT, EVENT, given, 'order');
    requireOneOf(options.event, ['close', 'expire', 'refund'], 'event');
    const order = requireOrder(orders, options);
    if (options.event === 'refund') {
      const refund = orders.refund(order, options.refund_fen ?? order.total);
      await notifier.announce(order, 'REFUND.SUCCESS', refundResult(merchant, order, refund));
    } else {
      orders[options.event](order);
    }
    return describe(order);
  }

  async function rotate(given) {
    const options = mergeSettings(ROTATE, ROTATE, given, 'rotate');
    await identity.addPlatform({ ...options, keepOld: options.keep_old });
    return platform();
  }

  const platform = () => ({
    current: identity.current.serial,
    certificates: identity.platform.map(({ privateKey, ...shown }) => shown),
  });

  return {
    'POST wechat': ({ reset = false, ...patch }) => {
      if (reset) settings.reset();
      settings.apply(patch);
      return settings.snapshot();
    },
    'GET wechat': () => settings.snapshot(),
    'POST wechat/pay': inApiTerms(pay),
    'POST wechat/pay_all': inApiTerms(payAll),
    'POST wechat/order': inApiTerms(changeOrder),
    'POST wechat/notify': notify,
    'POST wechat/sign': (given) => compose(mergeSettings(COMPOSE, COMPOSE, given, 'sign')),
    'POST wechat/rotate': rotate,
    'GET wechat/platform': platform,
    'GET wechat/orders': (_, query) => ({
      orders: orders.list()
        .filter((order) => !query.has('out_trade_no') || order.out_trade_no === query.get('out_trade_no'))
        .map(describe),
    }),
  };
}

/** A refusal of the API becomes a 409 with the API's code. */
const inApiTerms = (call) => async (body) => {
  try {
    return await call(body);
  } catch (error) {
    if (error instanceof ApiError) throw new ControlError(409, `${error.code} ${error.message}`);
    throw error;
  }
};

function requireOrder(orders, { out_trade_no: outTradeNo }) {
  const order = orders.find(outTradeNo);
  if (!order) throw new ControlError(404, `no order ${outTradeNo}`);
  return order;
}

async function sendCopies(url, body, { copies, concurrency, content_type: contentType, headers, timeout_ms: timeoutMs }) {
  const answers = new Array(copies);
  let next = 0;
  async function sender() {
    while (next < copies) {
      const at = next;
      next += 1;
      answers[at] = await post(url, body, { contentType, headers, timeoutMs });
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency ?? copies, copies) }, sender));
  return answers;
}

function summarise(answers) {
  const counts = {};
  for (const { status, body, error } of answers) {
    const kind = `${status} ${error ?? body.slice(0, 80)}`.trim();
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const describe = ({ given, ...order }) => ({ ...order, ...given, code_url: order.code_urls.at(-1) });
