/** Where no worker runs, the pages that members look at do its work, a little at a time; where one does, they leave it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { letThrottlesPass, letTimePass, rows, tenant } from '../support/database.mjs';
import { done, member } from '../support/members.mjs';
import { openTransactions, prepare } from '../support/place.mjs';
import { endsIn, graceIsOver, queue } from '../support/queue.mjs';
import { behave, serviceRecord } from '../support/sandbox.mjs';
import { until } from '../support/until.mjs';
import { heartbeat, letHeartbeatsPass, startWorker, stopWorkers } from '../support/worker.mjs';

const VISITS = 12;

describe('page views', { concurrency: false }, () => {
  let owner;

  before(async () => {
    await prepare();
    await behave();
    owner = await member();
    await letHeartbeatsPass();
  });
  after(stopWorkers);

  test('without a worker: calls, notices, suspensions and leftovers', async () => {
    const work = await everySort();
    await until('visits do all of it', async () => {
      await visit();
      return isDone(work);
    }, { seconds: 60 });
    await until('and tell the service', async () => {
      await visit();
      return isOff(work.ended);
    }, { seconds: 60 });
    await checkConsistency();
  });

  test('with a worker that gives a sign of life they leave it alone; when it is silent, they do it', async () => {
    const worker = await startWorker();
    await until('it gave a sign of life', () => heartbeat(worker.pid));
    await standsStill(worker);
    const work = await everySort();
    for (let number = 0; number < VISITS; number += 1) await visit();
    assert.deepEqual(await progress(work), { called: false, noticed: false, suspended: false, healed: false });

    await letHeartbeatsPass();
    await until('visits do all of it', async () => {
      await visit();
      return isDone(work);
    }, { seconds: 60 });
    worker.child.kill('SIGCONT');
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.ended, { code: 0, signal: null });
    await letTimePass(3600);
    await until('the service is told', async () => {
      await visit();
      return isOff(work.ended);
    }, { seconds: 60 });
    await checkConsistency();
  });

  test('a worker does all of it by itself', async () => {
    const work = await everySort();
    await letThrottlesPass(3600);
    await startWorker();
    await until('the worker does all of it', () => isDone(work), { seconds: 60 });
    await until('and tells the service', () => isOff(work.ended), { seconds: 60 });
    await stopWorkers();
    await checkConsistency();
  });

  /** As on a machine that swaps; but not within a transaction, which would keep others from its rows. */
  async function standsStill({ child }) {
    await until('it stands still between two transactions', async () => {
      child.kill('SIGSTOP');
      if ((await openTransactions()) === 0) return true;
      child.kill('SIGCONT');
      return false;
    });
  }

  /** The pages' turns come every few seconds. */
  async function visit() {
    assert.equal((await owner.visitor.send('my')).status, 200);
    await letThrottlesPass(3600);
  }

  /** One tenant of each sort that has something coming. */
  async function everySort() {
    const [called, healed] = await queue(owner, 2);
    // As an earlier version left it.
    await rows('DELETE FROM {job} WHERE tenant_id = ?', [healed]);
    await rows("UPDATE {tenant} SET status = 'provisioning', updatetime = updatetime - 3600 WHERE id = ?", [healed]);
    const soon = (await member()).tenant.id;
    const ended = (await member()).tenant.id;
    await endsIn(soon, 2);
    await graceIsOver(ended);
    return { called, healed, soon, ended };
  }

  async function progress({ called, healed, soon, ended }) {
    const [one, two, three, four] = await Promise.all([called, soon, ended, healed].map(tenant));
    return {
      called: one.status === 'active', noticed: two.notice_stage === 3, suspended: three.status === 'suspended',
      healed: four.status === 'active',
    };
  }

  const isDone = async (work) => Object.values(await progress(work)).every(Boolean);

  async function isOff(id) {
    const { inbox_id: inbox } = await tenant(id);
    const { created } = await serviceRecord();
    if (!created.find((one) => one.inbox_id === inbox).suspended) return false;
    await done(id);
    return true;
  }
});
