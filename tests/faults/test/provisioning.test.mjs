/**
 * Every way in which the provisioning service fails, met by a registration (form and JSON) and by a payment:
 * what the rows and the pages show, and what a later attempt makes of it.
 */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { job, letTimePass, now, order, tenant } from '../support/database.mjs';
import {
  attempted, done, forgottenTenant, healByVisits, member, pay, registerByForm, registerByJson, renew, reprovision,
} from '../support/members.mjs';
import { SETTLING_SECONDS, TIMEOUT_SECONDS, prepare } from '../support/place.mjs';
import { behave, control, provisioning, requestsOf, timesMade, trade } from '../support/sandbox.mjs';

/** What is known after each way to fail, and so what the rows must say. */
const OUTCOMES = {
  /** Nothing was made and the answer will be repeated to this key. */
  refused: { status: 'pending', keepsKey: false, settles: false },
  /** Nobody knows: the same key, and nothing leaves while the service may still work. */
  unknown: { status: 'provisioning', keepsKey: true, settles: true },
  /** It never arrived. */
  notSent: { status: 'provisioning', keepsKey: true, settles: false },
};

/** `made`: the service did the work all the same, so that only the same key can find it again. */
const FAULTS = [
  ['refused connection', { mode: 'refused' }, 'notSent', /connect/i],
  ['hang', { mode: 'hang' }, 'unknown', /time-out/, { made: true, slow: true }],
  ['500 with JSON', { mode: 'error_json_500' }, 'refused', /^500: chatwoot request failed$/],
  ['500 without JSON', { mode: 'error_html_500', effect: true }, 'unknown', /^500 without/, { made: true }],
  ['502 with JSON', { mode: 'error_502' }, 'refused', /^502: chatwoot is unreachable$/],
  ['200 with error', { mode: 'ok_with_error' }, 'refused', /^200: chatwoot request failed$/],
  ['200 without inbox_id', { mode: 'ok_without_inbox', effect: true }, 'unknown', /inbox_id/, { made: true }],
  ['inbox_id not an integer', { mode: 'inbox_not_integer', effect: true }, 'unknown', /inbox_id/, { made: true }],
  ['200 with HTML', { mode: 'html', effect: true }, 'unknown', /not a JSON object/, { made: true }],
  ['broken JSON', { mode: 'bad_json', effect: true }, 'unknown', /not a JSON object/, { made: true }],
  ['10 MB', { mode: 'huge' }, 'unknown', /larger than/, { made: true }],
  ['1 byte per second', { mode: 'drip' }, 'unknown', /time-out/, { made: true, slow: true }],
  ['redirect', { mode: 'redirect' }, 'unknown', /^302/],
  ['401 as HTML', { mode: 'unauthorized' }, 'refused', /^401/],
  ['crash after the effect', { mode: 'crash_after_effect', remember: true }, 'unknown', /connection|answer/i, { made: true }],
];

describe('the provisioning service', { concurrency: false }, () => {
  let payer;

  before(async () => {
    await prepare();
    await behave();
    payer = await member();
  });
  afterEach(async () => {
    await provisioning({ mode: 'ok' });
    await checkConsistency();
  });

  for (const [name, mode, outcome, error, { made = false, slow = false } = {}] of FAULTS) {
    test(`${name}: shown, kept, healed`, async () => {
      const forgotten = await forgottenTenant(payer);
      const open = await renew(payer.visitor, forgotten.id);
      await provisioning(mode);

      const [form, json] = await Promise.all([registerByForm(), registerByJson(), pay(payer.visitor, open.order_no)]);
      const seen = slow ? 'provisioning' : OUTCOMES[outcome].status;
      assertRegistered(form, json, seen);
      await assertPaid(open.order_no);

      for (const one of [form.tenant, json.tenant, forgotten]) {
        await attempted(one.id);
        await assertFailed(one.id, outcome, error, made);
      }
      const first = await requestsOf(form.tenant);
      assert.equal(first.length, mode.mode === 'refused' ? 0 : 1);
      await assertShown(form, outcome);
      await assertShown({ visitor: payer.visitor, tenant: forgotten }, outcome);

      await provisioning({ mode: 'ok' });
      await letTimePass(SETTLING_SECONDS + 20);
      const later = new Map();
      for (const { id } of [form.tenant, json.tenant, forgotten]) later.set(id, (await job(id)).idempotency_key);
      await healByRequest(payer, forgotten.id);
      await healByVisits(form.visitor, [form.tenant.id, json.tenant.id]);

      for (const one of [form.tenant, json.tenant, forgotten]) {
        await assertHealed(one, { key: later.get(one.id), made });
        if (first.length === 1 && one === form.tenant) {
          assert.equal(first[0].key === later.get(one.id), OUTCOMES[outcome].keepsKey, 'the key of the second attempt');
        }
      }
    });
  }

  test('a connection that is refused again keeps the key', async () => {
    await provisioning({ mode: 'refused' });
    const one = await registerByForm();
    const { idempotency_key: key } = await job(one.tenant.id);
    assert.match((await reprovision(one.visitor, one.tenant.id)).location, /my\?provisioning=1$/);
    await assertFailed(one.tenant.id, 'notSent', /connect/i, false, 2);
    assert.equal((await job(one.tenant.id)).idempotency_key, key);
    await provisioning({ mode: 'ok' });
    assert.match((await reprovision(one.visitor, one.tenant.id)).location, /my\?just_paid=1$/);
    await assertHealed(one.tenant, { key, made: false });
  });

  test('crash after the effect, and all forgotten: "user already exists" is shown as a refusal', async () => {
    await provisioning({ mode: 'crash_after_effect', remember: false });
    const one = await registerByForm();
    await assertFailed(one.tenant.id, 'unknown', /connection|answer/i, true);

    // The same key finds nothing remembered, so the service meets its own work.
    await provisioning({ mode: 'ok' });
    await letTimePass(SETTLING_SECONDS + 20);
    const answer = await reprovision(one.visitor, one.tenant.id);
    assert.match(answer.location, /my\?error=provision_refused$/);
    await assertFailed(one.tenant.id, 'refused', /^500: user already exists$/, true, 2);
    await assertShown(one, 'refused');
    assert.equal(await timesMade(one.tenant), 1);

    // Nobody can know the old inbox: an operator clears it away, and the next attempt makes a new one.
    const { email, domain, tenant_name: name } = one.tenant;
    assert.equal((await control('provision', { remove: { email, domain, name } })).removed, 1);
    await letTimePass(60);
    await healByVisits(one.visitor, [one.tenant.id]);
    await assertHealed(one.tenant, { key: (await job(one.tenant.id)).idempotency_key, made: false });
  });

  test('while the outcome is unknown, nobody can make a second request leave', async () => {
    await provisioning({ mode: 'crash_after_effect', remember: true });
    const one = await registerByForm();
    await provisioning({ mode: 'ok' });
    const answers = await Promise.all([1, 2, 3].map(() => reprovision(one.visitor, one.tenant.id)));
    for (const answer of answers) assert.match(answer.location, /my\?provisioning=1$/);
    await one.visitor.send('my');
    assert.equal((await requestsOf(one.tenant)).length, 1);

    await letTimePass(SETTLING_SECONDS + 1);
    await healByVisits(one.visitor, [one.tenant.id]);
    await assertHealed(one.tenant, { key: (await job(one.tenant.id)).idempotency_key, made: true });
  });

  test('a service slower than the page: "under way", and the result is stored without a second request', async () => {
    await provisioning({ mode: 'ok', delay_ms: (TIMEOUT_SECONDS - 1) * 1000 });
    const one = await registerByForm();
    assert.match(one.page.text, /data-watch=/);
    assert.deepEqual((await one.visitor.status()).pending_work, true);
    assert.equal((await tenant(one.tenant.id)).status, 'provisioning');
    assert.notEqual((await job(one.tenant.id)).lease_owner, null);
    assert.match((await reprovision(one.visitor, one.tenant.id)).location, /my\?provisioning=1$/);

    await done(one.tenant.id);
    const requests = await requestsOf(one.tenant);
    assert.deepEqual(requests.map((request) => request.ended), ['answered']);
    const { tenants, pending_work: pending } = await one.visitor.status();
    assert.deepEqual([tenants[0].status, tenants[0].has_embed_code, pending], ['active', true, false]);
    assert.equal((await job(one.tenant.id)).attempts, 1);
  });
});

