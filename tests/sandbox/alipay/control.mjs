import { post } from '../http/post.mjs';
import { ControlError } from '../control.mjs';
import { mergeSettings, requireOneOf } from '../settings.mjs';
import { formatYuan, parseYuan } from './money.mjs';
import { composeForm } from './compose.mjs';
import { notificationFields } from './fields.mjs';
import { newTradeNo } from './trades.mjs';
import { GatewayError } from './request.mjs';

const FORM = 'application/x-www-form-urlencoded; charset=utf-8';

const COMPOSE = {
  fields: {}, base: true, sign_with: 'alipay', hash: 'sha256', keep_sign_type: false, sign_empty: true,
  corrupt: null, append: '',
};
const NOTIFY = {
  ...COMPOSE, notify_url: null, copies: 1, concurrency: null, raw_body: null, content_type: FORM, headers: {},
  timeout_ms: 60_000,
};
const PAY = { out_trade_no: null, url: null, times: 1, notify: true, trade_no: null, force: false };
const PAY_ALL = { urls: [], out_trade_nos: [] };
const EVENT = { out_trade_no: null, event: null, refund_amount: null, out_request_no: null };

/** The Alipay part of the control table. */
export function alipayControl({ merchant, keys, trades, gateway, cashier, notifier, settings }) {
  function compose(options) {
    requireOneOf(options.sign_with, ['alipay', 'app', 'other', 'none'], 'sign_with');
    requireOneOf(options.hash, ['sha256', 'sha1'], 'hash');
    requireOneOf(options.corrupt, [null, 'signature', 'amount'], 'corrupt');
    const fields = options.base
      ? { ...baseFields(merchant, trades, options.fields), ...options.fields }
      : { ...options.fields };
    // null takes a field away; everything else goes out as text.
    const texts = Object.entries(fields).filter(([, value]) => value !== null).map(([key, value]) => [key, String(value)]);
    const composed = composeForm(Object.fromEntries(texts), {
      keys,
      signWith: options.sign_with,
      hash: options.hash,
      keepSignType: options.keep_sign_type,
      signEmpty: options.sign_empty,
      corrupt: options.corrupt,
    });
    return { ...composed, form: composed.form + options.append };
  }

  async function notify(body) {
    const options = mergeSettings(NOTIFY, NOTIFY, body, 'notify');
    const composed = options.raw_body === null ? compose(options) : { form: options.raw_body };
    const url = options.notify_url ?? trades.find(options.fields)?.notify_url;
    if (!url) throw new ControlError(400, 'notify_url is needed: there is no such trade');
    const answers = await sendCopies(url, composed.form, options);
    return { ...composed, answers, summary: summarise(answers) };
  }

  async function pay(body) {
    const options = mergeSettings(PAY, PAY, body, 'pay');
    const trade = options.url === null ? requireTrade(trades, options) : gateway.openByUrl(options.url);
    const payments = [];
    for (let time = 0; time < options.times; time += 1) {
      const payment = trades.pay(trade, {
        tradeNo: time === 0 ? options.trade_no : null, force: options.force || time > 0,
      });
      payments.push(payment.trade_no);
      const event = { kind: 'paid', trade_no: payment.trade_no, paidAt: payment.at };
      if (options.notify) await notifier.announce(trade, event);
    }
    return {
      ...describe(trade), paid_trade_nos: payments,
      sync_return_url: trade.return_url === null ? null : cashier.returnUrl(trade),
    };
  }

  /** Many buyers at once, none of whose payments is told. All of them pay or none does. */
  async function payAll(body) {
    const options = mergeSettings(PAY_ALL, PAY_ALL, body, 'pay_all');
    const named = [
      ...options.urls.map((url) => gateway.openByUrl(url)),
      ...options.out_trade_nos.map((outTradeNo) => requireTrade(trades, { out_trade_no: outTradeNo })),
    ];
    const all = body.urls || body.out_trade_nos ? [...new Set(named)] : trades.waiting();
    const refusing = all.find((trade) => trade.status !== 'WAIT_BUYER_PAY');
    if (refusing) throw new ControlError(409, `${refusing.out_trade_no} is ${refusing.status}`);
    const paid = all.map((trade) => ({ out_trade_no: trade.out_trade_no, ...trades.pay(trade) }));
    return { count: paid.length, paid };
  }

  async function changeTrade(body) {
    const options = mergeSettings(EVENT, EVENT, body, 'trade');
    requireOneOf(options.event, ['finish', 'close', 'expire', 'refund'], 'event');
    const trade = requireTrade(trades, options);
    if (options.event === 'refund') {
      const fen = options.refund_amount === null ? trade.total_fen : parseYuan(String(options.refund_amount));
      if (!fen) throw new ControlError(400, 'refund_amount must be an amount in yuan');
      await trades.refund(trade, { fen, requestNo: options.out_request_no ?? trade.out_trade_no }).delivered;
    } else {
      await trades[options.event](trade);
    }
    return describe(trade);
  }

  function configure({ reset = false, ...patch }) {
    if (reset) settings.reset();
    settings.apply(patch);
    if (!settings.notify.reorder) notifier.release();
    return settings.snapshot();
  }

  return {
    'POST alipay': configure,
    'GET alipay': () => settings.snapshot(),
    'POST pay': gatewayTerms(pay),
    'POST pay_all': gatewayTerms(payAll),
    'POST trade': gatewayTerms(changeTrade),
    'POST notify': notify,
    'POST sign': (body) => compose(mergeSettings(COMPOSE, COMPOSE, body, 'sign')),
    'GET trades': (_, query) => ({
      trades: trades.list()
        .filter((trade) => !query.has('out_trade_no') || trade.out_trade_no === query.get('out_trade_no'))
        .map((trade) => describe(trade)),
    }),
  };
}

