/** WeChat Pay: the order page's code, the sandbox that plays the other side, and what the tables say. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { control } from './sandbox.mjs';
import * as member from './member.mjs';
import { env, rows } from './site.mjs';

const require = createRequire(import.meta.url);
const jsqr = require('jsqr');
const { PNG } = require('pngjs');

export const NOTIFY_URL = `${env.base_url}/addons/chathub/index/payNotify/pay_method/wechat`;

/** Reads the code in a picture of the page. */
export function decodeQr(png) {
    const { data, width, height } = PNG.sync.read(png);
    const found = jsqr(new Uint8ClampedArray(data), width, height, { inversionAttempts: 'dontInvert' });
    return found && found.data;
}

export async function wechatOrder(orderNo) {
    return (await control(`wechat/orders?out_trade_no=${encodeURIComponent(orderNo)}`)).orders[0];
}

/** A member whose order has a code that waits to be scanned. */
export async function atCode(fields = {}) {
    const acme = await member.register(fields);
    const open = await member.renew(acme);
    const page = await openCode(acme, open.order_no);
    return { acme, orderNo: open.order_no, before: acme.tenant.expire_at, page };
}

export async function openCode(acme, orderNo) {
    const page = await acme.visitor.send(`payWechat?order=${orderNo}`);
    assert.equal(page.status, 200, page.text);
    return page;
}

export const payCode = (orderNo, options = {}) => control('wechat/pay', { out_trade_no: orderNo, ...options });

/** A notification as WeChat Pay would send it, possibly spoilt; gives the site's answers. */
export async function notifyWechat(orderNo, { fields = {}, ...options } = {}) {
    return control('wechat/notify', { notify_url: NOTIFY_URL, fields: { out_trade_no: orderNo, ...fields }, ...options });
}

export async function ledger(orderNo) {
    return {
        order: await member.order(orderNo),
        payments: await rows('SELECT * FROM {payment} WHERE order_no = ? ORDER BY id', [orderNo]),
        entries: await rows(
            "SELECT * FROM {log} WHERE action LIKE 'pay_notify_%' AND status = 'success' AND detail LIKE ? ORDER BY id",
            [`%"${orderNo}"%`],
        ),
    };
}

/** One extension, one entry in the ledger and in the log. */
export async function isCreditedOnce({ acme, orderNo, before }, { outcomes = ['credited'], provider = 'wechat' } = {}) {
    const { order, payments, entries } = await ledger(orderNo);
    assert.equal(order.status, 'paid', orderNo);
    if (provider !== null) {
        assert.equal(order.pay_method, provider);
    }
    assert.deepEqual(payments.map((p) => p.outcome), outcomes);
    assert.equal(payments[0].trade_no, order.pay_trade_no);
    assert.equal(entries.filter((entry) => entry.detail.includes(order.pay_trade_no)).length, 1);
    const after = (await member.tenant(acme.tenant.id)).expire_at;
    assert.equal(member.daysBetween(before, after), 30);
    assert.equal(order.expire_at, after);
    return { order, payments };
}

export async function isUnpaid({ acme, orderNo, before }) {
    const { order, payments, entries } = await ledger(orderNo);
    assert.equal(order.status, 'pending', orderNo);
    assert.equal(order.pay_trade_no, null);
    assert.deepEqual(payments.filter((p) => p.outcome.startsWith('credited')), []);
    assert.deepEqual(entries, []);
    assert.equal((await member.tenant(acme.tenant.id)).expire_at, before);
}

/** What the sandbox was asked for, since the last reset. */
export async function requests(api) {
    return (await control('requests?service=wechat')).requests.filter((request) => request.api === api);
}