function assertRegistered(form, json, status) {
  assert.equal(form.page.status, 200, form.page.text);
  assert.match(form.page.text, /data-initial-password>/);
  assert.equal(/data-watch=/.test(form.page.text), status === 'provisioning', 'the page waits only for what is under way');
  assert.doesNotMatch(form.page.text, /chatwoot/i);
  assert.equal(json.answer.status, 200, json.answer.text);
  const { code, embed_code: embed, initial_password: password, status: said } = json.json;
  assert.deepEqual([code, embed, said], [1, null, status]);
  assert.match(password, /^\w{12}$/);
}

/** The money is safe whatever the service does. */
async function assertPaid(orderNo) {
  const { notifications } = await trade(orderNo);
  assert.deepEqual(notifications.map(({ status, body }) => [status, body]), [[200, 'success']]);
  assert.equal((await order(orderNo)).status, 'paid');
}

async function assertFailed(tenantId, outcome, error, made, attempts = 1) {
  const { status, settles } = OUTCOMES[outcome];
  const [row, owed, time] = [await tenant(tenantId), await job(tenantId), await now()];
  assert.equal(row.status, status);
  assert.deepEqual([row.inbox_id, row.embed_code], [null, null]);
  assert.deepEqual([owed.state, owed.attempts, owed.lease_owner], ['open', attempts, null]);
  assert.ok(owed.next_at > time + 3, 'the next attempt has to wait');
  assert.equal(owed.lease_until > time, settles, 'held back while the service may still work');
  if (settles) assert.ok(owed.next_at >= owed.lease_until);
  assert.match(owed.last_error, error);
  assert.equal(await timesMade(row), made ? 1 : 0);
}

/** The member centre says the same as the row, and nothing of the operator's. */
async function assertShown({ visitor, tenant: { id } }, outcome) {
  const { status, embed, page } = await visitor.rowOf(id);
  assert.deepEqual([status, embed], [OUTCOMES[outcome].status, '0']);
  assert.ok(!page.text.includes((await job(id)).last_error));
  const said = (await visitor.status()).tenants.find((one) => one.id === id);
  assert.deepEqual([said.status, said.has_embed_code], [status, false]);
}

/** Asking for it is enough; a nudge of an earlier page may be at it already. */
async function healByRequest({ visitor }, tenantId) {
  const answer = await reprovision(visitor, tenantId);
  assert.match(answer.location, /my\?(?:just_paid|provisioning)=1$/);
  await done(tenantId);
}

async function assertHealed(one, { key, made }) {
  const [row, closed, requests] = [await tenant(one.id), await job(one.id), await requestsOf(one)];
  assert.deepEqual([row.status, closed.state, closed.last_error], ['active', 'done', null]);
  assert.match(row.embed_code, /<script>/);
  assert.equal(await timesMade(one), 1);
  assert.equal(requests.at(-1).key, key);
  assert.equal(requests.at(-1).replay, made, 'work that was done is found again by its key');
}
