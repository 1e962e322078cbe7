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
  const [tenants, orders, jobs, payments, logs, users, mails, tokens, members, crew] = await Promise.all(
    ['tenant', 'order', 'job', 'payment', 'log', 'user', 'mail', 'token', 'member', 'worker']
      .map((table) => rows(`SELECT * FROM {${table}}`)),
  );
  const all = {
    tenants, orders, jobs, payments, logs, users, mails, record: await serviceRecord(), now: await now(),
  };
  const wrong = [
    ...orders.flatMap((order) => aboutOrder(order, all)),
    ...payments.flatMap((payment) => aboutPayment(payment, all)),
    ...tenants.flatMap((tenant) => aboutTenant(tenant, all)),
    ...jobs.flatMap((job) => aboutJob(job, all)),
    ...users.flatMap((user) => aboutUser(user, all)),
    ...mails.flatMap((mail) => aboutMail(mail, all)),
    ...tokens.flatMap((token) => aboutToken(token, all)),
    ...members.flatMap((member) => aboutMember(member, all)),
    ...crew.flatMap((worker) => aboutWorker(worker)),
    ...aboutService(all),
    ...aboutLogs(all),
  ];
  assert.deepEqual(wrong, []);
}

/** The problems among `[holds, text]` pairs. */
const problems = (what, facts) => facts.filter(([holds]) => !holds).map(([, text]) => `${what}: ${text}`);

function aboutOrder(order, { payments, tenants, logs }) {
  const credited = payments.filter((p) => p.order_no === order.order_no && CREDITED.includes(p.outcome));
  const logged = logs.filter((log) => log.action === `pay_notify_${order.pay_method}` && log.status === 'success'
    && JSON.parse(log.detail).order_no === order.order_no);
  const paid = order.status === 'paid';
  return problems(`order ${order.order_no} (${order.status})`, [
    [tenants.some((t) => t.id === order.tenant_id), 'its tenant is missing'],
    [credited.length === (paid ? 1 : 0), `credited ${credited.length} times in the ledger`],
    [logged.length === (paid ? 1 : 0), `logged as credited ${logged.length} times`],
    [paid === (order.paid_at !== null) && paid === (order.expire_at !== null), 'paid_at or expire_at disagrees'],
    [!paid || credited[0]?.trade_no === order.pay_trade_no, 'pay_trade_no is not the ledger\'s'],
    [!paid || credited[0]?.amount_fen === charged(order), 'the amount is not the ledger\'s'],
  ]);
}

/** What its provider was to take: WeChat Pay one fen in test mode. */
function charged(order) {
  return order.pay_method === 'wechat' ? order.charged_fen : Math.round(Number(order.amount) * 100);
}

function aboutPayment(payment, { orders }) {
  const order = orders.find((o) => o.order_no === payment.order_no);
  return problems(`payment ${payment.trade_no} (${payment.outcome})`, [
    [order || payment.outcome === 'unknown_order', 'its order is missing'],
    [!order || order.tenant_id === payment.tenant_id, 'belongs to another tenant'],
  ]);
}

function aboutTenant(tenant, all) {
  const { orders, jobs, users, logs, mails, record } = all;
  const paid = orders.filter((o) => o.tenant_id === tenant.id && o.status === 'paid');
  const own = jobs.filter((j) => j.tenant_id === tenant.id && j.kind === 'provision');
  const logged = (action, fits = () => true) => logs
    .filter((log) => log.tenant_id === tenant.id && log.action === action && fits(JSON.parse(log.detail))).length;
  const letters = (kind) => mails.filter((mail) => mail.tenant_id === tenant.id && mail.kind === kind).length;
  const registered = logged('register');
  const resources = [tenant.inbox_id, tenant.embed_code, tenant.provisioned_at, tenant.agent_cw_password];
  const served = !resources.includes(null);
  const switchedOff = ['suspended', 'disabled'].includes(tenant.status);
  const made = record.created.find((one) => one.inbox_id === tenant.inbox_id);
  const owed = registered === 1 || paid.length > 0;
  const notices = logged('notice');
  return problems(`tenant ${tenant.id} (${tenant.status})`, [
    [users.some((u) => u.id === tenant.user_id), 'its member is missing'],
    [registered <= 1, `registered ${registered} times`],
    [tenant.expire_at === endOfService(tenant, paid), `${paid.length} credits, until ${tenant.expire_at}`],
    [served || resources.every((value) => value === null), 'its resources are not complete'],
    [switchedOff || served === (tenant.status === 'active'), 'status and resources disagree'],
    [(tenant.status === 'suspended') === (tenant.suspend_reason !== null), `suspended because ${tenant.suspend_reason}`],
    [!served || (made && tenantKey({ ...made, tenant_name: made.name }) === tenantKey(tenant)), 'its inbox is not the one that was made for it'],
    [!served || own.filter((j) => j.state === 'done').length === 1, 'resources without exactly one job done'],
    [served || switchedOff || !owed || own.filter((j) => j.state === 'open').length === 1, 'owed, but not in the outbox'],
    [owed || own.length === 0, 'in the outbox for no reason'],
    [!served || isSwitching(tenant, jobs) || made?.suspended === switchedOff, 'the service has it in another state'],
    [new Set([tenant.notice_for, tenant.notice_stage, tenant.notice_at].map((value) => value === null)).size === 1, 'half a notice'],
    [tenant.notice_for === null || notices > 0, 'a notice that is not in the log'],
    [letters('tenant_ready') === (served ? 1 : 0), `${letters('tenant_ready')} letters that it is ready`],
    [letters('receipt') === paid.length, `${letters('receipt')} receipts for ${paid.length} payments`],
    // Who is switched off with the notice reads it in one letter.
    [letters('expiry') <= notices && notices <= letters('expiry') + letters('suspended'), `${notices} notices, ${letters('expiry')} letters`],
    [letters('suspended') === logged('suspend', ({ reason }) => reason === 'expired'), 'suspensions and their letters disagree'],
  ]);
}

