/**
 * Money by WeChat Pay: each payment counts once, whatever is lost, doubled or forged on its way.
 * CHATHUB_WECHAT_ROUNDS changes how often both providers race for one order.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { send } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { control, notify, reset } from '../support/sandbox.mjs';
import { env, forgetAttempts, rows, withConfig } from '../support/site.mjs';
import { atCode, isCreditedOnce, isUnpaid, ledger, notifyWechat, NOTIFY_URL, openCode, payCode, requests, wechatOrder } from '../support/wechat.mjs';

const logsAreClean = suite();
afterEach(reset);

const ROUNDS = Number(process.env.CHATHUB_WECHAT_ROUNDS ?? 20);
const COPIES = 200;

const status = async (acme, orderNo) => (await acme.visitor.send(`orderStatus?order=${orderNo}`)).json();
const back = (orderNo) => send(`payReturn/order/${orderNo}`);

describe('a payment', () => {
    test('is notified, credited and acknowledged', async () => {
        const site = await atCode();
        const paid = await payCode(site.orderNo);
        assert.deepEqual(paid.notifications.map((n) => n.status), [200]);
        const { payments } = await isCreditedOnce(site);
        assert.deepEqual([payments[0].trade_no, payments[0].amount_fen, payments[0].source], [paid.paid_transaction_ids[0], 1, 'notify']);
        const answer = await status(site.acme, site.orderNo);
        assert.equal(answer.status, 'paid');
        assert.match(answer.next, /my\?order=CH\w+&just_paid=1$/);
    });

    test('in earnest costs the price, and is announced at the public address', async () => {
        await withConfig({ wechat_sandbox: '0', public_base_url: 'https://www.shop.example' }, async () => {
            const site = await atCode({ plan: 'pro' });
            assert.doesNotMatch(site.page.text, /测试模式/);
            assert.match(site.page.text, /¥60/);
            const order = await wechatOrder(site.orderNo);
            assert.deepEqual([order.total, order.notify_url], [6000, 'https://www.shop.example/addons/chathub/index/payNotify/pay_method/wechat']);
            await payCode(site.orderNo, { notify: false });
            for (const [fen, credited] of [[5999, false], [6001, false], [1, false], [6000, true]]) {
                const { answers } = await notifyWechat(site.orderNo, { fields: { amount: { total: fen } } });
                assert.equal(answers[0].status === 200, credited, `${fen}: ${answers[0].status}`);
                await (credited ? isCreditedOnce(site) : isUnpaid(site));
            }
        });
        await withConfig({ wechat_sandbox: '0', public_base_url: '' }, async () => {
            const acme = await member.register();
            const { order_no: orderNo } = await member.renew(acme);
            assert.equal((await acme.visitor.send(`payWechat?order=${orderNo}`)).status, 503);
        });
    });

    test('is compared with what the order was charged, not with the mode of today', async () => {
        const site = await atCode();
        await withConfig({ wechat_sandbox: '0', public_base_url: 'https://www.shop.example' }, () => payCode(site.orderNo));
        await isCreditedOnce(site);
    });

    test('200 identical notifications at once count once', async () => {
        const site = await atCode();
        await payCode(site.orderNo, { notify: false });
        const { summary } = await notifyWechat(site.orderNo, { copies: COPIES });
        assert.equal(Object.entries(summary).filter(([kind]) => /^20[04]/.test(kind)).reduce((sum, [, count]) => sum + count, 0), COPIES, JSON.stringify(summary));
        await isCreditedOnce(site);
    });

    test('twice under one order: the second is on record for its refund', async () => {
        const site = await atCode();
        const { paid_transaction_ids: [first, second] } = await payCode(site.orderNo, { times: 2 });
        const { payments } = await isCreditedOnce(site, { outcomes: ['credited', 'duplicate'] });
        assert.deepEqual(payments.map((p) => p.trade_no), [first, second]);
    });

    test('late money counts, and is marked', async () => {
        const site = await atCode();
        await rows("UPDATE {order} SET status = 'failed' WHERE order_no = ?", [site.orderNo]);
        await payCode(site.orderNo);
        await isCreditedOnce(site, { outcomes: ['credited_late'] });
    });

    test('counts although WeChat Pay was switched off meanwhile', async () => {
        const site = await atCode();
        await withConfig({ wechat_enabled: '0' }, () => payCode(site.orderNo));
        await isCreditedOnce(site);
    });

    test('a refund is recognised and never credited', async () => {
        const site = await atCode();
        await payCode(site.orderNo);
        await isCreditedOnce(site);
        const refunded = await control('wechat/order', { out_trade_no: site.orderNo, event: 'refund' });
        assert.equal(refunded.notifications.at(-1).status, 200);
        assert.equal((await member.order(site.orderNo)).status, 'refunded');
        const other = await atCode();
        const { answers } = await notifyWechat(other.orderNo, { event_type: 'REFUND.SUCCESS' });
        assert.ok(answers[0].status > 0);
        await isUnpaid(other);
    });
});

describe('every notification lost', () => {
    test('the waiting page settles the order by asking', async () => {
        await control('wechat', { notify: { drop: true } });
        const site = await atCode();
        assert.deepEqual((await status(site.acme, site.orderNo)).status, 'pending');
        await payCode(site.orderNo);
        let answer;
        do answer = await status(site.acme, site.orderNo); while (answer.status === 'pending');
        assert.match(answer.next, /just_paid=1/);
        const { payments } = await isCreditedOnce(site);
        assert.equal(payments[0].source, 'query');
    });

    test('the return settles the order by asking', async () => {
        await control('wechat', { notify: { drop: true } });
        const site = await atCode();
        await payCode(site.orderNo);
        assert.match((await back(site.orderNo)).location, /just_paid=1/);
        await isCreditedOnce(site);
    });

    test('polling without end asks WeChat Pay only now and then', async () => {
        const site = await atCode();
        await Promise.all(Array.from({ length: 60 }, () => status(site.acme, site.orderNo)));
        const asked = (await requests('query')).length;
        assert.ok(asked >= 1 && asked <= 3, `${asked} queries for 60 polls`);
    });

    test('an answer that cannot be believed credits nothing', async () => {
        const site = await atCode();
        await payCode(site.orderNo, { notify: false });
        for (const mode of ['unsigned', 'wrong_signature', 'unknown_serial', 'probe', 'stale', 'truncated', 'html', 'status_500', 'frequency_limited']) {
            await control('wechat', { api: { mode, endpoint: 'query' } });
            const before = (await requests('query')).length;
            await forgetAttempts();
            assert.match((await back(site.orderNo)).location, /pending=1/, mode);
            assert.ok((await requests('query')).length > before, `${mode}: it was asked`);
            await isUnpaid(site);
        }
        await control('wechat', { api: 'ok' });
        await forgetAttempts();
        await back(site.orderNo);
        await isCreditedOnce(site);
    });
});

describe('one order, both providers', () => {
    test(`${ROUNDS} races: one extension, and the other payment on record`, async () => {
        for (let round = 0; round < ROUNDS; round += 1) {
            const site = await atCode();
            await member.openCashier(site.acme, site.orderNo);
            await Promise.all([
                control('pay', { out_trade_no: site.orderNo, notify: false }),
                payCode(site.orderNo, { notify: false }),
            ]);
            const [alipay, wechat] = await Promise.all([notify(site.orderNo, { copies: 3 }), notifyWechat(site.orderNo, { copies: 3 })]);
            assert.deepEqual([...alipay.answers, ...wechat.answers].map((answer) => answer.status), Array(6).fill(200));
            const { payments } = await isCreditedOnce(site, { outcomes: ['credited', 'duplicate'], provider: null });
            assert.deepEqual(payments.map((p) => p.provider).sort(), ['alipay', 'wechat']);
            assert.deepEqual(payments.map((p) => p.amount_fen).sort((a, b) => a - b), [1, 5000]);
        }
    });

    test('begun with one, paid with the other', async () => {
        const first = await atCode();
        await member.openCashier(first.acme, first.orderNo);
        await payCode(first.orderNo);
        await isCreditedOnce(first);
        const second = await atCode();
        await member.openCashier(second.acme, second.orderNo);
        await openCode(second.acme, second.orderNo);
        await control('pay', { out_trade_no: second.orderNo });
        await isCreditedOnce(second, { provider: 'alipay' });
    });
});

describe('the code', () => {
    test('is asked for once, however often the page is opened', async () => {
        const site = await atCode();
        const pages = await Promise.all(Array.from({ length: 10 }, () => openCode(site.acme, site.orderNo)));
        const code = (text) => text.match(/data:image\/svg\+xml;base64,([\w+/=]+)/)[1];
        assert.equal(new Set([site.page, ...pages].map((page) => code(page.text))).size, 1);
        assert.equal((await requests('native')).length, 1);
    });

    test('is for the order\'s own member, and for unpaid orders', async () => {
        const site = await atCode();
        const stranger = await member.register();
        assert.equal((await stranger.visitor.send(`payWechat?order=${site.orderNo}`)).status, 404);
        assert.equal((await stranger.visitor.send(`orderStatus?order=${site.orderNo}`)).status, 404);
        assert.equal((await send(`orderStatus?order=${site.orderNo}`)).status, 401);
        assert.match((await send(`payWechat?order=${site.orderNo}`)).location, /\/login$/);
        await payCode(site.orderNo);
        assert.match((await site.acme.visitor.send(`payWechat?order=${site.orderNo}`)).location, new RegExp(`my\\?order=${site.orderNo}$`));
    });

    test('a lost answer: the next visit gets a code for the same order', async () => {
        for (const mode of ['unsigned', 'truncated', 'unknown_serial']) {
            await control('wechat', { api: { mode, endpoint: 'native', times: 1 } });
            const acme = await member.register();
            const { order_no: orderNo } = await member.renew(acme);
            assert.equal((await acme.visitor.send(`payWechat?order=${orderNo}`)).status, 503, mode);
            await openCode(acme, orderNo);
            assert.equal((await wechatOrder(orderNo)).code_urls.length, 2, mode);
        }
    });
});

describe('what is not a payment', () => {
    const FORGED = {
        'without a signature': { sign_with: 'none' },
        'signed by a stranger': { sign_with: 'other' },
        'signed by the merchant': { sign_with: 'merchant' },
        'an unknown serial': { serial: '7A'.repeat(20) },
        'an unknown public key': { sign_with: 'public_key', serial: 'PUB_KEY_ID_0123' },
        'the public key under the certificate\'s name': { sign_with: 'public_key', serial: 'ABCD' },
        'too old': { age_s: 301 },
        'too far ahead': { age_s: -302 },
        'another APIv3 key': { api_v3_key: 'k'.repeat(32) },
        'a probe': { probe: true },
        'a spoilt signature': { corrupt: 'signature' },
        'a changed body': { corrupt: 'body' },
        'a changed ciphertext': { corrupt: 'ciphertext' },
        'another timestamp': { corrupt: 'timestamp' },
        'another nonce': { corrupt: 'nonce' },
        'another serial': { corrupt: 'serial' },
        'no JSON': { raw_body: 'no json' },
        'nothing': { raw_body: '' },
        'no facts': { plain: 'no json' },
        'without its serial': { headers: { 'Wechatpay-Serial': null } },
        'without its timestamp': { headers: { 'Wechatpay-Timestamp': null } },
        'another algorithm': { resource: { algorithm: 'AEAD_AES_128_GCM' } },
    };
    const WRONG = {
        'another merchant': { mchid: '1900000001' },
        'another app': { appid: 'wx0000000000000000' },
        'another currency': { amount: { currency: 'USD' } },
        'another amount': { amount: { total: 2 } },
        'nothing paid': { amount: { total: 0 } },
        'an amount in words': { amount: { total: '1' } },
        'no amount': { amount: null },
        'not successful': { trade_state: 'NOTPAY' },
    };

    test('forged notifications are answered 4xx and credit nothing', async () => {
        const site = await atCode();
        await payCode(site.orderNo, { notify: false });
        for (const [what, options] of Object.entries(FORGED)) {
            const { answers: [answer] } = await notifyWechat(site.orderNo, options);
            assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.body}`);
            assert.equal(JSON.parse(answer.body).code, 'FAIL', what);
            await isUnpaid(site);
        }
    });

    test('signed, but about something else', async () => {
        const site = await atCode();
        await payCode(site.orderNo, { notify: false });
        for (const [what, fields] of Object.entries(WRONG)) {
            const { answers: [answer] } = await notifyWechat(site.orderNo, { fields });
            assert.ok(answer.status > 0, `${what}: ${answer.error}`);
            await isUnpaid(site);
        }
        await notifyWechat(site.orderNo);
        await isCreditedOnce(site);
    });

    test('mutations of every part, over HTTP', async () => {
        const site = await atCode();
        await payCode(site.orderNo, { notify: false });
        const { body, headers } = await control('wechat/sign', { fields: { out_trade_no: site.orderNo } });
        const post = (changed, changedHeaders = headers) => fetch(NOTIFY_URL, {
            method: 'POST', body: changed, headers: { ...changedHeaders, 'Content-Type': 'application/json' },
        });
        for (let at = 0; at < body.length; at += 7) {
            const mutated = body.slice(0, at) + (body[at] === 'x' ? 'y' : 'x') + body.slice(at + 1);
            assert.ok([400, 401, 403].includes((await post(mutated)).status), `body at ${at}`);
        }
        for (const name of ['Wechatpay-Signature', 'Wechatpay-Nonce', 'Wechatpay-Timestamp', 'Wechatpay-Serial']) {
            for (let at = 0; at < headers[name].length; at += 11) {
                const other = headers[name][at] === '1' ? '2' : '1';
                const mutated = { ...headers, [name]: headers[name].slice(0, at) + other + headers[name].slice(at + 1) };
                assert.ok([400, 401, 403].includes((await post(body, mutated)).status), `${name} at ${at}`);
            }
        }
        await isUnpaid(site);
        assert.equal((await post(body)).status, 200);
        await isCreditedOnce(site);
    });

    test('probes raise no alarm, and the real notification behind them counts', async () => {
        const [{ last }] = await rows('SELECT COALESCE(MAX(id), 0) AS last FROM {log}');
        await control('wechat', { notify: { probes: 3 } });
        const site = await atCode();
        const { notifications } = await payCode(site.orderNo);
        const probes = notifications.filter((n) => n.probe);
        assert.equal(probes.length, 3);
        assert.ok(probes.every((n) => n.status >= 400 && n.status < 500));
        await isCreditedOnce(site);
        assert.deepEqual(await rows("SELECT * FROM {log} WHERE status = 'failed' AND id > ?", [last]), []);
    });

    test('an order that is not ours', async () => {
        const { answers } = await control('wechat/notify', { notify_url: NOTIFY_URL, fields: { out_trade_no: 'CH00000000000000000000' } });
        assert.ok(answers[0].status > 0);
        const { payments } = await ledger('CH00000000000000000000');
        assert.deepEqual(payments.filter((p) => p.outcome.startsWith('credited')), []);
    });
});

test('no secret of WeChat Pay is in a page, a log or a table', async () => {
    const secrets = [env.sandbox.wechat_api_v3_key];
    for (const table of ['log', 'payment', 'order', 'certificate']) {
        const text = JSON.stringify(await rows(`SELECT * FROM {${table}}`));
        assert.ok(secrets.every((secret) => !text.includes(secret)), table);
    }
});

logsAreClean();
