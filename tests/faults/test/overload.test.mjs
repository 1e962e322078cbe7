/** A provisioning service that hangs must not take the whole site with it. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { job, letTimePass, rows, tenant } from '../support/database.mjs';
import { send } from '../support/http.mjs';
import { attempted, healByVisits, healEverything, member, registerByForm, registerByJson } from '../support/members.mjs';
import { pausedAtTheLease } from '../support/pause.mjs';
import { SETTLING_SECONDS, asAdministrator, env, prepare, waitingForRows, withConfig } from '../support/place.mjs';
import { behave, provisioning, requestsOf, serviceRecord } from '../support/sandbox.mjs';
import { until } from '../support/until.mjs';

const LIMIT = 3;

describe('a hanging provisioning service', { concurrency: false }, () => {
  let visitor;

  before(async () => {
    await prepare();
    await behave();
    ({ visitor } = await member());
  });
  afterEach(async () => {
    await behave();
    await healEverything(visitor);
    await checkConsistency();
  });

  test('many registrations: all are answered, few are in flight, and the site goes on', async () => {
    const many = 2 * env().fpm_workers;
    await provisioning({ mode: 'hang' });
    const registrations = Promise.all(Array.from({ length: many }, () => registerByJson()));
    await until('the service hangs for as many as may wait', async () => (await serviceRecord()).in_flight === LIMIT);

    const pages = await Promise.all(['landing', 'login', 'registerPage'].map((page) => send(page)));
    assert.deepEqual(pages.map((page) => page.status), [200, 200, 200]);
    assert.ok((await serviceRecord()).in_flight > 0, 'they answered while it hung');

    const answers = await registrations;
    for (const { answer, json } of answers) {
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([json.code, json.embed_code], [1, null]);
    }
    assert.ok((await serviceRecord()).max_in_flight <= LIMIT, 'more in flight than web requests may have');
    const sent = await Promise.all(answers.map(async (one) => (await requestsOf(one.tenant)).length));
    assert.equal(sent.reduce((sum, count) => sum + count), LIMIT);
    const [{ open }] = await rows("SELECT COUNT(*) AS open FROM {job} WHERE state = 'open'");
    assert.equal(open, many);
  });

  test('many that take their lease at the same moment: the limit holds', async () => {
    const many = env().fpm_workers - 1;
    await provisioning({ mode: 'hang' });
    const registrations = await pausedAtTheLease(async (stopped) => {
      const begun = Array.from({ length: many }, () => registerByJson());
      await stopped();
      await until('all are at the lease, or wait to get there', async () => {
        const [[atTheLease]] = await asAdministrator(
          "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock'",
        );
        return Number(atTheLease) + (await waitingForRows()) === many;
      });
      return begun;
    });
    const answers = await Promise.all(registrations);
    const sent = await Promise.all(answers.map(async (one) => (await requestsOf(one.tenant)).length));
    assert.equal(sent.reduce((sum, count) => sum + count), LIMIT);
  });

  test('tenants whose outcome is unknown hold up nobody else', async () => {
    await provisioning({ mode: 'crash_after_effect', remember: true });
    const unknown = await Promise.all(Array.from({ length: LIMIT }, () => registerByJson()));
    for (const one of unknown) assert.ok((await attempted(one.tenant.id)).lease_until > 0);
    await provisioning({ mode: 'ok' });
    assert.equal((await registerByForm()).tenant.status, 'active');
  });

  test('work for a tenant that was deleted holds up nobody else', async () => {
    await provisioning({ mode: 'refused' });
    const [deleted, other] = [await registerByForm(), await registerByForm()];
    await rows('DELETE FROM {tenant} WHERE id = ?', [deleted.tenant.id]);
    await provisioning({ mode: 'ok' });
    await letTimePass(SETTLING_SECONDS);
    await healByVisits(visitor, [other.tenant.id]);
    const { state, last_error: error } = await job(deleted.tenant.id);
    assert.deepEqual([state, error], ['dead', 'the tenant is gone']);
    for (const table of ['job', 'log', 'mail']) await rows(`DELETE FROM {${table}} WHERE tenant_id = ?`, [deleted.tenant.id]);
    await rows('DELETE FROM {member} WHERE user_id = ?', [deleted.tenant.user_id]);
    await rows('DELETE FROM {user} WHERE id = ?', [deleted.tenant.user_id]);
  });

  test('with no place in flight at all, the work waits in the outbox', async () => {
    const one = await withConfig({ provision_inline_limit: '0' }, () => registerByForm());
    assert.equal(one.page.status, 200);
    assert.deepEqual([(await job(one.tenant.id)).attempts, (await tenant(one.tenant.id)).status], [0, 'pending']);
    assert.equal((await requestsOf(one.tenant)).length, 0);
    await letTimePass(SETTLING_SECONDS);
  });
});