/** A trial of one period, and one more for each payment, from then on or from the end that was paid for. */
function endOfService(tenant, paid) {
  const seconds = (at) => Date.parse(`${at.replace(' ', 'T')}+08:00`) / 1000;
  const byEnd = [...paid].sort((a, b) => (a.expire_at < b.expire_at ? -1 : 1));
  return shanghai(byEnd.reduce((end, order) => Math.max(end, seconds(order.paid_at)) + PERIOD, tenant.createtime + PERIOD));
}

/** A call is owed that will tell the service of the tenant's state. */
const isSwitching = (tenant, jobs) => jobs.some((job) =>
  job.tenant_id === tenant.id && job.kind !== 'provision' && job.state !== 'done');

const OWNER = /^(?:\d+|worker-[\w.]+-\d+-[A-Z2-9]{4})-[A-Z2-9]{16}$/;

function aboutJob(job, { tenants, jobs, logs, now: seconds }) {
  const ofKind = jobs.filter((other) => other.tenant_id === job.tenant_id && other.kind === job.kind);
  const results = logs.filter((log) => log.tenant_id === job.tenant_id && log.action === job.kind
    && JSON.parse(log.detail).attempt !== undefined);
  const done = results.filter((log) => log.status === 'success');
  const closed = ofKind.filter(({ state }) => state === 'done');
  const attempts = ofKind.reduce((sum, other) => sum + other.attempts, 0);
  return problems(`job ${job.id} (${job.kind}, ${job.state})`, [
    [tenants.some((t) => t.id === job.tenant_id), 'its tenant is missing'],
    [(job.state === 'open') === (job.open_slot === 1), 'state and slot disagree'],
    [ofKind.filter(({ state }) => state === 'open').length <= 1, 'more than one of its kind is open'],
    [job.idempotency_key.startsWith(`chathub-${job.tenant_id}-`), 'the key is somebody else\'s'],
    [job.state !== 'done' || (job.lease_owner === null && job.lease_until === 0 && job.last_error === null), 'done, but not cleared'],
    [job.kind !== 'provision' || done.length === closed.length, `${closed.length} done, ${done.length} logged as done`],
    [results.length <= attempts, `${results.length} results of ${attempts} attempts`],
    [job.lease_owner === null || OWNER.test(job.lease_owner), `leased by ${job.lease_owner}`],
    [job.lease_owner === null || job.lease_until > seconds - 3600, 'a lease without an end'],
  ]);
}

function aboutMail(mail, { tenants, users }) {
  return problems(`mail ${mail.id} (${mail.dedupe_key})`, [
    [mail.tenant_id === 0 || tenants.some((t) => t.id === mail.tenant_id), 'its tenant is missing'],
    [mail.user_id === 0 || users.some((u) => u.id === mail.user_id), 'its member is missing'],
    [mail.dedupe_key.startsWith(`${mail.kind}:`), 'the key is another kind\'s'],
    [mail.expires_at > mail.createtime, 'of no use from the start'],
    [mail.lease_owner === null || /^(?:web|worker)-\d+-[2-9A-Z]{16}$/.test(mail.lease_owner), `leased by ${mail.lease_owner}`],
  ]);
}

function aboutToken(token, { users }) {
  return problems(`token of user ${token.user_id}`, [
    [/^[0-9a-f]{64}$/.test(token.hash), 'no hash'],
    [users.some((u) => u.id === token.user_id), 'its member is missing'],
    [token.expires_at > token.createtime, 'of no use from the start'],
  ]);
}

function aboutMember(member, { users }) {
  return problems(`member ${member.user_id}`, [
    [users.some((u) => u.id === member.user_id), 'its account is missing'],
    [['zh-cn', 'en'].includes(member.language), `speaks ${member.language}`],
  ]);
}

function aboutWorker(worker) {
  return problems(`worker ${worker.name}`, [
    [/^[\w.]+-\d+-[A-Z2-9]{4}$/.test(worker.name), 'a name of another kind'],
    [worker.beat_at >= worker.started_at, 'heard of before it started'],
    [worker.stopped_at === null || worker.in_flight === 0, `ended with ${worker.in_flight} in flight`],
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
function aboutLogs({ tenants, jobs, logs, mails }) {
  const { sandbox, db, php_error_log: php, framework_log: framework } = env();
  const secrets = [
    sandbox.provision_api_key, sandbox.app_private_key.slice(200, 260), sandbox.app_private_key_pkcs1.slice(200, 260),
    db.password, ...tenants.map((t) => t.agent_cw_password).filter(Boolean),
  ];
  const files = [php, framework, join(folder, 'log')].flatMap(filesOf);
  const texts = [
    ...jobs.map((job) => [`job ${job.id}`, job.last_error ?? '']),
    ...logs.map((log) => [`log ${log.id}`, log.detail ?? '']),
    ...mails.map((mail) => [`mail ${mail.id}`, `${mail.data} ${mail.last_error}`]),
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
