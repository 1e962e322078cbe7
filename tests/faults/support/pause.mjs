/**
 * Stops processes at the moment in which they write to a job: when they take its lease, after everything before was
 * committed and acknowledged, and before anything leaves for the service; or when they store its result. A trigger
 * makes that statement wait for a lock which the test holds; nothing in the site has to know.
 */
import { connect, named } from './database.mjs';
import { env, workers } from './place.mjs';
import { processWithConnection } from './process.mjs';
import { until } from './until.mjs';

const LOCK = 'chathub_test_pause';
const LEASED = 'OLD.lease_owner IS NULL AND NEW.lease_owner IS NOT NULL';
const DONE = "OLD.state = 'open' AND NEW.state = 'done' AND OLD.lease_owner IS NOT NULL";

/** Runs `use(stopped)`; `stopped()` waits for one of php-fpm's workers that stands still, and gives its pid. */
export const pausedAtTheLease = (use) => paused(LEASED, workers, use);

/** The same where a result is about to be stored; `candidates()` are the processes that are looked for. */
export const pausedAtTheResult = (candidates, use) => paused(DONE, candidates, use);

async function paused(condition, candidates, use) {
  const holder = await connect();
  try {
    await holder.query(`SELECT GET_LOCK('${LOCK}', 5)`);
    await holder.query(named(`CREATE TRIGGER chathub_test_pause BEFORE UPDATE ON {job} FOR EACH ROW
      BEGIN
        IF ${condition} THEN
          DO GET_LOCK('${LOCK}', 60);
          DO RELEASE_LOCK('${LOCK}');
        END IF;
      END`));
    return await use(() => until('one stands at the lock', () => waiting(holder, candidates()), { seconds: 60 }));
  } finally {
    await holder.query(`DO RELEASE_LOCK('${LOCK}')`);
    await holder.query('DROP TRIGGER IF EXISTS chathub_test_pause');
    await holder.end();
  }
}

async function waiting(holder, pids) {
  const [all] = await holder.query("SELECT host FROM information_schema.processlist WHERE state = 'User lock'");
  const ports = all.map(({ host }) => Number(host.split(':')[1]));
  return ports.map((port) => processWithConnection(pids, port, env().db.port)).find((pid) => pid !== undefined);
}
