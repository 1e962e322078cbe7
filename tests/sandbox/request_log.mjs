const KEPT = 5000;

/** What the payment providers received, newest last; bounded, so that a long load run does not fill the memory. */
export class RequestLog {
  #entries = [];

  /** @param {{service:string, method:string, path:string, verified:boolean|null, error:string|null}} entry */
  add(entry) {
    this.#entries.push({ at: new Date().toISOString(), ...entry });
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  list(service = null) {
    return this.#entries.filter((entry) => service === null || entry.service === service);
  }

  clear() {
    this.#entries = [];
  }
}
