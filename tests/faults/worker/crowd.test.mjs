/** Many tenants wait, and several workers share them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { ownerPid, row, rows } from '../support/database.mjs';
import { member } from '../support/members.mjs';
import { prepare } from '../support/place.mjs';
import { residentMemory } from '../support/process.mjs';
import { queue } from '../support/queue.mjs';
import { behave, provisioning, serviceRecord } from '../support/sandbox.mjs';
import { figure, size } from '../support/size.mjs';
import { until } from '../support/until.mjs';
import { startWorker, stopWorkers } from '../support/worker.mjs';

const TENANTS = size(1000, 96);
const WORKERS = size(4, 2);
const CONCURRENCY = 8;
const SERVICE_MS = size(2000, 1000);
const PROOF = `${TENANTS} queued tenants`;
/** What a worker may grow by, in KiB: far more than it does, far less than a leak of each call would come to. */
const GROWTH = 16 * 1024;

describe('a crowd', { concurrency: false }, () => {
  before(async () => {
    await prepare();
    await behave();
  });
  after(stopWorkers);

  test(`${TENANTS} tenants, a service that takes ${SERVICE_MS} ms, ${WORKERS} workers: each once, all at their full breadth`, async () => {
    const ids = await queue(await member(), TENANTS);
    const before = (await serviceRecord()).requests.length;
    await provisioning({ mode: 'ok', delay_ms: SERVICE_MS });
    const began = performance.now();
    const crew = await Promise.all(Array.from({ length: WORKERS }, () => 
      startWorker('--concurrency', `${CONCURRENCY}`)));
    const watched = new Watch(crew.map(({ pid }) => pid));
    await until('nobody waits any more', async () => {
      await watched.look();
      const { open } = await row("SELECT COUNT(*) AS open FROM {job} WHERE state = 'open'");
      return open === 0;
    }, { seconds: 550, every: 500 });
    const seconds = (performance.now() - began) / 1000;

    const { requests, max_in_flight: together } = await serviceRecord();
    assert.equal(requests.length - before, TENANTS, 'one request each');
    const done = await rows("SELECT id FROM {tenant} WHERE id IN (?) AND status = 'active'", [ids]);
    assert.equal(done.length, TENANTS);
    for (const pid of watched.pids) {
      assert.equal(watched.most(pid), CONCURRENCY, `worker ${pid} had more or fewer in flight`);
      const [first, , last] = watched.memory(pid);
      assert.ok(last - first < GROWTH, `worker ${pid} grew from ${first} to ${last} KiB`);
    }
    if (size(true, false)) assert.ok(seconds < 300, `${seconds} s`);
    await checkConsistency();

    figure(PROOF, `seconds, ${WORKERS} workers × ${CONCURRENCY}, the service takes ${SERVICE_MS} ms`, seconds.toFixed(1));
    figure(PROOF, 'requests; at once', `${requests.length - before}; ${together}`);
    figure(PROOF, 'in flight of each worker, at most', watched.pids.map((pid) => watched.most(pid)).join(', '));
    figure(PROOF, 'memory of one worker in MiB: first, median, last', watched.memory(watched.pids[0]).map((kib) => (kib / 1024).toFixed(1)).join(', '));
  });
});

/** Looks at the workers again and again. */
class Watch {
  #most = new Map();
  #memory = new Map();

  constructor(pids) {
    this.pids = pids;
    for (const pid of pids) this.#memory.set(pid, []);
  }

  async look() {
    const leases = await rows("SELECT lease_owner FROM {job} WHERE state = 'open' AND lease_until > UNIX_TIMESTAMP() AND lease_owner IS NOT NULL");
    const now = new Map();
    for (const { lease_owner: owner } of leases) now.set(ownerPid(owner), (now.get(ownerPid(owner)) ?? 0) + 1);
    for (const pid of this.pids) {
      this.#most.set(pid, Math.max(this.#most.get(pid) ?? 0, now.get(pid) ?? 0));
      this.#memory.get(pid).push(residentMemory(pid));
    }
  }

  /** The most requests that the worker had in flight. */
  most(pid) {
    return this.#most.get(pid);
  }

  /** First, median and last, in KiB. */
  memory(pid) {
    const all = this.#memory.get(pid);
    return [all[0], [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)], all.at(-1)];
  }
}
