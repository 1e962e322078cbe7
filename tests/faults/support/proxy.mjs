/**
 * Stands between the site and the provisioning service, and can stop a request on its way: when it has arrived here
 * and nothing of it has reached the service, while the service works on it, or when the answer is there and has not
 * been passed on.
 */
import http from 'node:http';
import { env } from './place.mjs';
import { processWithConnection } from './process.mjs';

export class Proxy {
  #server = http.createServer((request, response) => this.#pass(request, response));
  #trap = null;
  /** Requests that came here. */
  requests = 0;

  async open() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next request of one of these processes stops at `arrived`, `forwarded` or `answered`. */
  catchAt(step, candidates, { seconds = 60 } = {}) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#trap = null;
        reject(new Error(`after ${seconds} s nobody was ${step}`));
      }, seconds * 1000);
      this.#trap = { step, candidates, caught: (request) => {
        clearTimeout(timer);
        this.#trap = null;
        resolve(request);
      } };
    });
  }

  /** Gives the request away if it is the one that is waited for, and waits until it may go on. */
  async #stop(step, request) {
    const trap = this.#trap;
    if (trap?.step !== step) return;
    const pid = processWithConnection(trap.candidates(), request.socket.remotePort, this.#server.address().port);
    if (pid === undefined || this.#trap !== trap) return;
    await new Promise((goOn) => {
      request.socket.once('close', goOn);
      trap.caught({ pid, goOn });
    });
  }

  async #pass(request, response) {
    this.requests += 1;
    const parts = [];
    for await (const part of request) parts.push(part);
    await this.#stop('arrived', request);
    if (request.socket.destroyed) return;
    const upstream = http.request(`${env().sandbox.provision_url}${request.url}`, {
      method: request.method, headers: request.headers, agent: false,
    });
    // The service sees at once that its client has left.
    request.socket.once('close', () => upstream.destroy());
    upstream.once('error', () => request.socket.destroy());
    upstream.once('finish', () => this.#stop('forwarded', request));
    upstream.once('response', async (answer) => {
      const body = [];
      for await (const part of answer) body.push(part);
      await this.#stop('answered', request);
      if (request.socket.destroyed) return;
      response.writeHead(answer.statusCode, answer.headers);
      response.end(Buffer.concat(body));
    });
    upstream.end(Buffer.concat(parts));
  }
}
