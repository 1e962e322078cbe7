/** Members who register and pay without rest, whatever happens to the site meanwhile. */
import { forgottenTenant, openCashier, registerByJson, renew } from './members.mjs';
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
        await (turn % 2 === 0 ? registerByJson() : this.#pay());
      } catch {
        // The site or its database was away: that is what they are here for.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #pay() {
    const { id } = await forgottenTenant(this.#owner);
    const { order_no: orderNo } = await renew(this.#owner.visitor, id);
    const url = await openCashier(this.#owner.visitor, orderNo);
    await control('pay', { url, notify: false });
    this.orders.push(orderNo);
    await control('notify', { fields: { out_trade_no: orderNo } });
  }
}
