/** How a worker is started, told what is new, and stopped. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { letTimePass, row, rows } from '../support/database.mjs';
import { done, member } from '../support/members.mjs';
import { TIMEOUT_SECONDS, configure, env, manage, prepare, service } from '../support/place.mjs';
import { Proxy } from '../support/proxy.mjs';
import { queue } from '../support/queue.mjs';
import { behave, provisioning, serviceRecord } from '../support/sandbox.mjs';
import { until } from '../support/until.mjs';
import { command, heartbeat, letHeartbeatsPass, startWorker, stopWorkers, workerPids } from '../support/worker.mjs';

const CONCURRENCY = 8;
const SERVICE_MS = (TIMEOUT_SECONDS - 1) * 1000;
const IN_ORDER = { code: 0, signal: null };

/** How many tenants the worker says that it provisioned. */
const provisioned = (worker) => [...worker.output().matchAll(/ 开通 \d+：完成/g)].length;

describe('a worker', { concurrency: false }, () => {
  let owner;

  before(async () => {
    await prepare();
    await behave();
    owner = await member();
  });
  after(stopWorkers);
  afterEach(async () => {
    assert.deepEqual(workerPids(), [], 'it has ended');
    await behave();
    await finishEverything();
    await checkConsistency();
  });

  for (const signals of [['SIGTERM'], ['SIGINT'], ['SIGTERM', 'SIGTERM', 'SIGINT']]) {
    test(`${signals.join(', ')} in the middle of ${CONCURRENCY} calls: their results are stored, nothing new is begun`, async () => {
      const { worker, ids } = await inTheMiddle(CONCURRENCY + 4);
      for (const signal of signals) worker.child.kill(signal);
      assert.deepEqual(await worker.ended, IN_ORDER);
      assert.equal(provisioned(worker), CONCURRENCY);
      assert.match(worker.output(), /已退出：完成 \d+，失败 0/);
      const jobs = await rows('SELECT state, attempts, lease_owner FROM {job} WHERE tenant_id IN (?)', [ids]);
      assert.equal(jobs.filter(({ state }) => state === 'done').length, CONCURRENCY);
      const waiting = jobs.filter(({ state }) => state === 'open');
      assert.deepEqual(waiting, Array.from({ length: 4 }, () => ({ state: 'open', attempts: 0, lease_owner: null })));
      const { stopped_at: stopped, in_flight: inFlight, done: finished } = await heartbeat(worker.pid);
      assert.deepEqual([stopped !== null, inFlight], [true, 0]);
      // Letters are steps, too.
      assert.ok(finished >= CONCURRENCY, `${finished}`);
    });
  }

  test('SIGTERM while the database is away: it ends; a result that it has by then is stored when the database is back', async () => {
    const idle = await startWorker();
    const { worker, ids } = await inTheMiddle(CONCURRENCY);
    await service('kill', 'mariadb');
    for (const one of [idle, worker]) one.child.kill('SIGTERM');
    assert.deepEqual(await idle.ended, IN_ORDER);
    await until('the service has answered all', async () => (await serviceRecord()).in_flight === 0);
    await service('start', 'mariadb');
    assert.deepEqual(await worker.ended, IN_ORDER);
    const { stored } = await row("SELECT COUNT(*) AS stored FROM {tenant} WHERE status = 'active' AND id IN (?)", [ids]);
    assert.equal(stored, CONCURRENCY);
  });

  test('the database comes and goes: results are kept until then, and it goes on', async () => {
    const { worker, ids } = await inTheMiddle(CONCURRENCY);
    await service('kill', 'mariadb');
    await until('the service has answered all', async () => (await serviceRecord()).in_flight === 0);
    await service('start', 'mariadb');
    const later = await queue(owner, 2);
    for (const id of [...ids, ...later]) await done(id);
    const { attempts } = await row('SELECT MAX(attempts) AS attempts FROM {job} WHERE tenant_id IN (?)', [ids]);
    assert.equal(attempts, 1, 'nothing was asked for twice');
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.ended, IN_ORDER);
  });

  test('--once: what is due, and then it ends', async () => {
    const ids = await queue(owner, 3);
    const worker = command('work', '--once');
    assert.deepEqual(await worker.ended, IN_ORDER);
    assert.equal(provisioned(worker), 3);
    assert.match(worker.output(), /已退出：完成 \d+，失败 0/);
    const { active } = await row("SELECT COUNT(*) AS active FROM {tenant} WHERE status = 'active' AND id IN (?)", [ids]);
    assert.equal(active, 3);
  });

  test('--once with work that fails ends as well, and says what failed', async () => {
    const ids = await queue(owner, 3);
    await provisioning({ mode: 'refused' });
    const worker = command('work', '--once', '--silent');
    assert.deepEqual(await worker.ended, IN_ORDER);
    assert.equal(worker.output().match(/失败 开通 \d+：attempt 1: /g).length, 3);
    const { open } = await row("SELECT COUNT(*) AS open FROM {job} WHERE state = 'open' AND attempts = 1 AND tenant_id IN (?)", [ids]);
    assert.equal(open, 3);
  });

  test('--once without a database ends with an error, and leaves it to the next', async () => {
    await service('stop', 'mariadb');
    const worker = command('work', '--once');
    const ended = await worker.ended;
    await service('start', 'mariadb');
    assert.deepEqual(ended, { code: 1, signal: null });
    assert.match(worker.output(), /出错：cannot connect to the database/);
  });

  test('--seconds: it ends by itself, in good order', async () => {
    const worker = await startWorker('--seconds', '2');
    assert.deepEqual(await worker.ended, IN_ORDER);
    assert.notEqual((await heartbeat(worker.pid)).stopped_at, null);
  });

  test('configuration that is saved while it runs is used', async () => {
    const proxy = new Proxy();
    const worker = await startWorker();
    const url = await proxy.open();
    await configure({ provision_server_url: url });
    await until('calls go to the new address', async () => {
      const [id] = await queue(owner, 1);
      await done(id);
      return proxy.requests > 0;
    });
    await configure({ provision_server_url: env().sandbox.provision_url });
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.ended, IN_ORDER);
    await proxy.close();
  });

  test('switching the addon off ends it', async () => {
    const worker = await startWorker();
    try {
      await manage('disable');
      assert.deepEqual(await worker.ended, IN_ORDER);
      assert.match(worker.output(), /插件已停用或已更新/);
    } finally {
      await manage('enable');
    }
  });

  test('status says who works, and what is left to do', async () => {
    await letHeartbeatsPass();
    const without = command('status');
    assert.deepEqual(await without.ended, { code: 1, signal: null });
    assert.match(without.output(), /没有后台任务进程在运行/);
    const worker = await startWorker();
    const during = command('status');
    assert.deepEqual(await during.ended, IN_ORDER);
    assert.match(during.output(), new RegExp(`运行中 .*-${worker.pid}-`));
    worker.child.kill('SIGTERM');
    await worker.ended;
  });

  test('nonsense is refused', async () => {
    for (const args of [['dance'], ['work', '--seconds', '0'], ['work', '--concurrency', '65'], ['work', '--concurrency=x']]) {
      const { code } = await command(...args).ended;
      assert.equal(code, 2, args.join(' '));
    }
  });

  /** A worker all of whose threads wait for the service. */
  async function inTheMiddle(tenants) {
    await provisioning({ mode: 'ok', delay_ms: SERVICE_MS });
    const ids = await queue(owner, tenants);
    const worker = await startWorker('--concurrency', `${CONCURRENCY}`);
    await until('all are under way', async () => (await serviceRecord()).in_flight === CONCURRENCY, { every: 10 });
    return { worker, ids };
  }

  async function finishEverything() {
    await letTimePass(3600);
    assert.deepEqual(await command('work', '--once').ended, IN_ORDER);
  }
});
