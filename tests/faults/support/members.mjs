/** Members, tenants and payments, made through the site. */
import assert from 'node:assert/strict';
import { job, letThrottlesPass, letTimePass, order, rows, tenant, tenantOf } from './database.mjs';
import { Visitor, send } from './http.mjs';
import { control } from './sandbox.mjs';
import { until } from './until.mjs';

export const DOMAIN = 'faults.example';
let number = 0;

/** A registration that nobody made before. */
export function company() {
  number += 1;
  const name = `c${process.pid}-${number}`;
  return { company_name: `公司 ${name}`, email: `${name}@${DOMAIN}`, domain: `${name}.${DOMAIN}`, plan: 'basic' };
}

/** By form; the visitor is signed in afterwards. */
export async function registerByForm(form = company()) {
  const visitor = new Visitor();
  const page = await visitor.submit('registerPage', 'register', form);
  return { visitor, form, page, tenant: await tenantOf(form.email) };
}

/** As a script of another site does. */
export async function registerByJson(form = company()) {
  const answer = await send('register', { json: form });
  return { form, answer, json: answer.status === 200 ? JSON.parse(answer.text) : null, tenant: await tenantOf(form.email) };
}

/** A member with a tenant that has everything. */
export async function member() {
  const made = await registerByForm();
  assert.equal(made.page.status, 200, made.page.text);
  assert.equal(made.tenant.status, 'active');
  return made;
}

/** A tenant of that member as older sites hold them: without resources, and with nothing in the outbox. */
export async function forgottenTenant(owner) {
  const { company_name: name, domain } = company();
  const { email, user_id: user } = owner.tenant;
  const config = JSON.stringify({ plan: 'basic', price: 50 });
  const made = Math.floor(Date.now() / 1000);
  const result = await rows(
    'INSERT INTO {tenant} (user_id, tenant_name, domain, email, max_agents, status, config, expire_at, createtime, '
    + "updatetime) VALUES (?, ?, ?, ?, 1, 'pending', ?, ?, ?, ?)",
    [user, name, domain, email, config, shanghai(made + 30 * 86_400), made, made],
  );
  return tenant(result.insertId);
}

/** The open order of a tenant. */
export async function renew(visitor, tenantId) {
  const page = await visitor.send(`renew?id=${tenantId}`);
  assert.equal(page.status, 200, page.text);
  return order(page.text.match(/payAlipay\?order=(CH\w+)/)[1]);
}

/** Goes to the cashier without paying yet. */
export async function openCashier(visitor, orderNo) {
  const away = await visitor.send(`payAlipay?order=${orderNo}`);
  assert.equal(away.status, 302, away.text);
  assert.equal((await fetch(away.location)).status, 200);
  return away.location;
}

/** Pays an order; `notify: false` keeps the news from the site. */
export async function pay(visitor, orderNo, { notify = true } = {}) {
  const url = await openCashier(visitor, orderNo);
  const paid = await control('pay', { url, notify });
  return paid.paid_trade_nos[0];
}

/** `YYYY-MM-DD HH:MM:SS` in the site's zone. */
export function shanghai(seconds) {
  return new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Waits until the tenant's newest job is closed with success. */
export const done = (tenantId) => until(`the job of tenant ${tenantId} is done`, async () => {
  const row = await job(tenantId);
  return row?.state === 'done' && row;
});

/** Waits until the attempt that runs has a result. */
export const attempted = (tenantId) => until(`tenant ${tenantId} has no request in flight`, async () => {
  const row = await job(tenantId);
  return row && row.attempts > 0 && row.lease_owner === null && row;
});

/** Asks for the missing resources. The form's token comes from a page that does not nudge. */
export const reprovision = (visitor, id) => visitor.submit('changePassword', 'reprovision', { ids: `${id}` });

/** Looking at the member centre is enough: its nudge works off what is due, one tenant every few seconds. */
export async function healByVisits(visitor, tenantIds) {
  await until('visits work off what is due', async () => {
    await visitor.send('my');
    const states = await Promise.all(tenantIds.map(async (id) => (await job(id)).state));
    if (states.every((state) => state === 'done')) return true;
    await letThrottlesPass(5);
    return false;
  }, { every: 200, seconds: 40 });
}

/** Everything that is owed to anybody is worked off, once the clock has moved on. */
export async function healEverything(visitor) {
  await letTimePass(3600);
  const open = await rows("SELECT tenant_id AS id FROM {job} WHERE state = 'open'");
  await healByVisits(visitor, open.map(({ id }) => id));
}
