import { mergeSettings, requireOneOf, requireTimes } from '../settings.mjs';
import { ControlError } from '../control.mjs';
import { PAGE_METHODS } from './methods.mjs';

export const GATEWAY_MODES = [
  'ok', 'status_500', 'hang', 'drip', 'unsigned', 'wrong_signature', 'duplicate_node', 'error_response',
  'huge', 'html', 'truncated', 'busy', 'call_limited',
];
// A page has no signed answer to spoil.
const PAGE_MODES = ['ok', 'status_500', 'hang', 'html'];

const NOTIFY = {
  delay_ms: 0, // before the first attempt
  drop: false, // no notification at all
  copies: 1, // sent at once, per attempt
  reorder: false, // held back until a newer one of the same trade was delivered
  corrupt: null, // 'signature' or 'amount'
  fields: {}, // put over every notification's own fields
  retry_s: [0.3, 0.6, 1, 2, 4], // pauses before the further attempts
  timeout_ms: 15_000, // longest wait for an acknowledgement
};
const GATEWAY = {
  mode: 'ok',
  method: null, // only this API method; null is every one but the pages
  times: null, // requests that it still applies to
  effect: true, // the work is done, only the answer is spoilt
  forged: 'last', // duplicate_node: place of the forged node
};
const DEFAULTS = {
  notify: NOTIFY,
  gateway: GATEWAY,
  sync_return: 'together',
  // The buyer pays in the moment before a close arrives.
  pay_before_close: false,
};

/** How Alipay is told to misbehave. */
export class AlipaySettings {
  #current = structuredClone(DEFAULTS);

  get notify() {
    return this.#current.notify;
  }

  get payBeforeClose() {
    return this.#current.pay_before_close;
  }

  get syncReturn() {
    return this.#current.sync_return;
  }

  snapshot() {
    return structuredClone(this.#current);
  }

  reset() {
    this.#current = structuredClone(DEFAULTS);
  }

  /** Merges; a `gateway` setting replaces the previous one as a whole. */
  apply(patch) {
    const next = mergeSettings(DEFAULTS, this.#current, patch, 'alipay');
    next.notify = mergeSettings(NOTIFY, this.#current.notify, patch.notify ?? {}, 'notify');
    if (patch.gateway !== undefined) {
      const given = typeof patch.gateway === 'string' ? { mode: patch.gateway } : patch.gateway;
      next.gateway = mergeSettings(GATEWAY, GATEWAY, given, 'gateway');
    }
    check(next);
    this.#current = next;
  }

  /** The gateway's fault for this request; counts it. */
  takeGatewayFault(method, isPage) {
    const { gateway } = this.#current;
    const meant = gateway.method === null ? !isPage : gateway.method === method;
    if (gateway.mode === 'ok' || !meant) return { ...GATEWAY };
    const fault = { ...gateway };
    if (gateway.times !== null) {
      gateway.times -= 1;
      if (gateway.times === 0) this.#current.gateway = { ...GATEWAY };
    }
    return fault;
  }
}

function check({ notify, gateway, sync_return: syncReturn, pay_before_close: payBeforeClose }) {
  requireOneOf(gateway.mode, GATEWAY_MODES, 'gateway.mode');
  if (PAGE_METHODS.includes(gateway.method)) requireOneOf(gateway.mode, PAGE_MODES, 'gateway.mode of a page method');
  requireOneOf(gateway.forged, ['first', 'last'], 'gateway.forged');
  requireTimes(gateway.times, 'gateway.times');
  requireOneOf(payBeforeClose, [false, true], 'pay_before_close');
  requireOneOf(syncReturn, ['together', 'first', 'late'], 'sync_return');
  requireOneOf(notify.corrupt, [null, 'signature', 'amount'], 'notify.corrupt');
  if (!Number.isInteger(notify.copies) || notify.copies < 1) {
    throw new ControlError(400, 'notify.copies must be a positive integer');
  }
}
