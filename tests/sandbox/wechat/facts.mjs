import { formatRfc3339 } from '../clock.mjs';

export const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const STATE_TEXT = { SUCCESS: '支付成功', NOTPAY: '订单未支付', CLOSED: '订单已关闭', REFUND: '转入退款' };

/** What a query answers about an order, and what a payment's notification holds. */
export function transaction(merchant, order, payment = order.payments[0], state = order.state) {
  const { attach = '' } = order.given;
  if (!payment) {
    return {
      amount: { currency: 'CNY', total: order.total },
      ...merchant, attach, out_trade_no: order.out_trade_no, promotion_detail: [],
      trade_state: state, trade_state_desc: STATE_TEXT[state],
    };
  }
  return {
    ...merchant,
    out_trade_no: order.out_trade_no,
    transaction_id: payment.transaction_id,
    trade_type: 'NATIVE',
    trade_state: state,
    trade_state_desc: STATE_TEXT[state],
    bank_type: 'OTHERS',
    attach,
    success_time: formatRfc3339(payment.at),
    payer: { openid: OPENID },
    amount: { total: order.total, payer_total: order.total, currency: 'CNY', payer_currency: 'CNY' },
  };
}

/** A refund's notification: neither `appid` nor `trade_state` is in it. */
export function refundResult(merchant, order, refund) {
  return {
    mchid: merchant.mchid,
    out_trade_no: order.out_trade_no,
    transaction_id: order.payments[0]?.transaction_id,
    out_refund_no: refund.out_refund_no,
    refund_id: refund.refund_id,
    refund_status: 'SUCCESS',
    success_time: formatRfc3339(refund.at),
    user_received_account: '支付用户零钱',
    amount: { total: order.total, refund: refund.fen, payer_total: order.total, payer_refund: refund.fen },
  };
}
