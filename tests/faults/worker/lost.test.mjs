/** Every notification gets lost: the worker asks the providers, and finds each payment once. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { row, rows } from '../support/database.mjs';
import { member, openCashier, renew } from '../support/members.mjs';
import { prepare } from '../support/place.mjs';
import { queue } from '../support/queue.mjs';
import { behave, control } from '../support/sandbox.mjs';
import { figure, size } from '../support/size.mjs';
import { until } from '../support/until.mjs';
import { startWorker, stopWorkers } from '../support/worker.mjs';

const ORDERS = size(500, 40);
const WORKERS = 2;
const PROOF = `${ORDERS} orders paid, every notification lost`;
/** Buyers at once. */
const LANES = 6;

describe('lost notifications', { concurrency: false }, () => {
  before(async () => {
    await prepare();
    await behave();
  });
  after(stopWorkers);

  test(`${ORDERS} orders, paid by both providers and told by neither: each is settled once`, async () => {
    const owner = await member();
    const ids = await queue(owner, ORDERS);
    await startWorker();
    await until('all have what they pay for', async () => {
      const { waiting } = await row("SELECT COUNT(*) AS waiting FROM {job} WHERE state = 'open'");
      return waiting === 0;
    }, { seconds: 300 });
    await stopWorkers();

    const byAlipay = [];
    const byWechat = [];
    const todo = [...ids];
    const buy = async () => {
      for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
        const { order_no: orderNo } = await renew(owner.visitor, id);
        if (id % 2 === 0) {
          byAlipay.push(await openCashier(owner.visitor, orderNo));
        } else {
          const page = await owner.visitor.send(`payWechat?order=${orderNo}`);
          assert.equal(page.status, 200, page.text);
          byWechat.push(orderNo);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, buy));
    await Promise.all([control('pay_all', { urls: byAlipay }), control('wechat/pay_all', { out_trade_nos: byWechat })]);
    const paidAt = performance.now();
    // The buyers began up to minutes ago; what counts is how long the news takes from here on.
    await rows("UPDATE {order} SET query_at = UNIX_TIMESTAMP() + 20, queries = 0 WHERE status = 'pending' AND query_at IS NOT NULL AND tenant_id IN (?)", [ids]);

    await Promise.all(Array.from({ length: WORKERS }, () => startWorker()));
    const lags = [];
    await until('every payment is found', async () => {
      const { found } = await row("SELECT COUNT(*) AS found FROM {order} WHERE status = 'paid' AND tenant_id IN (?)", [ids]);
      const lag = (performance.now() - paidAt) / 1000;
      while (lags.length < found) lags.push(lag);
      return found === ORDERS;
    }, { seconds: 300, every: 200 });
    await stopWorkers();

    const credits = await rows("SELECT outcome, source, COUNT(*) AS n FROM {payment} WHERE tenant_id IN (?) GROUP BY outcome, source", [ids]);
    assert.deepEqual(credits.map(({ outcome, source, n }) => [outcome, source, n]), [['credited', 'query', ORDERS]]);
    const { twice } = await row('SELECT COUNT(*) AS twice FROM {tenant} WHERE id IN (?) AND expire_at > NOW() + INTERVAL 61 DAY', [ids]);
    assert.equal(twice, 0, 'credited more than once');
    await checkConsistency();

    figure(PROOF, 'settled by asking, each once', `${ORDERS} (${byAlipay.length} Alipay, ${byWechat.length} WeChat Pay)`);
    figure(PROOF, 'largest lag in seconds, from the payment; median', `${lags.at(-1).toFixed(1)}; ${lags[Math.floor(lags.length / 2)].toFixed(1)}`);
  });
});
