/** The site's tables, looked at past the site. Each statement connects anew: the server comes and goes. */
import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { SETTLING_SECONDS, env, workers } from './place.mjs';
import { until } from './until.mjs';

const { db } = env();
/** On a busy machine a call begins and ends somewhat later than its lease says. */
const GRACE_SECONDS = 5;

/** A connection of its own, for locks and transactions. */
export function connect() {
  const { socket: socketPath, user, password, name: database } = db;
  return mysql.createConnection({ socketPath, user, password, database, dateStrings: true, decimalNumbers: false });
}

/** `{tenant}`, `{job}`, `{user}` … stand for the tables. */
export const named = (sql) => sql.replace(/\{(\w+)\}/g, (_, name) =>
  `\`${db.prefix}${name === 'user' ? '' : 'chathub_'}${name}\``);

export async function rows(sql, values = []) {
  const connection = await connect();
  try {
    const [result] = await connection.query(named(sql), values);
    return result;
  } finally {
    await connection.end();
  }
}

export const row = async (sql, values) => (await rows(sql, values))[0];

export const now = async () => Number((await row('SELECT UNIX_TIMESTAMP() AS now')).now);
export const tenant = (id) => row('SELECT * FROM {tenant} WHERE id = ?', [id]);
export const tenantOf = (email) => row('SELECT * FROM {tenant} WHERE email = ? ORDER BY id DESC LIMIT 1', [email]);
export const order = (orderNo) => row('SELECT * FROM {order} WHERE order_no = ?', [orderNo]);
export const job = (tenantId) => row('SELECT * FROM {job} WHERE tenant_id = ? ORDER BY id DESC LIMIT 1', [tenantId]);

const earlier = (column, seconds) => `${column} = IF(${column} > ${seconds}, ${column} - ${seconds}, 0)`;

/**
 * Moves every moment that is kept back by so many seconds: as if they had passed. What the real clock
 * would not have made due does not become so; a call that still runs would have ended meanwhile, so its
 * end is waited for.
 */
export async function letTimePass(seconds) {
  await until('no call of a living worker can be under way', async () => (await runningCalls()).length === 0);
  await rows(`UPDATE {job} SET ${earlier('next_at', seconds)}, ${earlier('lease_until', seconds)} WHERE state = 'open'`);
  await letThrottlesPass(seconds);
}

/** Only what is counted and limited grows older. */
export const letThrottlesPass = (seconds) => rows(`UPDATE {throttle} SET ${earlier('resets_at', seconds)}`);

/**
 * A lease lasts longer than its call, by the time that the service may need to settle. A result that
 * could not be stored leaves its lease behind, so after a while of grace the owner counts as done.
 */
async function runningCalls() {
  const leased = await rows(
    "SELECT lease_owner FROM {job} WHERE state = 'open' AND lease_owner IS NOT NULL AND lease_until + ? > UNIX_TIMESTAMP() + ?",
    [GRACE_SECONDS, SETTLING_SECONDS],
  );
  return leased.filter(({ lease_owner: owner }) => isAlive(ownerPid(owner)));
}

/** `pid-random` of a web request, `worker-host-pid-random-random` of a worker. */
export const ownerPid = (owner) => Number(owner.split('-')[owner.startsWith('worker-') ? 2 : 0]);

/** A worker's process is gone when it has ended, whoever has to bury it. */
function isAlive(pid) {
  if (workers().includes(pid)) return true;
  try {
    return /think\0chathub\0work/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
