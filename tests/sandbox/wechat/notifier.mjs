import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../http/post.mjs';
import { corrupted, overlay, seal, signedHeaders } from './compose.mjs';

const JSON_TYPE = 'application/json; charset=utf-8';
const acknowledged = ({ status }) => status === 200 || status === 204;

/**
 * Sends the notifications: again and again, with one id, until the answer is 200 or 204 or the schedule ends.
 * Each attempt is encrypted and signed anew, as the time in the signature is checked.
 */
export class Notifier {
  #identity;
  #settings;
  #stop = new AbortController();
  // Spread evenly instead of drawn: every run mixes the same shares.
  #mixed = 0;

  constructor({ identity, settings }) {
    this.#identity = identity;
    this.#settings = settings;
  }

  /** @returns {Promise<void>} settled once the first attempt was answered */
  announce(order, eventType, facts) {
    const { notify } = this.#settings;
    if (notify.drop) return Promise.resolve();
    const notification = { order, eventType, id: randomUUID(), facts: overlay(facts, notify.fields), delayMs: notify.delay_ms };
    return new Promise((resolve) => {
      this.#deliver(notification, resolve)
        .catch((error) => {
          if (error.name !== 'AbortError') throw error;
        })
        .finally(resolve);
    });
  }

  /** Ends all that is waiting; notifications that come later are sent again. */
  cancel() {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  async #deliver(notification, attempted) {
    const { signal } = this.#stop;
    const pause = (ms) => sleep(ms, undefined, { signal, ref: false });
    if (notification.delayMs > 0) await pause(notification.delayMs);
    const pausesMs = [0, ...this.#settings.notify.retry_s.map((seconds) => seconds * 1000)];
    for (const [attempt, pauseMs] of pausesMs.entries()) {
      if (pauseMs > 0) await pause(pauseMs);
      const done = await this.#attempt(notification, attempt);
      attempted();
      if (done) return;
    }
  }

  async #attempt({ order, eventType, id, facts }, attempt) {
    const { copies, corrupt, probes } = this.#settings.notify;
    const body = seal(facts, { key: this.#identity.apiV3Key, id, eventType, at: this.#settings.now() });
    for (let probe = 0; probe < probes; probe += 1) {
      await this.#send(order, { body, headers: this.#headers(body, { probe: true }) }, { id, eventType, attempt, probe: true });
    }
    const sent = corrupted({ body, headers: this.#headers(body) }, corrupt);
    const answers = await Promise.all(Array.from({ length: copies }, () => (
      this.#send(order, sent, { id, eventType, attempt, probe: false })
    )));
    return answers.some(acknowledged);
  }

  async #send(order, { body, headers }, about) {
    const { timeout_ms: timeoutMs } = this.#settings.notify;
    const answer = await post(order.notify_url, body, { contentType: JSON_TYPE, headers, timeoutMs });
    order.notifications.push({
      at: new Date().toISOString(), ...about, serial: headers['Wechatpay-Serial'], url: order.notify_url, ...answer,
    });
    return answer;
  }

  #headers(body, { probe = false } = {}) {
    return signedHeaders(body, this.#signer(), { now: this.#settings.now(), probe });
  }

  #signer() {
    const { sign_with: signWith, public_key_ratio: ratio } = this.#settings.notify;
    const { keys } = this.#settings;
    if (keys === 'public_key' || (keys === 'both' && (signWith === 'public_key' || (signWith === 'mixed' && this.#nextIsMixed(ratio))))) {
      return { serial: this.#identity.publicKeyId, privateKey: this.#identity.wechatpay.privateKey };
    }
    return this.#identity.current;
  }

  #nextIsMixed(ratio) {
    this.#mixed += ratio;
    if (this.#mixed < 1) return false;
    this.#mixed -= 1;
    return true;
  }
}
