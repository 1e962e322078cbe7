import { setTimeout as sleep } from 'node:timers/promises';
import { formatShanghai } from '../clock.mjs';
import { post } from '../http/post.mjs';
import { notificationFields } from './fields.mjs';
import { composeForm } from './compose.mjs';

const ACKNOWLEDGED = 'success';

/**
 * Sends the asynchronous notifications: again and again, with one notify_id, until the answer
 * is 200 with exactly `success` or the schedule ends.
 */
export class Notifier {
  #merchant;
  #keys;
  #settings;
  #held = new Map();
  #stop = new AbortController();

  constructor({ merchant, keys, settings }) {
    this.#merchant = merchant;
    this.#keys = keys;
    this.#settings = settings;
  }

  /**
   * @param {{kind: string, minDelayMs?: number}} event see notificationFields()
   * @returns {Promise<void>} settled once the first attempt was answered
   */
  async announce(trade, { minDelayMs = 0, ...event }) {
    const { notify } = this.#settings;
    if (!trade.notify_url || notify.drop) return;
    const notification = {
      trade,
      fields: { ...notificationFields(this.#merchant, trade, event), ...notify.fields },
      delayMs: Math.max(notify.delay_ms, minDelayMs),
    };
    const older = this.#takeHeld(trade);
    if (notify.reorder && older.length === 0) {
      this.#held.set(trade, [notification]);
      return;
    }
    await this.#start(notification);
    for (const each of older.reverse()) await this.#start(each);
  }

  /** Sends what `reorder` still holds back. */
  release() {
    for (const notification of [...this.#held.values()].flat()) this.#start(notification);
    this.#held.clear();
  }

  /** Ends all that is waiting; notifications that come later are sent again. */
  cancel() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#held.clear();
  }

  #takeHeld(trade) {
    const held = this.#held.get(trade) ?? [];
    this.#held.delete(trade);
    return held;
  }

  /** Starts the whole schedule; the promise is for the first attempt only. */
  #start(notification) {
    return new Promise((resolve) => {
      this.#deliver(notification, resolve)
        .catch((error) => {
          if (error.name !== 'AbortError') throw error;
        })
        .finally(resolve);
    });
  }

  async #deliver({ trade, fields, delayMs }, attempted) {
    const { signal } = this.#stop;
    const pause = (ms) => sleep(ms, undefined, { signal, ref: false });
    if (delayMs > 0) await pause(delayMs);
    const pausesMs = [0, ...this.#settings.notify.retry_s.map((seconds) => seconds * 1000)];
    for (const [attempt, pauseMs] of pausesMs.entries()) {
      if (pauseMs > 0) await pause(pauseMs);
      const acknowledged = await this.#attempt(trade, fields, attempt);
      attempted();
      if (acknowledged) return;
    }
  }

  async #attempt(trade, fields, attempt) {
    const { copies, corrupt, timeout_ms: timeoutMs } = this.#settings.notify;
    const sent = { ...fields, notify_time: formatShanghai(Date.now()) };
    const { form } = composeForm(sent, { keys: this.#keys, corrupt });
    const answers = await Promise.all(Array.from({ length: copies }, () => (
      post(trade.notify_url, form, { contentType: 'application/x-www-form-urlencoded; charset=utf-8', timeoutMs })
    )));
    for (const answer of answers) {
      trade.notifications.push({
        at: new Date().toISOString(),
        notify_id: fields.notify_id,
        trade_status: fields.trade_status,
        attempt,
        url: trade.notify_url,
        ...answer,
      });
    }
    return answers.some((answer) => answer.status === 200 && answer.body === ACKNOWLEDGED);
  }
}
