export const DEFAULT_MEMORY_MS = 5 * 60 * 1000;

/**
 * The idempotency memory, with its flaws: it lives in this process only, keeps failures like successes,
 * and from the second replay on gives a failure's body with status 200.
 */
export class IdempotencyMemory {
  #answers = new Map();
  lifetimeMs = DEFAULT_MEMORY_MS;

  /** @returns {{status: number, body: object}|null} */
  replay(key) {
    const kept = this.#answers.get(key);
    if (!kept) return null;
    if (Date.now() - kept.at >= this.lifetimeMs) {
      this.#answers.delete(key);
      return null;
    }
    kept.replays += 1;
    return { status: kept.replays === 1 ? kept.status : 200, body: kept.body };
  }

  store(key, { status, body }) {
    this.#answers.set(key, { status, body, at: Date.now(), replays: 0 });
  }

  clear() {
    this.#answers.clear();
  }
}
