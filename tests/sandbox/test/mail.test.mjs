import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { openSandbox, until } from './support.mjs';

// The client that many sites send with; a dependency of the sandbox's own parser.
const nodemailer = createRequire(import.meta.resolve('mailparser'))('nodemailer');

let sandbox;
let dir;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-mail-'));
  sandbox = await openSandbox({ dir });
});
after(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(() => sandbox.control('reset', {}));

const MAIL = { to: 'alice@acme.example', subject: '你好 <b>', text: 'plain 文本\n.\nmore', html: '<p>rich 文本</p>' };

function client(kind, { pass = sandbox.info.mail_password, ca = readFileSync(sandbox.info.mail_ca_path), ...more } = {}) {
  return nodemailer.createTransport({
    host: sandbox.info.mail_host,
    port: sandbox.info[`mail_port_${kind}`],
    secure: kind === 'tls',
    requireTLS: kind === 'starttls',
    ignoreTLS: kind === 'plain',
    auth: { user: sandbox.info.mail_user, pass },
    tls: { ca },
    ...more,
  });
}

const send = (kind = 'tls', options = {}, mail = {}) =>
  client(kind, options).sendMail({ from: sandbox.info.mail_user, ...MAIL, ...mail });

test('a mail by each of the three ways, read whole', async () => {
  for (const kind of ['plain', 'starttls', 'tls']) await send(kind);
  const { mails } = await sandbox.control('mail');
  assert.deepEqual(mails.map(({ kind, secure, to }) => [kind, secure, to]), [
    ['plain', false, [MAIL.to]], ['starttls', true, [MAIL.to]], ['tls', true, [MAIL.to]],
  ]);
  for (const mail of mails) {
    assert.equal(mail.subject, MAIL.subject);
    assert.equal(mail.text.trim(), MAIL.text);
    assert.equal(mail.html.trim(), MAIL.html);
    assert.equal(mail.user, sandbox.info.mail_user);
    assert.deepEqual(mail.header_to, [{ name: '', address: MAIL.to }]);
    assert.match(mail.message_id, /^<.+@.+>$/);
  }
  assert.equal((await sandbox.control('mail?to=nobody@acme.example')).mails.length, 0);
  await sandbox.control('mail/clear', {});
  assert.deepEqual((await sandbox.control('mail')).mails, []);
});

test('only its account may send, and its certificate comes from its own authority', async () => {
  await assert.rejects(send('tls', { pass: 'wrong' }), { responseCode: 535 });
  await assert.rejects(send('tls', { auth: undefined }), { responseCode: 530 });
  await assert.rejects(send('tls', { ca: [] }), /certificate/);
  await sandbox.control('mail', { auth_methods: ['LOGIN'], users: ['other'] });
  await assert.rejects(send(), { responseCode: 535 });
  await send('tls', { auth: { user: 'other', pass: sandbox.info.mail_password } });
  assert.deepEqual((await sandbox.control('mail')).mails.map(({ method, user }) => [method, user]), [['LOGIN', 'other']]);
});

test('refusals at every step, counted', async () => {
  for (const [step, code] of [['connect', 421], ['auth', 454], ['mail', 451], ['rcpt', 550], ['data', 554]]) {
    await sandbox.control('mail', { mode: 'reply', step, code, text: 'no', times: 1 });
    await assert.rejects(send(), step === 'rcpt' ? /550 no/ : { responseCode: code }, step);
    await send();
  }
  assert.equal((await sandbox.control('mail')).mails.length, 5);
});

test('one recipient is refused, another is not', async () => {
  await sandbox.control('mail', { mode: 'reply', step: 'rcpt', code: 550, recipient: MAIL.to });
  await assert.rejects(send());
  await send('tls', {}, { to: 'bob@acme.example' });
});

test('what breaks, and whether the mail is there', async () => {
  for (const [effect, count] of [[false, 0], [true, 1]]) {
    await sandbox.control('mail', { mode: 'drop', step: 'data', effect, times: 1 });
    await assert.rejects(send());
    assert.equal((await sandbox.control('mail')).mails.length, count);
  }
  for (const mode of ['drop', 'garbage', 'endless']) {
    await sandbox.control('mail', { mode, step: 'connect', times: 1 });
    await assert.rejects(send('plain', { greetingTimeout: 1000 }), mode);
  }
  await sandbox.control('mail', { mode: 'slow', step: 'rcpt', delay_ms: 50, times: 1 });
  await send();
});

test('whoever is held is let go by a reset', async () => {
  await sandbox.control('mail', { mode: 'hang', step: 'mail' });
  const held = assert.rejects(send());
  const reached = async () => (await sandbox.control('mail')).attempts.some(({ step }) => step === 'mail');
  await until(reached);
  await sandbox.control('mail', { reset: true });
  await held;
});

test('settings that do not exist are refused', async () => {
  for (const wrong of [{ mode: 'x' }, { step: 'x' }, { code: 250 }, { times: 0 }, { misspelt: 1 }]) {
    await assert.rejects(sandbox.control('mail', wrong), { status: 400 });
  }
});
