import { mergeSettings, requireOneOf, requireTimes } from '../settings.mjs';
import { ControlError } from '../control.mjs';

export const ENDPOINTS = ['native', 'query', 'close', 'certificates'];
export const API_MODES = [
  'ok', 'status_500', 'frequency_limited', 'hang', 'drip', 'unsigned', 'wrong_signature', 'unknown_serial', 'probe',
  'stale', 'huge', 'html', 'truncated', 'user_paying', 'trade_error',
];
export const CORRUPTIONS = [null, 'signature', 'body', 'ciphertext', 'serial', 'timestamp', 'nonce'];

const NOTIFY = {
  delay_ms: 0, // before the first attempt
  drop: false, // no notification at all
  copies: 1, // sent at once, per attempt
  corrupt: null, // spoilt after signing
  fields: {}, // put over every notification's own facts, and encrypted
  probes: 0, // notifications with a probe signature, sent before each real one
  sign_with: 'certificate', // or 'public_key', or 'mixed' as during a migration
  public_key_ratio: 0.5, // mixed: the share that the public key signs
  retry_s: [0.3, 0.6, 1, 2, 4], // pauses before the further attempts
  timeout_ms: 15_000, // longest wait for an acknowledgement
};
const API = {
  mode: 'ok',
  endpoint: null, // only this one; null is every one
  times: null, // requests that it still applies to
  effect: true, // the work is done, only the answer is spoilt
};
const DEFAULTS = {
  // Which keys the merchant has: both during a migration.
  keys: 'both',
  // How far WeChat Pay's clock is ahead.
  clock_skew_s: 0,
  // What a known order number with other parameters is called.
  reentry: 'INVALID_REQUEST',
  // The buyer pays in the moment before a close arrives.
  pay_before_close: false,
  notify: NOTIFY,
  api: API,
};

/** How WeChat Pay is told to behave. */
export class WechatSettings {
  #current = structuredClone(DEFAULTS);

  get notify() {
    return this.#current.notify;
  }

  get keys() {
    return this.#current.keys;
  }

  get payBeforeClose() {
    return this.#current.pay_before_close;
  }

  get reentry() {
    return this.#current.reentry;
  }

  /** WeChat Pay's clock, in milliseconds. */
  now() {
    return Date.now() + this.#current.clock_skew_s * 1000;
  }

  snapshot() {
    return structuredClone(this.#current);
  }

  reset() {
    this.#current = structuredClone(DEFAULTS);
  }

  /** Merges; an `api` setting replaces the previous one as a whole. */
  apply(patch) {
    const next = mergeSettings(DEFAULTS, this.#current, patch, 'wechat');
    next.notify = mergeSettings(NOTIFY, this.#current.notify, patch.notify ?? {}, 'notify');
    if (patch.api !== undefined) {
      const given = typeof patch.api === 'string' ? { mode: patch.api } : patch.api;
      next.api = mergeSettings(API, API, given, 'api');
    }
    check(next);
    this.#current = next;
  }

  /** The fault for this request; counts it. */
  takeFault(endpoint) {
    const { api } = this.#current;
    if ((api.mode === 'ok' && api.effect) || (api.endpoint !== null && api.endpoint !== endpoint)) return { ...API };
    const fault = { ...api };
    if (api.times !== null) {
      api.times -= 1;
      if (api.times === 0) this.#current.api = { ...API };
    }
    return fault;
  }
}

function check({ keys, clock_skew_s: skew, reentry, pay_before_close: payBeforeClose, notify, api }) {
  requireOneOf(payBeforeClose, [false, true], 'pay_before_close');
  requireOneOf(keys, ['both', 'certificates', 'public_key'], 'keys');
  requireOneOf(reentry, ['INVALID_REQUEST', 'OUT_TRADE_NO_USED'], 'reentry');
  requireOneOf(notify.sign_with, ['certificate', 'public_key', 'mixed'], 'notify.sign_with');
  requireOneOf(notify.corrupt, CORRUPTIONS, 'notify.corrupt');
  requireOneOf(api.mode, API_MODES, 'api.mode');
  requireOneOf(api.endpoint, [null, ...ENDPOINTS], 'api.endpoint');
  requireTimes(api.times, 'api.times');
  if (!Number.isFinite(skew)) throw new ControlError(400, 'clock_skew_s must be a number');
  if (!(notify.public_key_ratio >= 0 && notify.public_key_ratio <= 1)) {
    throw new ControlError(400, 'notify.public_key_ratio must be from 0 to 1');
  }
  if (!Number.isInteger(notify.copies) || notify.copies < 1) {
    throw new ControlError(400, 'notify.copies must be a positive integer');
  }
}
