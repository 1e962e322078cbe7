/** php-fpm's workers end at the worst moments: killed, reloaded, recycled. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { job, letTimePass, now, order, tenant, tenantOf } from '../support/database.mjs';
import {
  company, done, forgottenTenant, healByVisits, healEverything, member, openCashier, pay, registerByForm,
  registerByJson, renew, reprovision,
} from '../support/members.mjs';
import { pausedAtTheLease } from '../support/pause.mjs';
import { SETTLING_SECONDS, TIMEOUT_SECONDS, env, killWorker, prepare, reload, workers } from '../support/place.mjs';
import { behave, control, notify, provisioning, requestsOf, timesMade } from '../support/sandbox.mjs';
import { until } from '../support/until.mjs';

describe('php-fpm', { concurrency: false }, () => {
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

  test('killed after the acknowledgement, before the request: the job is there, the next attempt does it', async () => {
    const owed = await forgottenTenant(payer);
    const open = await renew(payer.visitor, owed.id);
    await pausedAtTheLease(async (stopped) => {
      const url = await openCashier(payer.visitor, open.order_no);
      await control('pay', { url, notify: false });
      const { summary } = await notify(open.order_no);
      assert.deepEqual(summary, { '200 success': 1 });
      await killWorker(await stopped());
    });
    assert.equal((await order(open.order_no)).status, 'paid');
    await assertUntouched(owed);
    await assertDoneByNextVisit(owed, { replay: false });
  });

  test('killed within a registration, after the commit: the same', async () => {
    const form = company();
    const answer = await pausedAtTheLease(async (stopped) => {
      const registration = registerByJson(form);
      await killWorker(await stopped());
      return (await registration).answer;
    });
    assert.equal(answer.status, 502, 'nginx says that nobody answered');
    const made = await tenantOf(form.email);
    assert.equal(made.status, 'pending');
    await assertUntouched(made);
    await assertDoneByNextVisit(made, { replay: false });
  });

  for (const [how, begin] of [['a payment', payFor], ['a registration', register]]) {
    test(`killed while the service works for ${how}: the lease runs out, and the same key finds the work`, async () => {
      await provisioning({ mode: 'hang' });
      const begun = begin();
      const owed = await until('the service did the work', async () => {
        const row = await begun.tenant();
        return row && (await timesMade(row)) === 1 && row;
      });
      const { lease_owner: owner, idempotency_key: key } = await job(owed.id);
      await killWorker(Number(owner.split('-')[0]));
      await begun.answered;

      await provisioning({ mode: 'ok' });
      const held = await job(owed.id);
      assert.deepEqual([held.state, held.lease_owner, held.idempotency_key], ['open', owner, key]);
      assert.ok(held.lease_until > (await now()) + SETTLING_SECONDS - 5);
      assert.equal((await tenant(owed.id)).status, 'provisioning');
      if (owed.user_id === payer.tenant.user_id) {
        assert.match((await reprovision(payer.visitor, owed.id)).location, /my\?provisioning=1$/);
      }
      await payer.visitor.send('my');
      assert.equal((await requestsOf(owed)).length, 1, 'nothing leaves while the lease is held');

      await letTimePass(SETTLING_SECONDS + TIMEOUT_SECONDS + 1);
      await assertDoneByNextVisit(owed, { replay: true, attempts: 2 });
      assert.equal((await requestsOf(owed)).at(-1).key, key);
    });
  }

  test('reloaded while an attempt runs after the acknowledgement: nothing is lost', async () => {
    await provisioning({ mode: 'ok', delay_ms: (TIMEOUT_SECONDS - 1) * 1000 });
    const begun = payFor();
    await begun.answered;
    const owed = await begun.tenant();
    await until('the attempt is under way', async () => (await requestsOf(owed)).length === 1);
    const { idempotency_key: key } = await job(owed.id);
    await reload();
    assert.equal((await order(begun.orderNo())).status, 'paid');

    await until('the service has finished', async () => (await timesMade(owed)) === 1);
    await provisioning({ mode: 'ok' });
    await letTimePass(SETTLING_SECONDS + TIMEOUT_SECONDS + 1);
    await healByVisits(payer.visitor, [owed.id]);
    assert.equal((await tenant(owed.id)).status, 'active');
    assert.ok((await requestsOf(owed)).every((request) => request.key === key));
    assert.equal(await timesMade(owed), 1);
  });

  test('workers that end after one request finish what follows the answer', async () => {
    await reload({ 'pm.max_requests': 1 });
    try {
      await provisioning({ mode: 'ok', delay_ms: (TIMEOUT_SECONDS - 1) * 1000 });
      const begun = payFor();
      const [one] = await Promise.all([registerByForm(), begun.answered]);
      const owed = [one.tenant, await begun.tenant()];
      for (const { id } of owed) assert.equal((await done(id)).attempts, 1);
      for (const row of owed) assert.equal((await requestsOf(row)).length, 1);
    } finally {
      await reload({ 'pm.max_requests': null });
    }
    assert.equal(workers().length, env().fpm_workers);
  });

  /** A payment for a tenant without resources. */
  function payFor() {
    let owed;
    let open;
    const answered = (async () => {
      owed = await forgottenTenant(payer);
      open = await renew(payer.visitor, owed.id);
      await pay(payer.visitor, open.order_no);
    })();
    return { answered, tenant: async () => owed, orderNo: () => open.order_no };
  }

  function register() {
    const form = company();
    return { answered: registerByJson(form), tenant: () => tenantOf(form.email) };
  }

  async function assertUntouched(owed) {
    const row = await job(owed.id);
    assert.deepEqual([row.state, row.attempts, row.lease_owner, row.lease_until], ['open', 0, null, 0]);
    assert.equal((await requestsOf(owed)).length, 0);
  }

  async function assertDoneByNextVisit(owed, { replay, attempts = 1 }) {
    await healByVisits(payer.visitor, [owed.id]);
    const [row, requests] = [await job(owed.id), await requestsOf(owed)];
    assert.equal(row.attempts, attempts);
    assert.deepEqual([requests.length, requests.at(-1).replay], [attempts, replay]);
    assert.equal(requests.at(-1).key, row.idempotency_key);
    assert.equal(await timesMade(owed), 1);
    assert.equal((await tenant(owed.id)).status, 'active');
  }
});