/** A refusal of the gateway becomes a 409 with the gateway's code. */
const gatewayTerms = (call) => async (body) => {
  try {
    return await call(body);
  } catch (error) {
    if (error instanceof GatewayError) throw new ControlError(409, `${error.subCode} ${error.subMsg}`);
    throw error;
  }
};

function requireTrade(trades, { out_trade_no: outTradeNo }) {
  const trade = trades.find({ out_trade_no: outTradeNo });
  if (!trade) throw new ControlError(404, `no trade ${outTradeNo}: nobody has opened its cashier`);
  return trade;
}

/** A realistic paid notification: of the trade where it is known, of an invented one otherwise. */
function baseFields(merchant, trades, given) {
  const now = Date.now();
  const trade = trades.find(given) ?? {
    out_trade_no: 'UNKNOWN0001', trade_no: newTradeNo(now), total_fen: 1, subject: '沙箱商品',
    created_at: now, closed_at: null, payments: [], refunds: new Map(),
  };
  return notificationFields(merchant, trade, { kind: 'paid', paidAt: trade.payments[0]?.at ?? now });
}

async function sendCopies(url, form, { copies, concurrency, content_type: contentType, headers, timeout_ms: timeoutMs }) {
  const answers = new Array(copies);
  let next = 0;
  async function sender() {
    while (next < copies) {
      const at = next;
      next += 1;
      answers[at] = await post(url, form, { contentType, headers, timeoutMs });
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency ?? copies, copies) }, sender));
  return answers;
}

function summarise(answers) {
  const counts = {};
  for (const { status, body, error } of answers) {
    const kind = `${status} ${error ?? body.slice(0, 80)}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function describe(trade) {
  const { total_fen: totalFen, refunds, cashier_id: cashierId, ...rest } = trade;
  return {
    ...rest,
    total_amount: formatYuan(totalFen),
    refunds: [...refunds].map(([requestNo, { fen, at }]) => ({ out_request_no: requestNo, refund_fee: formatYuan(fen), at })),
    cashier_path: `/cashier/${cashierId}`,
  };
}
