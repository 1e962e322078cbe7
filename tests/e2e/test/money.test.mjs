/** Money: each payment counts once, and nothing that is not a payment counts at all. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { send } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, notify, reset, trade } from '../support/sandbox.mjs';
import { env, forgetAttempts, rows, withConfig } from '../support/site.mjs';

const logsAreClean = suite();
afterEach(reset);

/** A member at the cashier, not yet paid. */
async function atCashier(fields = {}) {
    const acme = await member.register(fields);
    const open = await member.renew(acme);
    await member.openCashier(acme, open.order_no);
    return { acme, orderNo: open.order_no, before: acme.tenant.expire_at };
}

async function isCreditedOnce({ acme, orderNo, before }, outcome = 'credited', source = 'notify') {
    const { order, payments, entries } = await member.ledger(orderNo);
    assert.equal(order.status, 'paid');
    assert.equal(order.pay_method, 'alipay');
    assert.deepEqual(payments.map((p) => [p.outcome, p.source, p.trade_no]), [[outcome, source, order.pay_trade_no]]);
    assert.equal(entries.filter((entry) => entry.status === 'success').length, 1);
    const after = (await member.tenant(acme.tenant.id)).expire_at;
    assert.equal(member.daysBetween(before, after), 30);
    assert.equal(order.expire_at, after);
}

async function isUnpaid({ acme, orderNo, before }) {
    const { order, payments, entries } = await member.ledger(orderNo);
    assert.equal(order.status, 'pending');
    assert.equal(order.pay_trade_no, null);
    assert.deepEqual(payments.filter((p) => p.outcome.startsWith('credited')), []);
    assert.deepEqual(entries.filter((entry) => entry.status === 'success'), []);
    assert.equal((await member.tenant(acme.tenant.id)).expire_at, before);
}

const back = (orderNo) => send(`payReturn/order/${orderNo}`);

describe('a payment', () => {
    for (const [plan, seats, amount] of [['basic', '', '50.00'], ['pro', '', '60.00'], ['enterprise', '7', '140.00']]) {
        test(`${plan} ${seats} costs ${amount}, and adds 30 days`, async () => {
            const fields = seats === '' ? { plan } : { plan, seats };
            const site = await atCashier(fields);
            const paid = await control('pay', { out_trade_no: site.orderNo });
            assert.equal(paid.total_amount, amount);
            assert.deepEqual(paid.notifications.map((n) => [n.status, n.body]), [[200, 'success']]);
            await isCreditedOnce(site);
        });
    }

    test('after the end of service counts from now, and brings the service back', async () => {
        const site = await atCashier();
        await rows("UPDATE {tenant} SET status = 'suspended', suspend_reason = 'expired', expire_at = '2020-01-01 00:00:00' WHERE id = ?", [site.acme.tenant.id]);
        await control('pay', { out_trade_no: site.orderNo });
        const after = await until('the tenant is active', async () => {
            const row = await member.tenant(site.acme.tenant.id);
            return row.status === 'active' && row;
        });
        const { order } = await member.ledger(site.orderNo);
        assert.equal(member.daysBetween(order.paid_at, after.expire_at), 30);
        // After the acknowledgement, so it may take a moment longer than the tenant's status.
        await until('the provisioning service was told', async () => {
            const [job] = await rows("SELECT * FROM {job} WHERE tenant_id = ? AND kind = 'activate'", [site.acme.tenant.id]);
            return job?.state === 'done';
        });
    });

    test('for what an administrator suspended or disabled is flagged and brings nothing back', async () => {
        for (const status of ['suspended', 'disabled']) {
            const site = await atCashier();
            await rows('UPDATE {tenant} SET status = ?, suspend_reason = ? WHERE id = ?', [status, status === 'suspended' ? 'admin' : null, site.acme.tenant.id]);
            const paid = await control('pay', { out_trade_no: site.orderNo });
            assert.equal(paid.notifications[0].body, 'success');
            const { payments } = await member.ledger(site.orderNo);
            assert.deepEqual(payments.map((p) => p.outcome), ['credited_flagged']);
            assert.equal((await member.tenant(site.acme.tenant.id)).status, status);
        }
    });
});

