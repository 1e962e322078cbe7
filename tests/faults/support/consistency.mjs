/** Over all tables at once: does every row agree with every other, and with what the services saw? */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { now, rows } from './database.mjs';
import { DOMAIN, shanghai } from './members.mjs';
import { env, folder } from './place.mjs';
import { serviceRecord, tenantKey } from './sandbox.mjs';

const CREDITED = ['credited', 'credited_late', 'credited_flagged'];
const PERIOD = 30 * 86_400;

/** Fails with everything that disagrees. */
export async function checkConsistency() {
  const [tenants, orders, jobs, payments, logs, users] = await Promise.all(
    ['tenant', 'order', 'job', 'payment', 'log', 'user'].map((table) => rows(`SELECT * FROM {${table}}`)),
  );
  const all = { tenants, orders, jobs, payments, logs, users, record: await serviceRecord(), now: await now() };
  const wrong = [
    ...orders.flatMap((order) => aboutOrder(order, all)),
    ...payments.flatMap((payment) => aboutPayment(payment, all)),
    ...tenants.flatMap((tenant) => aboutTenant(tenant, all)),
    ...jobs.flatMap((job) => aboutJob(job, all)),
    ...users.flatMap((user) => aboutUser(user, all)),
    ...aboutService(all),
    ...aboutLogs(all),
  ];
  assert.deepEqual(wrong, []);
}

/** The problems among `[holds, text]` pairs. */
const problems = (what, facts) => facts.filter(([holds]) => !holds).map(([, text]) => `${what}: ${text}`);

function aboutOrder(order, { payments, tenants, logs }) {
  const credited = payments.filter((p) => p.order_no === order.order_no && CREDITED.includes(p.outcome));
  const logged = logs.filter((log) => log.action === 'pay_notify_alipay' && log.status === 'success'
    && JSON.parse(log.detail).order_no === order.order_no);
  const paid = order.status === 'paid';
  return problems(`order ${order.order_no} (${order.status})`, [
    [tenants.some((t) => t.id === order.tenant_id), 'its tenant is missing'],
    [credited.length === (paid ? 1 : 0), `credited ${credited.length} times in the ledger`],
    [logged.length === (paid ? 1 : 0), `logged as credited ${logged.length} times`],
    [paid === (order.paid_at !== null) && paid === (order.expire_at !== null), 'paid_at or expire_at disagrees'],
    [!paid || credited[0]?.trade_no === order.pay_trade_no, 'pay_trade_no is not the ledger\'s'],
    [!paid || credited[0]?.amount_fen === Math.round(Number(order.amount) * 100), 'the amount is not the ledger\'s'],
  ]);
}

function aboutPayment(payment, { orders }) {
  const order = orders.find((o) => o.order_no === payment.order_no);
  return problems(`payment ${payment.trade_no} (${payment.outcome})`, [
    [order || payment.outcome === 'unknown_order', 'its order is missing'],
    [!order || order.tenant_id === payment.tenant_id, 'belongs to another tenant'],
  ]);
}

function aboutTenant(tenant, { orders, jobs, users, logs, record }) {
  const credits = orders.filter((o) => o.tenant_id === tenant.id && o.status === 'paid').length;
  const own = jobs.filter((j) => j.tenant_id === tenant.id && j.kind === 'provision');
  const registered = logs.filter((log) => log.tenant_id === tenant.id && log.action === 'register').length;
  const active = tenant.status === 'active';
  const resources = [tenant.inbox_id, tenant.embed_code, tenant.provisioned_at, tenant.agent_cw_password];
  const made = record.created.find((one) => one.inbox_id === tenant.inbox_id);
  const owed = registered === 1 || credits > 0;
  return problems(`tenant ${tenant.id} (${tenant.status})`, [
    [users.some((u) => u.id === tenant.user_id), 'its member is missing'],
    [registered <= 1, `registered ${registered} times`],
    [tenant.expire_at === shanghai(tenant.createtime + PERIOD * (1 + credits)), `${credits} credits, until ${tenant.expire_at}`],
    [active ? !resources.includes(null) : resources.every((value) => value === null), 'status and resources disagree'],
    [!active || (made && tenantKey({ ...made, tenant_name: made.name }) === tenantKey(tenant)), 'its inbox is not the one that was made for it'],
    [!active || own.filter((j) => j.state === 'done').length === 1, 'active without exactly one job done'],
    [active || !owed || own.filter((j) => j.state === 'open').length === 1, 'owed, but not in the outbox'],
    [owed || own.length === 0, 'in the outbox for no reason'],
  ]);
}

