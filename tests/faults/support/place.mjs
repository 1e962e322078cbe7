/** The place under test: its addresses, its processes, its configuration. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from './until.mjs';

const run = promisify(execFile);
const file = process.env.CHATHUB_ENV;
if (!file) throw new Error('CHATHUB_ENV must name the env.json of a running place: scripts/services.py up NAME');

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const INSTALLER = join(ROOT, 'tests', 'host', 'install.php');

/** What a call may take at most; short, so that a fault is over soon. */
export const TIMEOUT_SECONDS = 3;
/** How long a page waits for provisioning: less, so that "under way" is seen as well. */
export const WAIT_SECONDS = 1;
/** The service may still be at work for so long after a request was given up. */
export const SETTLING_SECONDS = 45;

const INI = { 'chathub.provision_timeout': TIMEOUT_SECONDS, 'chathub.http_timeout': TIMEOUT_SECONDS };
/** Every test comes from one address, so it is not limited. */
const CONFIG = { provision_wait: `${WAIT_SECONDS}`, provision_inline_limit: '3', limit_register_per_address: '0' };

/** As it is now: pids change when a service is started again. */
export const env = () => JSON.parse(readFileSync(file, 'utf8'));
export const folder = dirname(resolve(file));

/** Stops, starts or kills mariadb, php_fpm or nginx. */
export async function service(command, name) {
  await run(join(ROOT, 'scripts', 'services.py'), [command, env().name, name]);
}

/** Short time-outs and no limits; php-fpm is started again only when it runs with others. */
export async function prepare() {
  const { php_ini: ini } = env();
  const text = readFileSync(ini, 'utf8');
  const lines = Object.entries(INI).map(([name, value]) => `${name} = "${value}"`);
  if (!text.endsWith(`${lines.join('\n')}\n`)) {
    writeFileSync(ini, `${text}\n${lines.join('\n')}\n`);
    await service('stop', 'php_fpm');
    await service('start', 'php_fpm');
  }
  await configure(CONFIG);
}

/** Saves values of the addon's configuration as the plugin manager's form does. */
export const configure = (values) => manage('config', JSON.stringify(values));

/** What else the plugin manager does with the addon: `enable`, `disable`. */
export async function manage(command, input = '') {
  const { php_ini: ini, site_root: site } = env();
  const child = run('php', ['-c', ini, INSTALLER, site, command, 'chathub']);
  child.child.stdin.end(input);
  await child;
}

/** With other configuration values while `use` runs. */
export async function withConfig(values, use) {
  await configure(values);
  try {
    return await use();
  } finally {
    await configure(CONFIG);
  }
}

/** A statement as the server's administrator; the rows as lists of texts. */
export async function asAdministrator(sql) {
  const { mariadb } = env();
  const { stdout } = await run('mariadb', ['--no-defaults', `--socket=${mariadb.socket}`, '-N', '-B', '-e', sql]);
  return stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
}

/** How many transactions wait for a row. */
export const waitingForRows = () => transactions("WHERE trx_state = 'LOCK WAIT'");

/** How many transactions are open. */
export const openTransactions = () => transactions('');

/** InnoDB renews this table only when nobody read it for 0.1 s. */
async function transactions(which) {
  await new Promise((resolve) => setTimeout(resolve, 150));
  const [[count]] = await asAdministrator(`SELECT COUNT(*) FROM information_schema.innodb_trx ${which}`);
  return Number(count);
}

/** The pids of php-fpm's workers. */
export function workers() {
  const { fpm_pid: master } = env();
  return readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ').map(Number);
}

/** Ends one worker at once, as the kernel does when memory is short. */
export async function killWorker(pid) {
  assert.ok(workers().includes(pid), `${pid} is a worker of ours`);
  process.kill(pid, 'SIGKILL');
  await until(`worker ${pid} is gone`, () => !workers().includes(pid));
}

/** Lets php-fpm read its configuration again; requests that run are its own affair. */
export async function reload(changes = {}) {
  const config = join(folder, 'php-fpm.conf');
  let text = readFileSync(config, 'utf8');
  for (const [name, value] of Object.entries(changes)) {
    text = text.split('\n').filter((line) => !line.startsWith(`${name} =`)).join('\n');
    if (value !== null) text = text.replace('[www]\n', `[www]\n${name} = ${value}\n`);
  }
  writeFileSync(config, text);
  const before = workers();
  process.kill(env().fpm_pid, 'SIGUSR2');
  const { fpm_workers: wanted } = env();
  await until('php-fpm has new workers', () => {
    const now = workers();
    return now.length === wanted && now.every((pid) => !before.includes(pid));
  });
}
