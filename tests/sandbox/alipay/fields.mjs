import { formatShanghai, formatShanghaiMillis } from '../clock.mjs';
import { formatYuan } from './money.mjs';
import { newNotifyId } from './trades.mjs';

export const BUYER_ID = '2088000200000002';
export const BUYER_LOGON_ID = 'jfq***@sandbox.com';

/**
 * The fields of an asynchronous notification, unsigned, in the order in which Alipay sends them.
 * @param {{app_id: string, seller_id: string}} merchant
 * @param {{kind: 'paid'|'finished'|'closed'|'refunded', trade_no?: string, paidAt?: number, requestNo?: string}} event
 */
export function notificationFields(merchant, trade, event) {
  const now = Date.now();
  const total = formatYuan(trade.total_fen);
  const paidAt = event.paidAt ?? trade.payments[0]?.at ?? null;
  return {
    gmt_create: formatShanghai(trade.created_at),
    charset: 'utf-8',
    ...(paidAt !== null && { gmt_payment: formatShanghai(paidAt) }),
    ...(trade.closed_at !== null && { gmt_close: formatShanghai(trade.closed_at) }),
    ...refundFields(trade, event),
    notify_time: formatShanghai(now),
    subject: trade.subject,
    buyer_id: BUYER_ID,
    ...(paidAt !== null && { invoice_amount: total }),
    version: '1.0',
    notify_id: newNotifyId(now),
    ...(paidAt !== null && { fund_bill_list: fundBillList(total) }),
    notify_type: 'trade_status_sync',
    out_trade_no: trade.out_trade_no,
    total_amount: total,
    trade_status: statusOf(trade, event),
    trade_no: event.trade_no ?? trade.trade_no,
    auth_app_id: merchant.app_id,
    ...(paidAt !== null && { receipt_amount: total, point_amount: '0.00', buyer_pay_amount: total }),
    app_id: merchant.app_id,
    seller_id: merchant.seller_id,
  };
}

/** The fields with which the browser is sent back to `return_url`: no `trade_status` among them. */
export function returnFields(merchant, trade) {
  return {
    charset: 'utf-8',
    out_trade_no: trade.out_trade_no,
    method: `${trade.method}.return`,
    total_amount: formatYuan(trade.total_fen),
    trade_no: trade.trade_no,
    auth_app_id: merchant.app_id,
    version: '1.0',
    app_id: merchant.app_id,
    seller_id: merchant.seller_id,
    timestamp: formatShanghai(Date.now()),
  };
}

export const fundBillList = (total) => JSON.stringify([{ amount: total, fundChannel: 'ALIPAYACCOUNT' }]);

// A payment's own notification says TRADE_SUCCESS, whatever became of the trade since.
const statusOf = (trade, event) => (event.kind === 'paid' ? 'TRADE_SUCCESS' : trade.status);

function refundFields(trade, event) {
  if (event.kind !== 'refunded') return {};
  const refund = trade.refunds.get(event.requestNo);
  const total = [...trade.refunds.values()].reduce((sum, each) => sum + each.fen, 0);
  return {
    gmt_refund: formatShanghaiMillis(refund.at),
    refund_fee: formatYuan(total),
    out_biz_no: event.requestNo,
  };
}
