/** Mail: the site's settings for it, what arrived in the sandbox's mailboxes, and the links of letters. */
import { execFile } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './poll.mjs';
import { control } from './sandbox.mjs';
import { env, rows, withConfig } from './site.mjs';

/** Where FastAdmin keeps what is set in 系统配置. */
const SETTINGS = join(env.site_root, 'application', 'extra', 'site.php');
/** A site that can send, at least by what it says: nobody has to listen there. */
const ANY = { mail_type: '1', mail_smtp_host: '127.0.0.1', mail_smtp_port: '9', mail_smtp_user: '', mail_smtp_pass: '', mail_verify_type: '0', mail_from: 'shop@example.com' };

/** The newest letter to an address that holds a link to that action, once it has arrived. */
export async function letterWith(address, action) {
    return until(`a letter to ${address} with a link to ${action}`, async () => {
        const { mails } = await control('mail');
        return mails.filter((mail) => [mail.to].flat().join().includes(address) && linkIn(mail, action)).at(-1);
    });
}

/** The link of a letter to one of our actions: its path, as a browser would open it. */
export function linkIn(mail, action) {
    const link = new RegExp(`https?://[^\\s"<>]*/addons/chathub/index/${action}\\?token=[0-9A-Z]+`, 'i').exec(mail.text);
    return link && new URL(link[0]).pathname + new URL(link[0]).search;
}

/** What waits in the outbox, oldest first. */
export function outbox(kind) {
    return rows('SELECT * FROM {mail} WHERE kind = ? ORDER BY id', [kind]);
}

/** A link as a letter would hold it, made without one; gives its token. */
export async function link(kind, { userId, email, seconds = 1800 }) {
    const letters = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
    const token = Array.from({ length: 52 }, () => letters[randomInt(32)]).join('');
    const hash = createHash('sha256').update(token).digest('hex');
    await rows(
        'INSERT INTO {token} (hash, kind, user_id, email, expires_at, createtime) VALUES (?, ?, ?, ?, UNIX_TIMESTAMP() + ?, UNIX_TIMESTAMP())',
        [hash, kind, userId, email, seconds],
    );
    return token;
}

async function current() {
    const php = 'echo json_encode(require $argv[1]);';
    const { stdout } = await promisify(execFile)(process.env.PHP ?? 'php', ['-n', '-r', php, SETTINGS]);
    return JSON.parse(stdout);
}

/** Runs `use` with other settings of the site, and puts the old file back whatever happens. */
async function withSettings(values, use) {
    const before = readFileSync(SETTINGS, 'utf8');
    const php = '$all = array_merge(require $argv[1], json_decode($argv[2], true)); echo "<?php\\n\\nreturn " . var_export($all, true) . ";\\n";';
    const { stdout } = await promisify(execFile)(process.env.PHP ?? 'php', ['-n', '-r', php, SETTINGS, JSON.stringify(values)]);
    writeFileSync(SETTINGS, stdout);
    try {
        return await use();
    } finally {
        writeFileSync(SETTINGS, before);
    }
}

/** Runs `use` on a site that can send mail: by its own settings where it has some. */
export async function withMail(use, config = {}) {
    const { mail_smtp_host: host = '', mail_from: from = '' } = await current();
    const isSet = host !== '' && from !== '' && from !== '10000@qq.com';
    return withSettings(isSet ? {} : ANY, () => withConfig({ public_base_url: env.base_url, ...config }, use));
}

/** Runs `use` on a site that cannot: with what FastAdmin ships. */
export async function withoutMail(use) {
    return withSettings({ mail_type: '1', mail_smtp_host: 'smtp.qq.com', mail_from: '10000@qq.com' }, use);
}

/** Runs `use` on a site where an address has to be confirmed first. */
export async function withConfirmation(use) {
    return withMail(use, { confirm_email: '1' });
}