describe('order of events', () => {
    test('the buyer is back before the notification: asked for, and credited once', async () => {
        const site = await atCashier();
        await control('alipay', { notify: { delay_ms: 1500 } });
        const paying = control('pay', { out_trade_no: site.orderNo });
        await until('the trade is paid', async () => (await trade(site.orderNo)).status === 'TRADE_SUCCESS');
        assert.match((await back(site.orderNo)).location, /&just_paid=1$/);
        await isCreditedOnce(site, 'credited', 'return');
        await paying;
        await until('the notification', async () => (await trade(site.orderNo)).notifications[0]?.body === 'success');
        await isCreditedOnce(site, 'credited', 'return');
    });

    test('no notification at all: the return alone settles', async () => {
        const site = await atCashier();
        await control('alipay', { notify: { drop: true } });
        await control('pay', { out_trade_no: site.orderNo });
        await isUnpaid(site);
        await forgetAttempts();
        assert.match((await back(site.orderNo)).location, /&just_paid=1$/);
        await isCreditedOnce(site, 'credited', 'return');
    });

    test('FINISHED first, then SUCCESS; and FINISHED months later', async () => {
        const site = await atCashier();
        await control('pay', { out_trade_no: site.orderNo, notify: false });
        const trade_no = (await trade(site.orderNo)).trade_no;
        for (const trade_status of ['TRADE_FINISHED', 'TRADE_SUCCESS', 'TRADE_FINISHED']) {
            const told = await notify(site.orderNo, { fields: { trade_status, trade_no, refund_fee: '0.00' } });
            assert.deepEqual(told.summary, { '200 success': 1 });
            await isCreditedOnce(site);
        }
    });

    test('late money on a closed order counts, and is marked', async () => {
        const site = await atCashier();
        await control('trade', { out_trade_no: site.orderNo, event: 'expire' });
        await until('the order is closed', async () => (await member.order(site.orderNo)).status === 'failed');
        assert.equal((await site.acme.visitor.send(`payAlipay?order=${site.orderNo}`)).location, '/addons/chathub/index/my?error=order_closed');
        await control('pay', { out_trade_no: site.orderNo, force: true });
        await isCreditedOnce(site, 'credited_late');
        assert.equal((await member.order(site.orderNo)).late, 1);
    });

    test('paid twice: the second is on record for a refund, and acknowledged', async () => {
        const site = await atCashier();
        const paid = await control('pay', { out_trade_no: site.orderNo, times: 2 });
        assert.equal(new Set(paid.paid_trade_nos).size, 2);
        assert.ok(paid.notifications.every((n) => n.status === 200 && n.body === 'success'));
        const { order, payments } = await member.ledger(site.orderNo);
        assert.equal(order.pay_trade_no, paid.paid_trade_nos[0]);
        assert.deepEqual(payments.map((p) => [p.trade_no, p.outcome]), [
            [paid.paid_trade_nos[0], 'credited'], [paid.paid_trade_nos[1], 'duplicate'],
        ]);
        assert.equal(member.daysBetween(site.before, (await member.tenant(site.acme.tenant.id)).expire_at), 30);
        assert.equal((await site.acme.visitor.send(`payAlipay?order=${site.orderNo}`)).location, `/addons/chathub/index/my?order=${site.orderNo}`);
    });

    test('refunds: in part it stays paid, in full it is refunded, never credited again', async () => {
        const site = await atCashier();
        await control('pay', { out_trade_no: site.orderNo });
        await isCreditedOnce(site);
        await control('trade', { out_trade_no: site.orderNo, event: 'refund', refund_amount: '10.00', out_request_no: 'r1' });
        assert.equal((await member.order(site.orderNo)).status, 'paid');
        await control('trade', { out_trade_no: site.orderNo, event: 'refund', refund_amount: '40.00', out_request_no: 'r2' });
        assert.equal((await member.order(site.orderNo)).status, 'refunded');
        const { trade_no } = await trade(site.orderNo);
        const again = await notify(site.orderNo, { fields: { trade_status: 'TRADE_SUCCESS', trade_no } });
        assert.deepEqual(again.summary, { '200 success': 1 });
        assert.equal((await member.order(site.orderNo)).status, 'refunded');
        assert.equal(member.daysBetween(site.before, (await member.tenant(site.acme.tenant.id)).expire_at), 30);
        assert.match((await site.acme.visitor.send(`my?order=${site.orderNo}`)).text, /已经退款/);
    });

    test('the next renewal after a payment is a new order', async () => {
        const acme = await member.register();
        const first = await member.pay(acme);
        const second = await member.pay(acme);
        assert.notEqual(first.orderNo, second.orderNo);
        assert.equal(member.daysBetween(acme.tenant.expire_at, (await member.tenant(acme.tenant.id)).expire_at), 60);
    });
});

