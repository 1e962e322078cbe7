/** MariaDB goes away and comes back: between requests, within them, one connection, or all of them. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { checkConsistency } from '../support/consistency.mjs';
import { connect, order, rows } from '../support/database.mjs';
import { Visitor, send } from '../support/http.mjs';
import {
  company, forgottenTenant, healEverything, member, openCashier, renew,
} from '../support/members.mjs';
import { asAdministrator, env, prepare, service, workers } from '../support/place.mjs';
import { behave, control, notify, timesMade } from '../support/sandbox.mjs';
import { until } from '../support/until.mjs';

const MANY = 40;

describe('MariaDB', { concurrency: false }, () => {
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

  test('stopped and started between requests: clear errors, then all works at once, with the same workers', async () => {
    const { open } = await payable();
    const before = workers();
    await keptByAll();
    await service('stop', 'mariadb');
    await assertAway(open);
    await service('start', 'mariadb');
    await assertBack(before);
    assert.equal((await order(open.order_no)).status, 'pending', 'what was not acknowledged was not stored');
    assert.deepEqual((await notify(open.order_no)).summary, { '200 success': 1 });
  });

  for (const [how, end] of [['killed', killAtOnce], ['stopped', () => service('stop', 'mariadb')]]) {
    test(`${how} under load: what was acknowledged is there once, what was not is clean`, async () => {
      const before = workers();
      const lanes = await Promise.all([1, 2, 3].map(() => severalPayable(5)));
      const load = new Load(payer.visitor, lanes);
      await until('some are acknowledged', () => load.acknowledged.size > 0 && load.registrations.length > 0, { every: 1 });
      await end();
      await until('everybody noticed', () => load.lost >= lanes.length);
      await load.stop();
      await service('start', 'mariadb');

      // Before anything is delivered again: each word that was given holds.
      for (const orderNo of load.acknowledged) assert.equal((await order(orderNo)).status, 'paid');
      for (const { form, answer } of load.registrations) await assertRegistered(form, answer);
      await assertBack(before);
      for (const { open } of lanes.flat()) {
        assert.deepEqual((await notify(open.order_no)).summary, { '200 success': 1 });
        assert.equal((await order(open.order_no)).status, 'paid');
      }
      await healEverything(payer.visitor);
      for (const { owed } of lanes.flat()) assert.equal(await timesMade(owed), 1);
    });
  }

  test('a kept connection that was killed is replaced without anybody noticing', async () => {
    const before = workers();
    await keptByAll();
    const { open } = await payable();
    const kept = await siteSessions();
    assert.ok(kept.length > 1);
    await killSessions(kept);
    assert.deepEqual((await notify(open.order_no)).summary, { '200 success': 1 });
    await killSessions(await siteSessions());
    await assertBack(before);
  });

  test('no connection left: clear errors, and recovery as soon as there is one', async () => {
    const { open } = await payable();
    const before = workers();
    const [[, usual]] = await asAdministrator("SHOW VARIABLES LIKE 'max_connections'");
    await asAdministrator('SET GLOBAL max_connections = 10');
    const taken = [];
    try {
      await killSessions(await siteSessions());
      await until('all connections are taken', async () => {
        try {
          taken.push(await connect());
          return false;
        } catch (error) {
          return /Too many connections/.test(error.message);
        }
      }, { every: 1 });
      await assertAway(open);
    } finally {
      await Promise.all(taken.map((connection) => connection.end()));
      await asAdministrator(`SET GLOBAL max_connections = ${usual}`);
    }
    await until('the connections are free', async () => (await siteSessions()).length < 5);
    await assertBack(before);
    assert.deepEqual((await notify(open.order_no)).summary, { '200 success': 1 });
  });

  /** An order in the cashier, paid there, of which the site has not heard. */
  async function payable() {
    const owed = await forgottenTenant(payer);
    const open = await renew(payer.visitor, owed.id);
    const url = await openCashier(payer.visitor, open.order_no);
    await control('pay', { url, notify: false });
    return { owed, open };
  }

  /** Every worker has answered with its own connection, which it keeps. */
  async function keptByAll() {
    await until('each worker keeps a connection', async () => {
      await Promise.all(Array.from({ length: MANY }, () => payer.visitor.send('my')));
      return (await siteSessions()).length >= env().fpm_workers;
    });
  }

  /** While the database cannot be reached: every way in says so, and says nothing else. */
  async function assertAway(open) {
    for (const path of ['my', 'renew?id=1', `payAlipay?order=${open.order_no}`, `payReturn/order/${open.order_no}`]) {
      const page = await payer.visitor.send(path);
      assert.equal(page.status, 503, `${path}: ${page.text}`);
      assertErrorPage(page);
    }
    assert.equal((await send('landing')).status, 200, 'what needs no database goes on');
    const polled = await payer.visitor.send('status');
    assert.deepEqual([polled.status, JSON.parse(polled.text).code], [503, 0]);
    const json = await send('register', { json: company() });
    assert.deepEqual([json.status, JSON.parse(json.text).code], [503, 0]);
    assertErrorPage(await new Visitor().submit('login', 'doLogin', { email: payer.form.email, password: 'x' }));
    const { summary } = await notify(open.order_no);
    assert.deepEqual(summary, { '500 fail': 1 });
  }

  /** Not one request fails any more, in the same processes. */
  async function assertBack(before) {
    const paths = ['my', 'status', 'changePassword'];
    const pages = await Promise.all(
      Array.from({ length: MANY }, (_, index) => payer.visitor.send(paths[index % paths.length])),
    );
    assert.deepEqual(pages.map((page) => page.status), Array(MANY).fill(200));
    assert.deepEqual(workers(), before);
  }

  async function severalPayable(count) {
    const made = [];
    while (made.length < count) made.push(await payable());
    return made;
  }
});

