/** Members, their tenants and their orders, made through the site itself. */
import assert from 'node:assert/strict';
import { control } from './sandbox.mjs';
import { Visitor, send } from './http.mjs';
import { forgetAttempts, row, rows } from './site.mjs';

let number = 0;

/** An address that nobody used before. */
export function address(name = 'member') {
    number += 1;
    return `${name}-${process.pid}-${Date.now().toString(36)}-${number}@example.com`;
}

/** Registers by form: the visitor is signed in afterwards. */
export async function register(fields = {}) {
    await forgetAttempts();
    const visitor = new Visitor();
    const form = { company_name: 'Acme', email: address(), domain: 'www.acme.example', plan: 'basic', ...fields };
    const page = await visitor.submit('registerPage', 'register', form);
    assert.equal(page.status, 200, page.text);
    const tenant = await tenantOf(form.email);
    assert.ok(tenant, 'a tenant was made');
    return { visitor, email: form.email, page, tenant, password: initialPassword(page.text) };
}

export function initialPassword(html) {
    return html.match(/<code[^>]*data-copy-source[^>]*>([0-9A-Z]{12})<\/code>/)?.[1];
}

export async function tenantOf(email) {
    return row('SELECT * FROM {tenant} WHERE email = ? ORDER BY id DESC LIMIT 1', [email]);
}

export async function tenant(id) {
    return row('SELECT * FROM {tenant} WHERE id = ?', [id]);
}

export async function order(orderNo) {
    return row('SELECT * FROM {order} WHERE order_no = ?', [orderNo]);
}

/** Opens the order page; gives the open order. */
export async function renew(member) {
    const page = await member.visitor.send(`renew?id=${member.tenant.id}`);
    assert.equal(page.status, 200, page.text);
    const orderNo = page.text.match(/payAlipay\?order=(CH\w+)/)[1];
    return order(orderNo);
}

/** Goes on to the cashier, where the trade begins; gives the cashier's address. */
export async function openCashier(member, orderNo) {
    const away = await member.visitor.send(`payAlipay?order=${orderNo}`);
    assert.equal(away.status, 302, away.text);
    const cashier = await fetch(away.location, { redirect: 'follow' });
    assert.equal(cashier.status, 200);
    return away.location;
}

/** Renews and pays in the cashier. */
export async function pay(member, options = {}) {
    const open = await renew(member);
    await openCashier(member, open.order_no);
    const paid = await control('pay', { out_trade_no: open.order_no, ...options });
    return { orderNo: open.order_no, paid };
}

export async function login(email, password) {
    const visitor = new Visitor();
    const answer = await visitor.submit('login', 'doLogin', { email, password });
    return { visitor, answer };
}

/** Everything about the money of one order. */
export async function ledger(orderNo) {
    return {
        order: await order(orderNo),
        payments: await rows('SELECT * FROM {payment} WHERE order_no = ? ORDER BY id', [orderNo]),
        entries: await rows(
            "SELECT * FROM {log} WHERE action = 'pay_notify_alipay' AND detail LIKE ? ORDER BY id",
            [`%"${orderNo}"%`],
        ),
    };
}

/** Whole days between two DATETIME values of the database. */
export function daysBetween(from, to) {
    return (Date.parse(`${to}Z`.replace(' ', 'T')) - Date.parse(`${from}Z`.replace(' ', 'T'))) / 86_400_000;
}

export { send };