function aboutJob(job, { tenants, logs, now: seconds }) {
  const done = logs.filter((log) => log.tenant_id === job.tenant_id && log.action === job.kind && log.status === 'success');
  const attempts = logs.filter((log) => log.tenant_id === job.tenant_id && log.action === job.kind);
  return problems(`job ${job.id} (${job.state})`, [
    [tenants.some((t) => t.id === job.tenant_id), 'its tenant is missing'],
    [(job.state === 'open') === (job.open_slot === 1), 'state and slot disagree'],
    [job.idempotency_key.startsWith(`chathub-${job.tenant_id}-`), 'the key is somebody else\'s'],
    [job.state !== 'done' || (job.lease_owner === null && job.lease_until === 0 && job.last_error === null), 'done, but not cleared'],
    [done.length === (job.state === 'done' ? 1 : 0), `logged as done ${done.length} times`],
    [attempts.length <= job.attempts, `${attempts.length} results of ${job.attempts} attempts`],
    [job.lease_owner === null || job.lease_until > seconds - 3600, 'a lease without an end'],
  ]);
}

function aboutUser(user, { tenants }) {
  if (!user.email?.endsWith(`@${DOMAIN}`)) return [];
  return problems(`user ${user.id}`, [
    [tenants.some((t) => t.user_id === user.id), 'an account without its tenant'],
    [/^\$2y\$/.test(user.password) && user.salt === '', 'no bcrypt password'],
  ]);
}

/** The sandbox's own record: nothing twice, and never two requests of a tenant at once. */
function aboutService({ record }) {
  const twice = Object.entries(record.created_count_by_tenant).filter(([, times]) => times > 1);
  const together = Object.entries(record.max_in_flight_by_tenant).filter(([, most]) => most > 1);
  return [
    ...twice.map(([key, times]) => `made ${times} times: ${key}`),
    ...together.map(([key, most]) => `${most} requests at once: ${key}`),
  ];
}

/** No secret in what operators read, and no complaint of PHP. */
function aboutLogs({ tenants, jobs, logs }) {
  const { sandbox, db, php_error_log: php, framework_log: framework } = env();
  const secrets = [
    sandbox.provision_api_key, sandbox.app_private_key.slice(200, 260), sandbox.app_private_key_pkcs1.slice(200, 260),
    db.password, ...tenants.map((t) => t.agent_cw_password).filter(Boolean),
  ];
  const files = [php, framework, join(folder, 'log')].flatMap(filesOf);
  const texts = [
    ...jobs.map((job) => [`job ${job.id}`, job.last_error ?? '']),
    ...logs.map((log) => [`log ${log.id}`, log.detail ?? '']),
    ...files.map((name) => [name, readFileSync(name, 'utf8')]),
  ];
  return texts.flatMap(([what, text]) => [
    ...secrets.filter((secret) => text.includes(secret)).map(() => `${what} holds a secret`),
    ...(text.match(/PHP (?:Warning|Notice|Deprecated|Fatal error|Parse error).*|.*panicked at.*|.*SIGSEGV.*/g) ?? [])
      .map((line) => `${what}: ${line}`),
  ]);
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesOf(join(path, name))) : [path];
}