describe('forged and foreign', () => {
    const FORGED = {
        'signed with the application\'s key': { sign_with: 'app' },
        'signed with some other key': { sign_with: 'other' },
        'not signed': { sign_with: 'none' },
        'signed with SHA-1 and saying so': { hash: 'sha1' },
        'signed with SHA-1, RSA2 claimed': { hash: 'sha1', fields: { sign_type: 'RSA2' } },
        'with sign_type among the signed fields': { keep_sign_type: true },
        'with a spoilt signature': { corrupt: 'signature' },
        'with its amount changed afterwards': { corrupt: 'amount' },
        'with a doubled amount': { append: '&total_amount=50.00' },
        'with a doubled order number': { append: '&out_trade_no=CH1' },
        'with a doubled signature': { append: '&sign=AAAA' },
        'with the router\'s parameter among the fields': { append: '&pay_method=alipay' },
        'with one more field': { append: '&x=1' },
        'of another application': { fields: { app_id: '9021000999999999' } },
        'of another seller': { fields: { seller_id: '2088999999999999' } },
        'without a seller': { fields: { seller_id: null } },
        'without a trade number': { fields: { trade_no: null } },
        'with another amount': { fields: { total_amount: '0.01' } },
        'with the amount in another spelling': { fields: { total_amount: '50' }, credited: true },
        'with a negative amount': { fields: { total_amount: '-50.00' } },
        'with an amount that is none': { fields: { total_amount: '5e1' } },
        'about a refund': { fields: { gmt_refund: '2026-01-01 00:00:00', refund_fee: '10.00' }, acknowledged: true },
        'not paid yet': { fields: { trade_status: 'WAIT_BUYER_PAY' }, acknowledged: true },
        'with an unheard-of status': { fields: { trade_status: 'TRADE_MAYBE' }, acknowledged: true },
    };
    for (const [what, { acknowledged = false, credited = false, ...options }] of Object.entries(FORGED)) {
        test(`a notification ${what} credits ${credited ? 'once' : 'nothing'}`, async () => {
            const site = await atCashier();
            const { answers } = await notify(site.orderNo, options);
            if (credited) {
                assert.equal(answers[0].body, 'success');
                return isCreditedOnce(site);
            }
            assert.equal(answers[0].body, acknowledged ? 'success' : 'fail', what);
            assert.equal(answers[0].status, acknowledged ? 200 : 400, what);
            return isUnpaid(site);
        });
    }

    test('another order\'s notification, its number exchanged', async () => {
        const site = await atCashier();
        const other = await atCashier();
        const { form } = await control('sign', { fields: { out_trade_no: other.orderNo } });
        const { answers } = await notify(site.orderNo, { raw_body: form.replace(other.orderNo, site.orderNo) });
        assert.equal(answers[0].status, 400);
        await isUnpaid(site);
        await isUnpaid(other);
    });

    test('one trade number pays one order', async () => {
        const one = await atCashier();
        const two = await atCashier();
        await control('pay', { out_trade_no: one.orderNo });
        const { trade_no } = await trade(one.orderNo);
        await notify(two.orderNo, { fields: { trade_no } });
        await isCreditedOnce(one);
        await isUnpaid(two);
    });

    test('an order that is not ours is not acknowledged, and is on record', async () => {
        const orderNo = `CHX${Date.now()}`;
        const { answers } = await notify(orderNo);
        assert.deepEqual([answers[0].status, answers[0].body], [400, 'fail']);
        const { payments } = await member.ledger(orderNo);
        assert.deepEqual(payments.map((p) => [p.outcome, p.tenant_id]), [['unknown_order', 0]]);
    });

    test('an amount of its own is on record for a refund', async () => {
        const site = await atCashier();
        await notify(site.orderNo, { fields: { total_amount: '0.01' } });
        await notify(site.orderNo, { fields: { total_amount: '0.01' } });
        const { payments } = await member.ledger(site.orderNo);
        assert.deepEqual(payments.map((p) => [p.outcome, p.amount_fen]), [['mismatch', 1]]);
    });

    test('the log explains a refusal without repeating what was sent', async () => {
        await forgetAttempts();
        const site = await atCashier();
        await notify(site.orderNo, { sign_with: 'other', fields: { body: 'MARK-IN-BODY' } });
        const [entry] = await rows("SELECT * FROM {log} WHERE action = 'pay_notify_alipay' AND status = 'failed' ORDER BY id DESC LIMIT 1");
        assert.match(entry.detail, /signature/);
        assert.ok(!entry.detail.includes('MARK-IN-BODY') && !entry.detail.includes(site.orderNo));
    });

    test('any seller is right where none is configured', async () => {
        await withConfig({ alipay_seller_id: '' }, async () => {
            const site = await atCashier();
            await notify(site.orderNo, { fields: { seller_id: '2088999999999999' } });
            await isCreditedOnce(site);
        });
    });

    test('values that decode once: + & % = " < > Chinese, emoji, empty', async () => {
        const site = await atCashier();
        const odd = { subject: 'a+b c&amp;d %41 "<é中文😀>', body: '', fund_bill_list: '[{"amount":"50.00","fundChannel":"PCREDIT"}]', passback_params: 'x%3D1%262' };
        for (const sign_empty of [true, false]) {
            const { answers } = await notify(site.orderNo, { fields: odd, sign_empty });
            assert.deepEqual([answers[0].status, answers[0].body], [200, 'success']);
        }
        await isCreditedOnce(site);
    });
});

describe('an answer of the gateway that cannot be believed credits nothing', () => {
    for (const gateway of [
        { mode: 'unsigned' }, { mode: 'wrong_signature' }, { mode: 'error_response' }, { mode: 'html' }, { mode: 'truncated' },
        { mode: 'status_500' }, { mode: 'huge' }, { mode: 'duplicate_node', forged: 'first' }, { mode: 'duplicate_node', forged: 'last' },
    ]) {
        test(JSON.stringify(gateway), async () => {
            const site = await atCashier();
            await control('alipay', { notify: { drop: true }, gateway: { ...gateway, method: 'alipay.trade.query' } });
            if (gateway.mode !== 'duplicate_node') {
                await control('pay', { out_trade_no: site.orderNo });
            }
            await forgetAttempts();
            assert.match((await back(site.orderNo)).location, /&pending=1$/);
            await isUnpaid(site);
            if (gateway.mode !== 'duplicate_node') {
                await control('alipay', { gateway: 'ok' });
                await forgetAttempts();
                assert.match((await back(site.orderNo)).location, /&just_paid=1$/, 'asked again, it is credited');
                await isCreditedOnce(site, 'credited', 'return');
            }
            });
    }
});

logsAreClean();
