/** payNotify and payReturn: what the provider and its buyer meet. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Visitor, send } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { control, notify, reset, trade } from '../support/sandbox.mjs';
import { env, forgetAttempts, INDEX, place, withConfig } from '../support/site.mjs';
import { until } from '../support/poll.mjs';

const logsAreClean = suite();
const NOTIFY = ['payNotify/pay_method/alipay', 'payNotify?pay_method=alipay', 'paynotify/pay_method/alipay', 'payNotify/pay_method/alipay.html'];
const isExactlySuccess = (answer) => {
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.bytes, Buffer.from('success'));
    assert.match(answer.headers['content-type'], /^text\/plain/);
    assert.deepEqual(answer.cookies, []);
    assert.equal(answer.location, null);
};

function sessions() {
    const folder = join(place, 'sessions');
    return existsSync(folder) ? readdirSync(folder).length : 0;
}

/** The signed form of a payment of this order, without sending it. */
async function form(orderNo, options = {}) {
    const { fields = {}, ...others } = options;
    const signed = await control('sign', { fields: { out_trade_no: orderNo, ...fields }, ...others });
    return signed.form;
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };

describe('payNotify', () => {
    for (const path of NOTIFY) {
        test(`${path} answers exactly "success", again and again, and opens no session`, async () => {
            const acme = await member.register();
            const open = await member.renew(acme);
            await member.openCashier(acme, open.order_no);
            const body = await form(open.order_no);
            const before = sessions();
            isExactlySuccess(await send(path, { body, headers: FORM }));
            isExactlySuccess(await send(path, { body, headers: FORM }));
            isExactlySuccess(await send(path, { body, headers: { ...FORM, Cookie: `PHPSESSID=${'a'.repeat(26)}` } }));
            assert.equal(sessions(), before);
            assert.equal((await member.ledger(open.order_no)).payments.length, 1);
        });
    }

    test('the path decides about the provider, not the body', async () => {
        const acme = await member.register();
        const open = await member.renew(acme);
        await member.openCashier(acme, open.order_no);
        const body = await form(open.order_no, { fields: { pay_method: 'wechat' } });
        isExactlySuccess(await send('payNotify/pay_method/alipay', { body, headers: FORM }));
    });

    test('an unknown provider, or none, is 400', async () => {
        for (const path of ['payNotify', 'payNotify/pay_method/paypal', 'payNotify?pay_method[]=alipay']) {
            const answer = await send(path, { form: { a: 1 } });
            assert.equal(answer.status, 400, path);
            assert.equal(answer.text, 'fail');
        }
    });

    test('other verbs are 405', async () => {
        for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
            const answer = await send('payNotify/pay_method/alipay', { method });
            assert.equal(answer.status, 405, method);
            assert.equal(answer.headers.allow, 'POST');
            assert.deepEqual(answer.cookies, []);
        }
    });

    test('a closed trade closes the order, an unpaid one changes nothing', async () => {
        const acme = await member.register();
        const open = await member.renew(acme);
        const told = async (status) => notify(open.order_no, { fields: { trade_status: status } });
        assert.deepEqual((await told('WAIT_BUYER_PAY')).summary, { '200 success': 1 });
        assert.equal((await member.order(open.order_no)).status, 'pending');
        assert.deepEqual((await told('TRADE_CLOSED')).summary, { '200 success': 1 });
        assert.equal((await member.order(open.order_no)).status, 'failed');
    });
});

describe('payReturn', () => {
    test('an unknown order leads to the member centre', async () => {
        for (const path of ['payReturn', 'payReturn/order/CH0', 'payReturn?order=CH0', 'payReturn?order[]=x', `payReturn?order=${'x'.repeat(300)}`]) {
            const answer = await send(path);
            assert.equal(answer.status, 302, path);
            assert.equal(answer.location, `${INDEX}my`, path);
        }
    });

    test('unpaid, paid, and paid without an embed code', async () => {
        const acme = await member.register();
        const open = await member.renew(acme);
        await member.openCashier(acme, open.order_no);
        const paths = [`payReturn/order/${open.order_no}`, `payReturn?order=${open.order_no}`, `payreturn/order/${open.order_no}.html`];
        for (const path of paths) {
            await forgetAttempts();
            assert.equal((await send(path)).location, `${INDEX}my?order=${open.order_no}&pending=1`, path);
        }
        await control('pay', { out_trade_no: open.order_no });
        for (const path of paths) {
            assert.equal((await send(path)).location, `${INDEX}my?order=${open.order_no}&just_paid=1`, path);
        }
    });

    test('paid while the service refuses: provisioning', async () => {
        await control('provision', { mode: 'error_json_500' });
        const acme = await member.register();
        const { orderNo } = await member.pay(acme);
        assert.equal((await send(`payReturn/order/${orderNo}`)).location, `${INDEX}my?order=${orderNo}&provisioning=1`);
        await reset();
    });

    test('the fields of the return prove nothing', async () => {
        const acme = await member.register();
        const open = await member.renew(acme);
        await member.openCashier(acme, open.order_no);
        const query = await form(open.order_no, {
            base: false,
            fields: {
                total_amount: '50.00', trade_no: '1', app_id: env.sandbox.app_id, seller_id: env.sandbox.seller_id,
                method: 'alipay.trade.page.pay.return', trade_status: 'TRADE_SUCCESS',
            },
        });
        const answer = await send(`payReturn/order/${open.order_no}?${query}`);
        assert.match(answer.location, /&pending=1$/);
        assert.equal((await member.order(open.order_no)).status, 'pending');
    });
});

