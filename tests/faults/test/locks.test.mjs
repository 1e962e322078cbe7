/** Somebody else holds the rows that a notification needs. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { connect, named, order, rows } from '../support/database.mjs';
import { done, forgottenTenant, healEverything, member, openCashier, renew } from '../support/members.mjs';
import { env, prepare, waitingForRows } from '../support/place.mjs';
import { behave, control, notify, timesMade } from '../support/sandbox.mjs';
import { until } from '../support/until.mjs';

const COPIES = 200;
const HELD_MS = 2000;

describe('slow locks', { concurrency: false }, () => {
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

  test(`${COPIES} notifications while the tenant's row is held: one extension, and all are acknowledged`, async () => {
    const owed = await forgottenTenant(payer);
    const { order_no: orderNo } = await renew(payer.visitor, owed.id);
    await openCashier(payer.visitor, orderNo);
    await control('pay', { out_trade_no: orderNo, notify: false });

    const delivery = await whileHeld(owed.id, async () => {
      const began = Date.now();
      const sent = notify(orderNo, { copies: COPIES });
      await until('every worker waits for the row', async () =>
        (await waitingForRows()) === env().fpm_workers && Date.now() - began >= HELD_MS);
      assert.equal((await order(orderNo)).status, 'pending');
      return { sent };
    });

    assert.deepEqual((await delivery.sent).summary, { '200 success': COPIES });
    assert.equal((await order(orderNo)).status, 'paid');
    await done(owed.id);
    assert.equal(await timesMade(owed), 1);
    const logged = await rows(
      "SELECT id FROM {log} WHERE tenant_id = ? AND action = 'pay_notify_alipay'", [owed.id],
    );
    assert.equal(logged.length, 1);
  });
});

/** Somebody else has the tenant's row for as long as `use` runs. */
async function whileHeld(tenantId, use) {
  const holder = await connect();
  try {
    await holder.beginTransaction();
    await holder.query(named('SELECT id FROM {tenant} WHERE id = ? FOR UPDATE'), [tenantId]);
    return await use();
  } finally {
    await holder.rollback();
    await holder.end();
  }
}
