/**
 * Workers and php-fpm's children are killed at each step of a call, and MariaDB again and again, while members
 * register and pay: in the end everybody has what is owed to them, once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { letTimePass, order, row, rows } from '../support/database.mjs';
import { Load } from '../support/load.mjs';
import { member } from '../support/members.mjs';
import { pausedAtTheResult } from '../support/pause.mjs';
import { SETTLING_SECONDS, TIMEOUT_SECONDS, configure, env, killWorker, prepare, service, workers } from '../support/place.mjs';
import { Proxy } from '../support/proxy.mjs';
import { queue } from '../support/queue.mjs';
import { behave, notify, provisioning, serviceRecord, tenantKey } from '../support/sandbox.mjs';
import { FULL, figure, size } from '../support/size.mjs';
import { until } from '../support/until.mjs';
import { killOutright, startWorker, stopWorkers, workerPids } from '../support/worker.mjs';

const TIMES = size(20, 1);
const RESTARTS = size(10, 1);
const WORKERS = 2;
const SERVICE_MS = [200, 400];
const PROOF = 'killed at each step';

const VICTIMS = {
  worker: { pids: workerPids, kill: killOutright },
  'php-fpm child': { pids: workers, kill: killWorker },
};

describe('killed', { concurrency: false }, () => {
  const proxy = new Proxy();
  let owner;
  let load;

  before(async () => {
    await prepare();
    await behave();
    owner = await member();
    // The leases of the killed count among what web requests have in flight.
    await configure({ provision_server_url: await proxy.open(), provision_inline_limit: '1000' });
    await provisioning({ mode: 'ok', delay_ms: SERVICE_MS });
    load = new Load(owner);
  });
  after(async () => {
    await load.stop();
    await stopWorkers();
    await configure({ provision_server_url: env().sandbox.provision_url });
    await proxy.close();
    await behave();
  });

  /** How each step is met: gives the pid of who stands there, and `use`s it up before anything goes on. */
  const STEPS = {
    'before the request leaves': (who, use) => atTheProxy('arrived', who, use),
    'while the service works': (who, use) => atTheProxy('forwarded', who, use),
    'after the effect, before the answer': (who, use) => atTheProxy('answered', who, use),
    'before the result is committed': (who, use) => pausedAtTheResult(who.pids, async (stopped) => use(await stopped())),
    'after the result is committed': async (who, use) => {
      const { pid, goOn } = await proxy.catchAt('answered', who.pids);
      const leased = (await rows('SELECT id, lease_owner FROM {job} WHERE lease_owner LIKE ?', [`%${pid}-%`])).map(({ id }) => id);
      goOn();
      await until('a result is stored', async () =>
        (await row("SELECT COUNT(*) AS done FROM {job} WHERE state = 'done' AND id IN (?)", [leased])).done > 0, { every: 1 });
      await use(pid);
    },
  };

  async function atTheProxy(step, who, use) {
    const { pid, goOn } = await proxy.catchAt(step, who.pids);
    await use(pid);
    goOn();
  }

  test(`${TIMES} times at each step, and MariaDB ${RESTARTS} times: everybody is served, once`, async () => {
    const kills = Object.keys(VICTIMS).flatMap((who) => Object.keys(STEPS).map((step) => ({ who, step, times: 0 })));
    const every = Math.ceil((kills.length * TIMES) / RESTARTS);
    const began = performance.now();
    let count = 0;
    load.start();
    for (let time = 0; time < TIMES; time += 1) {
      for (const kill of kills) {
        await crewIsComplete();
        if (kill.who === 'worker') await queue(owner, 4);
        const victim = VICTIMS[kill.who];
        await STEPS[kill.step](victim, victim.kill);
        kill.times += 1;
        count += 1;
        if (count % every === every - 1) await databaseFails();
      }
    }
    await load.stop();
    const lastKill = performance.now();
    await crewIsComplete();
    for (const orderNo of load.orders) await settled(orderNo);
    if (!FULL) await theDeadAreForgotten();
    await until('nothing is owed to anybody', async () => {
      const { open } = await row("SELECT COUNT(*) AS open FROM {job} WHERE state = 'open'");
      return open === 0;
    }, { seconds: 400, every: 500 });
    const healed = performance.now();

    const { tenants, paid } = await assertServed();
    await checkConsistency();
    await tell(kills, { tenants, paid, killing: lastKill - began, healing: healed - lastKill });
  });

  async function crewIsComplete() {
    while (workerPids().length < WORKERS) await startWorker();
  }

  async function databaseFails() {
    await service('kill', 'mariadb');
    await service('start', 'mariadb');
  }

  /** The provider repeats its word until it is acknowledged. */
  async function settled(orderNo) {
    if ((await order(orderNo)).status === 'paid') return;
    assert.deepEqual((await notify(orderNo)).summary, { '200 success': 1 });
  }

  /** The leases of the dead run out, once the service is through with what they asked for. */
  async function theDeadAreForgotten() {
    await until('the service has done all that reached it', async () => {
      const { requests, created } = await serviceRecord();
      const made = new Set(created.map((one) => tenantKey({ ...one, tenant_name: one.name })));
      return requests.every((request) => request.tenant === null || made.has(request.tenant));
    });
    await letTimePass(SETTLING_SECONDS + TIMEOUT_SECONDS + 1);
  }

  async function assertServed() {
    const owed = await rows(`SELECT t.id, t.status, t.embed_code FROM {tenant} t WHERE
      EXISTS (SELECT 1 FROM {order} o WHERE o.tenant_id = t.id AND o.status = 'paid')
      OR EXISTS (SELECT 1 FROM {log} l WHERE l.tenant_id = t.id AND l.action = 'register')`);
    assert.deepEqual(owed.filter(({ embed_code: embed }) => !embed), []);
    const off = await rows("SELECT id, expire_at < NOW() AS ended FROM {tenant} WHERE status <> 'active' AND embed_code IS NOT NULL");
    assert.deepEqual(off.filter(({ ended }) => ended !== 1), [], 'nobody is switched off whose time is not over');
    const leased = await rows("SELECT id, lease_owner FROM {job} WHERE lease_owner IS NOT NULL OR lease_until > 0");
    assert.deepEqual(leased, []);
    const { created, requests, max_in_flight_per_tenant: together } = await serviceRecord();
    assert.equal(created.length, owed.length, 'each exactly once');
    assert.ok(together <= 1, 'never two requests of one tenant');
    assert.ok(requests.some(({ replay }) => replay), 'no kill left an effect without its result: this proves nothing');
    const { paid } = await row("SELECT COUNT(*) AS paid FROM {order} WHERE status = 'paid'");
    return { tenants: owed.length, paid };
  }

  async function tell(kills, { tenants, paid, killing, healing }) {
    for (const { who, step, times } of kills) figure(PROOF, `${who} killed ${step}`, times);
    const { requests } = await serviceRecord();
    const switches = (path) => requests.filter((request) => request.path === path).length;
    const { suspended } = await row("SELECT COUNT(*) AS suspended FROM {log} WHERE action = 'suspend' AND operator = 'system' AND detail LIKE '%expired%'");
    const { resumed } = await row("SELECT COUNT(*) AS resumed FROM {job} WHERE kind = 'activate'");
    figure(PROOF, 'MariaDB killed and started', RESTARTS);
    figure(PROOF, 'registered or paid tenants; paid orders', `${tenants}; ${paid}`);
    figure(PROOF, 'requests at the service; replays of a key', `${requests.length}; ${requests.filter(({ replay }) => replay).length}`);
    figure(PROOF, 'suspended at their end; back by payment', `${suspended}; ${resumed}`);
    figure(PROOF, 'calls to suspend; to activate', `${switches('/suspend')}; ${switches('/activate')}`);
    figure(PROOF, 'seconds of killing; until all was healed', `${(killing / 1000).toFixed(1)}; ${(healing / 1000).toFixed(1)}`);
  }
});
