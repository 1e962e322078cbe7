import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

const GARBAGE_BYTES = 10 * 1024 * 1024;

/**
 * One SMTP port. `kind`: `plain` (no TLS), `starttls` or `tls`.
 *
 * @param {{kind: string, host: string, tls: object, account: {user: string, pass: string}, faults: MailFaults,
 *          received: (mail: object) => Promise<void>, tried: (attempt: object) => void}} options
 */
export class MailPort {
  #server;
  #held = new Set();
  #options;

  constructor(options) {
    this.#options = options;
    const { kind, tls } = options;
    this.#server = new SMTPServer({
      ...tls,
      name: 'sandbox',
      secure: kind === 'tls',
      hideSTARTTLS: kind !== 'starttls',
      // As the real ones: a password is only taken in the open where there is nothing else.
      allowInsecureAuth: kind === 'plain',
      authOptional: false,
      disableReverseLookup: true,
      hideSMTPUTF8: false,
      closeTimeout: 10,
      onConnect: (session, done) => this.#step('connect', session, done),
      onAuth: (auth, session, done) => this.#authenticate(auth, session, done),
      onMailFrom: (_, session, done) => this.#step('mail', session, done),
      onRcptTo: (address, session, done) => this.#step('rcpt', session, done, address.address),
      onData: (stream, session, done) => this.#receive(stream, session, done),
    });
    // Clients that leave in the middle are what the tests are about.
    this.#server.on('error', () => {});
  }

  /** The ways to sign in that it offers from now on. */
  offer(authMethods) {
    this.#server.options.authMethods = authMethods;
  }

  async open() {
    this.#server.listen(0, this.#options.host);
    await once(this.#server.server, 'listening');
    return this.#server.server.address().port;
  }

  /** Breaks the connections that wait for an answer which never comes. */
  release() {
    for (const socket of this.#held) socket.destroy();
    this.#held.clear();
  }

  close() {
    return new Promise((resolve) => {
      this.#server.close(resolve);
      for (const { _socket: socket } of this.#server.connections) socket.destroy();
    });
  }

  #socket(session) {
    for (const connection of this.#server.connections) {
      if (connection.session.id === session.id) return connection._socket;
    }
    return null;
  }

  #step(step, session, done, recipient = null) {
    const fault = this.#options.faults.take(step, recipient);
    this.#options.tried({ kind: this.#options.kind, step, session: session.id, recipient, fault: fault?.mode ?? null });
    if (!fault) return done();
    return this.#misbehave(fault, session, done);
  }

  #misbehave(fault, session, done) {
    const socket = this.#socket(session);
    switch (fault.mode) {
      case 'reply':
        return done(Object.assign(new Error(fault.text), { responseCode: fault.code }));
      case 'slow':
        return setTimeout(done, fault.delay_ms);
      case 'drop':
        return socket.destroy();
      case 'garbage':
        return socket.end(Buffer.alloc(GARBAGE_BYTES, 'x'));
      case 'endless':
        return pour(socket);
      default: // hang
        this.#held.add(socket);
        return undefined;
    }
  }

  #authenticate(auth, session, done) {
    const { account } = this.#options;
    const known = account.users.includes(auth.username) && auth.password === account.pass;
    return this.#step('auth', session, (error) => {
      if (error) return done(error);
      if (known) return done(null, { user: `${auth.method} ${auth.username}` });
      // Some servers repeat what they were told.
      const text = `Authentication failed for ${auth.username} with ${auth.password}`;
      return done(Object.assign(new Error(text), { responseCode: 535 }));
    });
  }

  async #receive(stream, session, done) {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const [method = null, user = null] = (session.user ?? '').split(' ');
    const mail = {
      kind: this.#options.kind,
      secure: session.secure,
      method,
      user,
      from: session.envelope.mailFrom.address,
      to: session.envelope.rcptTo.map(({ address }) => address),
      raw: Buffer.concat(chunks),
    };
    const fault = this.#options.faults.take('data', mail.to[0]);
    this.#options.tried({ kind: mail.kind, step: 'data', session: session.id, recipient: mail.to[0], fault: fault?.mode ?? null });
    if (!fault || fault.effect || fault.mode === 'slow') await this.#options.received(mail);
    if (!fault) return done();
    return this.#misbehave(fault, session, done);
  }
}

/** Letters without a line's end, for as long as somebody reads. */
function pour(socket) {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const more = () => {
    if (socket.destroyed) return;
    if (socket.write(chunk)) setImmediate(more);
    else socket.once('drain', more);
  };
  more();
}
