/**
 * Stops a request at the moment in which it takes a job's lease: after everything before was committed and
 * acknowledged, and before anything leaves for the service. A trigger makes that statement wait for a lock
 * which the test holds; nothing in the site has to know.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, named } from './database.mjs';
import { env, workers } from './place.mjs';
import { until } from './until.mjs';

const LOCK = 'chathub_test_pause';

/** Runs `use(stopped)`; `stopped()` waits for a worker that stands still, and gives its pid. */
export async function pausedAtTheLease(use) {
  const holder = await connect();
  try {
    await holder.query(`SELECT GET_LOCK('${LOCK}', 5)`);
    await holder.query(named(`CREATE TRIGGER chathub_test_pause BEFORE UPDATE ON {job} FOR EACH ROW
      BEGIN
        IF OLD.lease_owner IS NULL AND NEW.lease_owner IS NOT NULL THEN
          DO GET_LOCK('${LOCK}', 60);
          DO RELEASE_LOCK('${LOCK}');
        END IF;
      END`));
    return await use(() => until('a worker stands at the lease', () => waitingWorker(holder)));
  } finally {
    await holder.query(`DO RELEASE_LOCK('${LOCK}')`);
    await holder.query('DROP TRIGGER IF EXISTS chathub_test_pause');
    await holder.end();
  }
}

async function waitingWorker(holder) {
  const [waiting] = await holder.query("SELECT host FROM information_schema.processlist WHERE state = 'User lock'");
  return waiting.length > 0 && workerWithPort(Number(waiting[0].host.split(':')[1]));
}

/** The worker whose connection to the database begins at that local port. */
function workerWithPort(port) {
  const server = env().db.port;
  const hex = (number) => number.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((text) => text.trim().split(/\s+/))
    .find(([, local, remote]) => local?.endsWith(`:${hex(port)}`) && remote.endsWith(`:${hex(server)}`));
  const socket = line && `socket:[${line[9]}]`;
  return workers().find((pid) => socket && readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === socket;
    } catch {
      return false; // closed meanwhile
    }
  }));
}
