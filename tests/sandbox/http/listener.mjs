import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyTooLarge } from './request.mjs';
import { sendJson } from './answer.mjs';

/** An HTTP server whose listening socket can be closed and opened again on the same port. */
export class Listener {
  #handler;
  #host;
  #port;
  #server = null;

  constructor(handler, { host, port = 0 }) {
    this.#handler = handler;
    this.#host = host;
    this.#port = port;
  }

  get url() {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    return `http://${host}:${this.#port}`;
  }

  get isOpen() {
    return this.#server !== null;
  }

  async open() {
    if (this.#server) return;
    // After a close another process may hold the port for a moment.
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.#server = await this.#listen();
        this.#port = this.#server.address().port;
        return;
      } catch (error) {
        if (error.code !== 'EADDRINUSE' || attempt === 20) throw error;
        await sleep(100);
      }
    }
  }

  /** Refuses new connections and breaks the open ones. */
  async close() {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  #listen() {
    // Kept connections outlive every pause of a test: a server that closes an idle connection in the
    // very moment of reuse would look like a fault that nobody asked for.
    const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (req, res) => this.#serve(req, res));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.#host, port: this.#port, backlog: 1024 }, () => {
        server.removeListener('error', reject);
        resolve(server);
      });
    });
  }

  async #serve(req, res) {
    try {
      await this.#handler(req, res);
    } catch (error) {
      if (req.destroyed && !req.complete) return; // the client left while it was sending
      const tooLarge = error instanceof BodyTooLarge;
      if (!tooLarge) console.error(error);
      if (res.headersSent) return res.destroy();
      sendJson(res, tooLarge ? 413 : 500, { error: tooLarge ? 'the body is too large' : `sandbox defect: ${error.message}` });
    }
  }
}
