/** A provisioning service that hangs must not take the whole site with it. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { job, letTimePass, rows, tenant } from '../support/database.mjs';
import { send } from '../support/http.mjs';
import { attempted, healEverything, member, registerByForm, registerByJson } from '../support/members.mjs';
import { SETTLING_SECONDS, env, prepare, withConfig } from '../support/place.mjs';
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

  test('tenants whose outcome is unknown hold up nobody else', async () => {
    await provisioning({ mode: 'crash_after_effect', remember: true });
    const unknown = await Promise.all(Array.from({ length: LIMIT }, () => registerByJson()));
    for (const one of unknown) assert.ok((await attempted(one.tenant.id)).lease_until > 0);
    await provisioning({ mode: 'ok' });
    assert.equal((await registerByForm()).tenant.status, 'active');
  });

  test('with no place in flight at all, the work waits in the outbox', async () => {
    const one = await withConfig({ provision_inline_limit: '0' }, () => registerByForm());
    assert.equal(one.page.status, 200);
    assert.deepEqual([(await job(one.tenant.id)).attempts, (await tenant(one.tenant.id)).status], [0, 'pending']);
    assert.equal((await requestsOf(one.tenant)).length, 0);
    await letTimePass(SETTLING_SECONDS);
  });
});
