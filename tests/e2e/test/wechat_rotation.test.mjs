/**
 * WeChat Pay changes its keys while notifications stream in, over all workers: none is lost, none counts
 * twice, and the certificates are fetched once per interval at most.
 * CHATHUB_WECHAT_SECONDS is how long the stream of each stage lasts, at 50 notifications a second.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { env, forgetAttempts, row, rows } from '../support/site.mjs';
import { NOTIFY_URL, openCode, payCode, requests } from '../support/wechat.mjs';

const logsAreClean = suite();
afterEach(reset);

const RATE = 50;
const SECONDS = Number(process.env.CHATHUB_WECHAT_SECONDS ?? 2);
const STAGES = 4;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const fetched = async () => (await requests('certificates')).length;

/** Tenants of one member, each with an order that waits for its payment. */
async function ordersAtCode(count) {
    const acme = await member.register();
    const copy = 'INSERT INTO {tenant} (user_id, tenant_name, domain, email, max_agents, status, config, embed_code, inbox_id, provisioned_at, expire_at, createtime, updatetime) '
        + 'SELECT user_id, ?, domain, email, max_agents, status, config, embed_code, inbox_id, provisioned_at, expire_at, createtime, updatetime FROM {tenant} WHERE id = ?';
    for (let number = 1; number < count; number += 1) {
        await rows(copy, [`Acme ${number}`, acme.tenant.id]);
    }
    const tenants = await rows('SELECT id, expire_at FROM {tenant} WHERE user_id = ? ORDER BY id', [acme.tenant.user_id]);
    const orders = [];
    const next = tenants.values();
    await Promise.all(Array.from({ length: 4 }, async () => {
        for (const tenant of next) {
            const { order_no: orderNo } = await member.renew({ visitor: acme.visitor, tenant });
            await openCode(acme, orderNo);
            orders.push({ orderNo, tenant });
        }
    }));
    return { userId: acme.tenant.user_id, orders };
}

/** Pays at a steady rate, among forged notifications with serials that nobody knows. */
async function stream(orders) {
    const sent = [];
    for (const [number, { orderNo }] of orders.entries()) {
        sent.push(payCode(orderNo));
        if (number % 10 === 0) {
            const serial = (BigInt(Date.now()) * 1000n + BigInt(number)).toString(16).toUpperCase().padStart(40, '4');
            sent.push(control('wechat/notify', { notify_url: NOTIFY_URL, fields: { out_trade_no: orderNo }, sign_with: 'other', serial })
                .then(({ answers: [answer] }) => assert.ok(answer.status >= 400 && answer.status < 500, `forged: ${answer.status}`)));
        }
        await pause(1000 / RATE);
    }
    await Promise.all(sent);
}

test(`rotation, and migration to the public key, with ${RATE} notifications a second`, async () => {
    assert.ok(env.fpm_workers >= 4);
    const size = RATE * SECONDS;
    const { userId, orders } = await ordersAtCode(size * STAGES);
    const stage = (number) => orders.slice(size * number, size * (number + 1));
    const unpaid = async () => (await row("SELECT COUNT(*) AS n FROM {order} WHERE user_id = ? AND status <> 'paid'", [userId])).n;
    const settled = (number) => until(`stage ${number} is paid`, async () => await unpaid() === size * (STAGES - 1 - number), { seconds: 60 });
    await control('wechat', { notify: { retry_s: Array(200).fill(0.5) } });
    await forgetAttempts();

    // A new certificate signs from one moment to the next.
    const before = await fetched();
    await control('wechat/rotate', {});
    await stream(stage(0));
    await settled(0);
    assert.equal(await fetched() - before, 1, 'one fetch for a new certificate');

    // Another one within the same interval: nothing is fetched, nothing is credited, nothing is lost.
    await control('wechat/rotate', { keep_old: false });
    await stream(stage(1));
    assert.equal(await fetched() - before, 1, 'no fetch within the interval');
    assert.equal(await unpaid(), size * (STAGES - 1), 'nothing is believed without its certificate');
    await forgetAttempts(); // an interval later
    await settled(1);
    assert.equal(await fetched() - before, 2, 'one fetch in the next interval');

    // The migration: both sign, then the public key alone.
    await control('wechat', { notify: { sign_with: 'mixed' } });
    await stream(stage(2));
    await settled(2);
    await control('wechat', { keys: 'public_key' });
    await stream(stage(3));
    await settled(3);
    assert.equal(await fetched() - before, 2, 'what is known is not fetched again');

    const signers = new Set((await control('wechat/orders')).orders.flatMap((order) => order.notifications.map((n) => n.serial)));
    assert.equal(signers.size, 3, 'two certificates and the public key signed');
    const payments = await rows('SELECT p.outcome, p.order_no FROM {payment} p JOIN {order} o ON o.order_no = p.order_no WHERE o.user_id = ?', [userId]);
    assert.equal(payments.length, orders.length);
    assert.ok(payments.every((payment) => payment.outcome === 'credited'));
    const after = new Map((await rows('SELECT id, expire_at FROM {tenant} WHERE user_id = ?', [userId])).map((tenant) => [tenant.id, tenant.expire_at]));
    assert.deepEqual(orders.filter(({ tenant }) => member.daysBetween(tenant.expire_at, after.get(tenant.id)) !== 30), []);
});

logsAreClean();
