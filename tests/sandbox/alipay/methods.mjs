import { formatShanghai, parseShanghai } from '../clock.mjs';
import { formatYuan, parseYuan } from './money.mjs';
import { BUYER_ID, BUYER_LOGON_ID, fundBillList } from './fields.mjs';
import { refused } from './request.mjs';

// The API methods: business content in, the fields of the answer's node out.

const PRODUCTS = {
  'alipay.trade.page.pay': 'FAST_INSTANT_TRADE_PAY',
  'alipay.trade.wap.pay': 'QUICK_WAP_WAY',
};
export const PAGE_METHODS = Object.keys(PRODUCTS);

const badParameter = (name) => refused('ACQ.INVALID_PARAMETER', `参数无效：${name}`);
const notExist = () => refused('ACQ.TRADE_NOT_EXIST', '交易不存在');

/** @returns the order that a page method asks to pay */
export function readOrder(params, biz, now) {
  const isText = (value, max) => typeof value === 'string' && value !== '' && [...value].length <= max;
  if (!isText(biz.out_trade_no, 64) || !/^[0-9A-Za-z_-]+$/.test(biz.out_trade_no)) throw badParameter('out_trade_no');
  const totalFen = typeof biz.total_amount === 'string' ? parseYuan(biz.total_amount) : null;
  if (totalFen === null || totalFen < 1 || totalFen > 10_000_000_000) throw badParameter('total_amount');
  if (!isText(biz.subject, 256)) throw badParameter('subject');
  if (biz.product_code !== PRODUCTS[params.method]) throw badParameter('product_code');
  return {
    method: params.method,
    out_trade_no: biz.out_trade_no,
    total_fen: totalFen,
    subject: biz.subject,
    expires_at: readExpiry(biz, now),
    notify_url: readUrl(params, 'notify_url'),
    return_url: readUrl(params, 'return_url'),
    quit_url: readUrl(biz, 'quit_url'),
  };
}

function readExpiry(biz, now) {
  if (biz.time_expire === undefined) return null;
  const at = parseShanghai(biz.time_expire);
  if (at === null || at <= now) throw badParameter('time_expire');
  return at;
}

function readUrl(source, name) {
  if (source[name] === undefined) return null;
  const parsed = URL.canParse(source[name]) ? new URL(source[name]) : null;
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') throw badParameter(name);
  return source[name];
}

function findTrade(trades, biz) {
  if (!biz.out_trade_no && !biz.trade_no) throw badParameter('out_trade_no');
  const trade = trades.find(biz);
  if (!trade) throw notExist();
  return trade;
}

function query(trades, biz) {
  const trade = findTrade(trades, biz);
  const paidAt = trade.payments[0]?.at;
  const received = paidAt === undefined ? '0.00' : formatYuan(trade.total_fen);
  return {
    buyer_logon_id: BUYER_LOGON_ID,
    buyer_pay_amount: received,
    buyer_user_id: BUYER_ID,
    buyer_user_type: 'PRIVATE',
    ...(paidAt !== undefined && { fund_bill_list: JSON.parse(fundBillList(received)).map(snakeCaseBill) }),
    invoice_amount: received,
    out_trade_no: trade.out_trade_no,
    point_amount: '0.00',
    receipt_amount: received,
    ...(paidAt !== undefined && { send_pay_date: formatShanghai(paidAt) }),
    subject: trade.subject,
    total_amount: formatYuan(trade.total_fen),
    trade_no: trade.trade_no,
    trade_status: trade.status,
  };
}

// Notifications write fundChannel, the query's answer fund_channel.
const snakeCaseBill = ({ amount, fundChannel }) => ({ amount, fund_channel: fundChannel });

function close(trades, biz) {
  const trade = findTrade(trades, biz);
  trades.close(trade);
  return { out_trade_no: trade.out_trade_no, trade_no: trade.trade_no };
}

function refund(trades, biz) {
  const trade = findTrade(trades, biz);
  const fen = parseYuan(String(biz.refund_amount ?? ''));
  if (fen === null || fen < 1) throw badParameter('refund_amount');
  const { changed } = trades.refund(trade, { fen, requestNo: biz.out_request_no ?? trade.out_trade_no });
  return {
    buyer_logon_id: BUYER_LOGON_ID,
    buyer_user_id: BUYER_ID,
    fund_change: changed ? 'Y' : 'N',
    gmt_refund_pay: formatShanghai(Date.now()),
    out_trade_no: trade.out_trade_no,
    refund_fee: formatYuan(trades.refundedFen(trade)),
    send_back_fee: changed ? formatYuan(fen) : '0.00',
    trade_no: trade.trade_no,
  };
}

export const API_METHODS = {
  'alipay.trade.query': query,
  'alipay.trade.close': close,
  'alipay.trade.refund': refund,
};

/** What accompanies a refused query: the amounts of a trade that does not exist. */
export function refusalFields(method, biz) {
  if (method !== 'alipay.trade.query') return {};
  return {
    buyer_pay_amount: '0.00',
    invoice_amount: '0.00',
    ...(typeof biz.out_trade_no === 'string' && { out_trade_no: biz.out_trade_no }),
    point_amount: '0.00',
    receipt_amount: '0.00',
  };
}
