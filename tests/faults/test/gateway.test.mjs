/** The buyer comes back and Alipay's gateway answers nonsense, or nothing. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { letThrottlesPass, order, rows, tenant } from '../support/database.mjs';
import { forgottenTenant, healEverything, member, openCashier, renew } from '../support/members.mjs';
import { prepare } from '../support/place.mjs';
import { behave, control, notify } from '../support/sandbox.mjs';

const QUERY = 'alipay.trade.query';
const MODES = [
  'status_500', 'hang', 'drip', 'unsigned', 'wrong_signature', 'error_response', 'huge', 'html', 'truncated',
];

describe('Alipay\'s gateway, asked when the buyer returns', { concurrency: false }, () => {
  let payer;

  before(async () => {
    await prepare();
    await behave();
    payer = await member();
  });
  afterEach(async () => {
    await behave();
    await healEverything(payer.visitor);
    await checkConsistency();
  });

  for (const [index, mode] of MODES.entries()) {
    test(`${mode}: not paid as far as we know, until somebody says so properly`, async () => {
      const { orderNo, tenantId } = await atTheCashier();
      const before = await refusals();
      await control('pay', { out_trade_no: orderNo, notify: false });
      await control('alipay', { gateway: { mode, method: QUERY } });
      await assertPending(orderNo, tenantId);
      assert.ok((await refusals()) > before, 'the operator can read of it');

      if (index % 2 === 0) await settleByAsking(orderNo);
      else await settleByNotification(orderNo);
      assert.equal((await order(orderNo)).status, 'paid');
    });
  }

  for (const forged of ['first', 'last']) {
    test(`a forged paid node, ${forged}, beside the signed one: nothing is believed`, async () => {
      const { orderNo, tenantId } = await atTheCashier();
      await control('alipay', { gateway: { mode: 'duplicate_node', method: QUERY, forged } });
      await assertPending(orderNo, tenantId);
      await control('alipay', { reset: true });
      await letThrottlesPass(5);
      await assertPending(orderNo, tenantId);

      await control('pay', { out_trade_no: orderNo, notify: false });
      await settleByAsking(orderNo);
      assert.equal((await order(orderNo)).status, 'paid');
    });
  }

  async function atTheCashier() {
    const owed = await forgottenTenant(payer);
    const { order_no: orderNo } = await renew(payer.visitor, owed.id);
    await openCashier(payer.visitor, orderNo);
    return { orderNo, tenantId: owed.id };
  }

  async function assertPending(orderNo, tenantId) {
    const before = await tenant(tenantId);
    const page = await payer.visitor.send(`payReturn/order/${orderNo}`);
    assert.deepEqual([page.status, page.location?.replace(/^.*\//, '')], [302, `my?order=${orderNo}&pending=1`]);
    assert.ok((await queries(orderNo)).length > 0, 'it was asked');
    assert.equal((await order(orderNo)).status, 'pending');
    assert.deepEqual(await rows('SELECT * FROM {payment} WHERE order_no = ?', [orderNo]), []);
    assert.deepEqual(await tenant(tenantId), before);
    const shown = JSON.parse((await payer.visitor.send(`status?order=${orderNo}`)).text);
    assert.equal(shown.order.status, 'pending');
  }

  async function settleByAsking(orderNo) {
    await control('alipay', { reset: true });
    await letThrottlesPass(5);
    const page = await payer.visitor.send(`payReturn/order/${orderNo}`);
    assert.match(page.location, new RegExp(`my\\?order=${orderNo}&(?:provisioning|just_paid)=1$`));
  }

  async function settleByNotification(orderNo) {
    assert.deepEqual((await notify(orderNo)).summary, { '200 success': 1 });
  }
});

async function queries(orderNo) {
  const { requests } = await control('requests?service=alipay');
  return requests.filter(({ api, params }) => api === QUERY && JSON.stringify(params).includes(orderNo));
}

async function refusals() {
  const sql = "SELECT id FROM {log} WHERE action = 'pay_query_alipay' AND status = 'failed'";
  return (await rows(sql)).length;
}
