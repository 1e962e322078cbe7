/** `php think chathub work`: background workers that the test started itself. */
import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rows } from './database.mjs';
import { env, folder } from './place.mjs';
import { until } from './until.mjs';

const running = new Map();
process.once('exit', () => {
  for (const worker of running.values()) worker.child.kill('SIGKILL');
});

/** Runs the console command; `ended` gives `{code, signal}`, `output()` what it said so far. */
export function command(...args) {
  const { php_ini: ini, site_root: site } = env();
  const log = join(folder, 'log', `worker-${process.pid}-${command.count += 1}.log`);
  const out = openSync(log, 'w');
  const child = spawn('php', ['-c', ini, join(site, 'think'), 'chathub', ...args], {
    cwd: folder, stdio: ['ignore', out, out],
  });
  const worker = { child, pid: child.pid, output: () => readFileSync(log, 'utf8') };
  worker.ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child.pid);
      resolve({ code, signal });
    });
  });
  running.set(child.pid, worker);
  return worker;
}
command.count = 0;

/** A worker that is at work. */
export async function startWorker(...args) {
  const worker = command('work', ...args);
  await until('the worker has started', () => {
    if (!running.has(worker.pid)) throw new Error(`the worker ended: ${worker.output()}`);
    return worker.output().includes('后台任务已启动');
  }, { seconds: 60 });
  return worker;
}

export const workerPids = () => [...running.keys()];

/** Ends a worker as the kernel does when memory is short. */
export async function killOutright(pid) {
  const worker = running.get(pid);
  worker.child.kill('SIGKILL');
  return worker.ended;
}

/** Ends all of them in good order. */
export async function stopWorkers() {
  const workers = [...running.values()];
  for (const { child } of workers) {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
  }
  return Promise.all(workers.map(({ ended }) => ended));
}

/** Nobody is taken to be alive any more: as if a minute had passed since the last sign of life. */
export const letHeartbeatsPass = () => rows('UPDATE {worker} SET started_at = started_at - 61, beat_at = beat_at - 61');

/** What a worker says of itself in the tables. */
export async function heartbeat(pid) {
  const all = await rows('SELECT * FROM {worker} ORDER BY started_at DESC, name');
  return all.find(({ name }) => name.split('-').at(-2) === `${pid}`);
}