describe('addresses that are given away', () => {
    async function cashier(acme, headers = {}) {
        const open = await member.renew(acme);
        const away = await acme.visitor.send(`payAlipay?order=${open.order_no}`, { headers });
        return away.status === 302 ? new URL(away.location).searchParams : away;
    }

    test('a forged Host, X-Forwarded-Host or X-Real-Host changes nothing once public_base_url is set', async () => {
        await withConfig({ public_base_url: 'https://www.shop.example' }, async () => {
            const acme = await member.register();
            for (const headers of [
                {}, { Host: 'evil.example' }, { 'X-Forwarded-Host': 'evil.example' }, { 'X-Real-Host': 'evil.example' },
                { 'X-Forwarded-Proto': 'http', Forwarded: 'host=evil.example' }, { 'X-Original-Host': 'evil.example' },
            ]) {
                const query = await cashier(acme, headers);
                const base = 'https://www.shop.example/addons/chathub/index';
                assert.equal(query.get('notify_url'), `${base}/payNotify/pay_method/alipay`, JSON.stringify(headers));
                assert.match(query.get('return_url'), /^https:\/\/www\.shop\.example\/addons\/chathub\/index\/payReturn\/order\/CH/);
            }
        });
    });

    test('in production mode nothing is paid without a public HTTPS address', async () => {
        await withConfig({ alipay_sandbox: '0', public_base_url: '' }, async () => {
            const acme = await member.register();
            const refused = await cashier(acme);
            assert.equal(refused.status, 503, refused.text);
            assert.ok(!refused.text.includes('public_base_url'), 'a member is not told of the configuration');
        });
        await withConfig({ alipay_sandbox: '0', public_base_url: 'https://www.shop.example' }, async () => {
            const acme = await member.register();
            const query = await cashier(acme, { Host: 'evil.example' });
            assert.match(query.get('notify_url'), /^https:\/\/www\.shop\.example\//);
        });
    });

    test('in sandbox mode, without public_base_url, X-Real-Host does not decide either', async () => {
        await withConfig({ public_base_url: '' }, async () => {
            const acme = await member.register();
            const query = await cashier(acme, { 'X-Real-Host': 'evil.example', 'X-Forwarded-Host': 'evil.example' });
            assert.equal(query.get('notify_url'), `${env.base_url}${INDEX}payNotify/pay_method/alipay`);
        });
    });

    test('nobody is sent to a foreign site', async () => {
        const evil = ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'];
        const acme = await member.register();
        for (const to of evil.map(encodeURIComponent)) {
            for (const name of ['url', 'redirect', 'return_url', 'next', 'referer', 'callback', 'order', 'error', 'id', 'ids']) {
                for (const action of ['login', 'logout', 'my', 'payReturn', 'payAlipay', 'reprovision', 'doLogin', 'registerPage']) {
                    if (action === 'logout' && name !== 'url') {
                        continue;
                    }
                    const visitor = action === 'logout' ? new Visitor() : acme.visitor;
                    const { location } = await visitor.send(`${action}?${name}=${to}`);
                    assert.ok(location === null || location.startsWith(INDEX), `${action}?${name}=${to} → ${location}`);
                }
            }
        }
    });

    test('the notification arrives at the address that the cashier was given', async () => {
        const acme = await member.register();
        const { orderNo } = await member.pay(acme);
        const told = await until('the notification', async () => (await trade(orderNo)).notifications[0]);
        assert.equal(told.body, 'success');
        assert.equal(told.status, 200);
    });
});

logsAreClean();
