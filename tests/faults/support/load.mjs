/** Members who register, pay, run out of time and pay again, without rest, whatever happens to the site meanwhile. */
import { row } from './database.mjs';
import { forgottenTenant, openCashier, registerByJson, renew } from './members.mjs';
import { graceIsOver } from './queue.mjs';
import { control } from './sandbox.mjs';

const LANES = 3;

export class Load {
  #owner;
  #lanes = [];
  #over = false;
  /** Orders that were paid at the provider; the site may not have heard of them. */
  orders = [];

  constructor(owner) {
    this.#owner = owner;
  }

  start() {
    this.#lanes = Array.from({ length: LANES }, (_, lane) => this.#run(lane));
  }

  async stop() {
    this.#over = true;
    await Promise.all(this.#lanes);
  }

  async #run(lane) {
    for (let turn = lane; !this.#over; turn += 1) {
      try {
        if (turn % 4 === 0) await registerByJson();
        else if (turn % 4 === 1) await this.#pay((await forgottenTenant(this.#owner)).id);
        else if (turn % 4 === 2) await this.#expire();
        else await this.#resume();
      } catch {
        // The site or its database was away: that is what they are here for.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #pay(id) {
    const { order_no: orderNo } = await renew(this.#owner.visitor, id);
    const url = await openCashier(this.#owner.visitor, orderNo);
    await control('pay', { url, notify: false });
    this.orders.push(orderNo);
    await control('notify', { fields: { out_trade_no: orderNo } });
  }

  /** The time of a tenant that never paid is over. */
  async #expire() {
    const found = await row(`SELECT id FROM {tenant} t WHERE user_id = ? AND status = 'active' AND expire_at > NOW() + INTERVAL 20 DAY
      AND NOT EXISTS (SELECT 1 FROM {order} o WHERE o.tenant_id = t.id) ORDER BY RAND() LIMIT 1`, [this.#owner.tenant.user_id]);
    if (found && found.id !== this.#owner.tenant.id) await graceIsOver(found.id);
  }

  /** Somebody who was suspended pays. */
  async #resume() {
    const found = await row(`SELECT id FROM {tenant} WHERE user_id = ? AND status = 'suspended' ORDER BY RAND() LIMIT 1`,
      [this.#owner.tenant.user_id]);
    if (found) await this.#pay(found.id);
  }
}
