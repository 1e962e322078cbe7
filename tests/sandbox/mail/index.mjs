import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { issueMailCertificate } from './certificate.mjs';
import { MailFaults } from './faults.mjs';
import { MailPort } from './server.mjs';

const KINDS = ['plain', 'starttls', 'tls'];
const METHODS = ['PLAIN', 'LOGIN'];
const USERS = ['shop@sandbox.example'];

/**
 * A mail server with three ports, which keeps what it takes.
 *
 * @param {{host?: string, dir: string|null}} options dir: where the authority's certificate goes
 * @returns a service: `open`, `close`, `control`, `publish`, `reset`
 */
export function createMail({ host = '127.0.0.1', dir }) {
  const { authority, certificate, key } = issueMailCertificate();
  const account = { users: USERS, pass: `pw-${randomBytes(12).toString('hex')}` };
  const faults = new MailFaults();
  let authMethods = METHODS;
  const mails = [];
  const attempts = [];
  const received = async (mail) => {
    mails.push({ at: Date.now(), ...mail, raw: mail.raw.toString('latin1'), ...(await read(mail.raw)) });
  };
  const tried = (attempt) => attempts.push({ at: Date.now(), ...attempt });
  const ports = KINDS.map((kind) => new MailPort({
    kind, host, tls: { key, cert: certificate }, account, faults, received, tried,
  }));
  const numbers = {};
  const caFile = dir && join(dir, 'mail-ca.pem');

  function offer(methods) {
    authMethods = methods;
    for (const port of ports) port.offer(methods);
  }

  const settings = () => ({ ...faults.snapshot(), auth_methods: authMethods, users: account.users });

  function configure({ reset = false, auth_methods: methods, users, ...patch }) {
    if (reset) {
      faults.reset();
      for (const port of ports) port.release();
      offer(METHODS);
      account.users = USERS;
    }
    faults.apply(patch);
    if (methods) offer(methods);
    if (users) account.users = users;
    return settings();
  }

  return {
    async open() {
      if (caFile) await writeFile(caFile, authority);
      await Promise.all(ports.map(async (port, at) => { numbers[KINDS[at]] = await port.open(); }));
    },
    close: () => Promise.all(ports.map((port) => port.close())),
    control: {
      'POST mail': (body) => configure(body),
      'GET mail': (_, query) => {
        const wanted = query.get('to');
        return {
          settings: settings(),
          mails: mails.filter((mail) => wanted === null || mail.to.includes(wanted)),
          attempts,
        };
      },
      'POST mail/clear': () => {
        mails.length = 0;
        attempts.length = 0;
      },
    },
    publish: () => ({
      mail_host: host,
      mail_port_plain: numbers.plain,
      mail_port_starttls: numbers.starttls,
      mail_port_tls: numbers.tls,
      mail_user: USERS[0],
      mail_password: account.pass,
      mail_ca_path: caFile,
    }),
    reset() {
      configure({ reset: true });
      mails.length = 0;
      attempts.length = 0;
    },
  };
}

/** What an independent reader makes of a message. */
async function read(raw) {
  const mail = await simpleParser(raw, { skipTextLinks: true, skipTextToHtml: true, skipHtmlToText: true });
  const only = (addresses) => addresses?.value?.map(({ name, address }) => ({ name, address })) ?? [];
  return {
    message_id: mail.messageId,
    subject: mail.subject,
    date: mail.date?.toISOString() ?? null,
    header_from: only(mail.from),
    header_to: only(mail.to),
    reply_to: only(mail.replyTo),
    text: mail.text,
    html: mail.html || null,
    headers: mail.headerLines.map(({ key: name, line }) => [name, line]),
  };
}
