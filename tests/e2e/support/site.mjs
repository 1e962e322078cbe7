/** The site under test: where it is, its tables, and its addon's configuration. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';

const file = process.env.CHATHUB_ENV;
if (!file) {
    throw new Error('CHATHUB_ENV must name the env.json of a running place: scripts/services.py up NAME');
}

export const env = JSON.parse(readFileSync(file, 'utf8'));
export const place = dirname(file);
export const isFastAdmin = env.host === 'fastadmin';
export const INDEX = '/addons/chathub/index/';

const pool = mysql.createPool({
    socketPath: env.db.socket,
    user: env.db.user,
    password: env.db.password,
    database: env.db.name,
    connectionLimit: 2,
    dateStrings: true,
    multipleStatements: false,
});

/** Rows of a statement in which {tenant}, {user}, … stand for the tables. */
export async function rows(sql, values = []) {
    const [result] = await pool.query(table(sql), values);
    return result;
}

export async function row(sql, values = []) {
    return (await rows(sql, values))[0];
}

function table(sql) {
    return sql.replace(/\{(\w+)\}/g, (_, name) =>
        `\`${env.db.prefix}${name === 'user' ? '' : 'chathub_'}${name}\``);
}

/** Attempts are counted per address, and every test comes from the same one. */
export async function forgetAttempts() {
    await rows('DELETE FROM {throttle}');
}

/** Saves values as the configuration form of the plugin manager does; gives what undoes it. */
export async function configure(values) {
    const before = await manage('config', values);
    return async () => { await manage('config', before); };
}

/** Runs `use` with other configuration values, and puts the old ones back whatever happens. */
export async function withConfig(values, use) {
    const undo = await configure(values);
    try {
        return await use();
    } finally {
        await undo();
    }
}

/** Lets visitors choose their language while `use` runs, as a site's administrator would: in the host's files. */
export async function withLanguages(use) {
    const files = ['.env', 'application/config.php'].map((name) => join(env.site_root, name));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    files.forEach((file, at) => writeFileSync(file, before[at]
        .replace(/^(lang_switch_on = )"?false"?$/m, '$1"true"')
        .replace(/('lang_switch_on'\s*=> )false/, '$1true')));
    try {
        return await use();
    } finally {
        files.forEach((file, at) => writeFileSync(file, before[at]));
    }
}

async function manage(command, values) {
    const before = await currentConfig(Object.keys(values));
    const script = new URL('../../host/install.php', import.meta.url).pathname;
    const child = promisify(execFile)(
        process.env.PHP ?? 'php',
        ['-c', env.php_ini, script, env.site_root, command, 'chathub'],
    );
    child.child.stdin.end(JSON.stringify(values));
    await child;
    return before;
}

/** The addon's configuration as it is saved. */
export async function currentConfig(names) {
    const code = 'foreach (require $argv[1] as $f) { $v[$f["name"]] = (string) $f["value"]; } echo json_encode($v);';
    const { stdout } = await promisify(execFile)(
        process.env.PHP ?? 'php',
        ['-n', '-r', code, join(env.addon_root, 'config.php')],
    );
    const all = JSON.parse(stdout);
    return Object.fromEntries(names.map((name) => [name, all[name] ?? '']));
}

export async function close() {
    await pool.end();
}