/** The process is dead before the next line runs; the place is told afterwards. */
async function killAtOnce() {
  process.kill(env().mariadb_pid, 'SIGKILL');
  await service('kill', 'mariadb');
}

/** Notifications, page views and registrations, one after the other in each of several lanes. */
class Load {
  /** Order numbers. */
  acknowledged = new Set();
  registrations = [];
  /** Notifications that were refused because the database was away. */
  lost = 0;
  #over = false;
  #running;

  constructor(visitor, lanes) {
    this.#running = Promise.all([
      ...lanes.map((lane) => this.#notifications(lane)),
      this.#pages(visitor, 'my'), this.#pages(visitor, 'status'), this.#register(),
    ]);
    // A failure is thrown by stop(); until then it must not end the process.
    this.#running.catch(() => {});
  }

  async stop() {
    this.#over = true;
    await this.#running;
  }

  async #notifications(lane) {
    const left = [...lane];
    while (!this.#over) {
      const { open } = left[0];
      const { answers } = await notify(open.order_no, { copies: 2 });
      for (const { status, body } of answers) {
        assert.ok(['200 success', '500 fail'].includes(`${status} ${body}`), `${status} ${body}`);
        if (status === 200) this.acknowledged.add(open.order_no);
        else this.lost += 1;
      }
      if (left.length > 1 && this.acknowledged.has(open.order_no)) left.shift();
    }
  }

  async #pages(visitor, path) {
    while (!this.#over) {
      const page = await visitor.send(path);
      if (page.status !== 200 && path === 'my') assertErrorPage(page);
      else assert.ok([200, 503].includes(page.status), page.text);
    }
  }

  async #register() {
    while (!this.#over) {
      const form = company();
      this.registrations.push({ form, answer: await send('register', { json: form }) });
    }
  }
}

async function assertRegistered(form, answer) {
  const found = await rows('SELECT * FROM {tenant} WHERE email = ?', [form.email]);
  const { code } = JSON.parse(answer.text);
  if (answer.status === 200) return assert.deepEqual([code, found.length], [1, 1], answer.text);
  // The answer to COMMIT may be lost, so one may be there; never two, and never a part of one.
  assert.deepEqual([answer.status, code], [503, 0]);
  assert.ok(found.length <= 1);
}

/** The addon's own page: nothing of the framework's, no path, no SQL, no address. */
function assertErrorPage({ status, text }) {
  assert.equal(status, 503, text);
  assert.doesNotMatch(text, /Stack trace|#\d+ |\.php|SQLSTATE|127\.0\.0\.1|mysql|database/i);
}

const siteSessions = () => asAdministrator(
  `SELECT id FROM information_schema.processlist WHERE user = '${env().db.user}' AND host LIKE '127.0.0.1:%'`,
);

async function killSessions(sessions) {
  for (const [id] of sessions) await asAdministrator(`KILL CONNECTION ${id}`).catch(endedMeanwhile);
  await until('they are gone', async () => {
    const left = await siteSessions();
    return sessions.every(([id]) => !left.some(([other]) => other === id));
  });
}

function endedMeanwhile(error) {
  if (!/Unknown thread id/.test(error.message)) throw error;
}
