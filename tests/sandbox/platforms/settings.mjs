import { mergeSettings, requireOneOf, requireTimes } from '../settings.mjs';
import { ControlError } from '../control.mjs';
import { CHANNELS, PLATFORMS } from './catalogue/index.mjs';

export const MODES = [
  'ok', 'status_500', 'hang', 'drip', 'huge', 'html', 'truncated', 'busy', 'refused', 'crash_after_effect',
];

const FAULT = {
  mode: 'ok',
  channel: null, // only this platform
  endpoint: null, // only 'token' or 'refresh'
  times: null, // requests that it still applies to
  effect: true, // the work is done, only the answer is spoilt
};
const LIFETIMES = { code_s: null, access_s: null, refresh_s: null };
const DEFAULTS = {
  delay_ms: 0, // before the work
  rotate: null, // a refresh gives a new refresh token; null: as each platform does
  old_refresh_token_s: 600, // how long a replaced one still works; 0: dead at once
  lifetimes: {}, // by channel, over the platform's own: code_s, access_s, refresh_s
  fields: {}, // put over the facts of every token answer; null takes one away
  fault: FAULT,
};

/** How the platforms are told to behave. */
export class PlatformSettings {
  #current = structuredClone(DEFAULTS);

  get delayMs() {
    return this.#current.delay_ms;
  }

  get oldTokenSeconds() {
    return this.#current.old_refresh_token_s;
  }

  get fields() {
    return this.#current.fields;
  }

  rotates(channel) {
    return this.#current.rotate ?? PLATFORMS[channel].rotates;
  }

  lifetimes(channel) {
    return { ...PLATFORMS[channel].lifetimes, ...this.#current.lifetimes[channel] };
  }

  snapshot() {
    return structuredClone(this.#current);
  }

  reset() {
    this.#current = structuredClone(DEFAULTS);
  }

  /** Merges; `fault`, `fields` and `lifetimes` replace the previous ones as a whole. */
  apply(patch) {
    const next = mergeSettings(DEFAULTS, this.#current, patch, 'platforms');
    if (patch.fault !== undefined) {
      const given = typeof patch.fault === 'string' ? { mode: patch.fault } : patch.fault;
      next.fault = mergeSettings(FAULT, FAULT, given, 'fault');
    }
    check(next);
    this.#current = next;
  }

  /** The fault for this request; counts it. */
  takeFault(channel, endpoint) {
    const { fault } = this.#current;
    const meant = (fault.channel ?? channel) === channel && (fault.endpoint ?? endpoint) === endpoint;
    if (fault.mode === 'ok' || !meant) return { ...FAULT };
    const taken = { ...fault };
    if (fault.times !== null) {
      fault.times -= 1;
      if (fault.times === 0) this.#current.fault = { ...FAULT };
    }
    // What the platform refuses it has not done.
    return ['busy', 'refused'].includes(taken.mode) ? { ...taken, effect: false } : taken;
  }
}

function check({ delay_ms: delay, rotate, old_refresh_token_s: old, lifetimes, fields, fault }) {
  requireOneOf(fault.mode, MODES, 'fault.mode');
  requireOneOf(fault.channel, [null, ...CHANNELS], 'fault.channel');
  requireOneOf(fault.endpoint, [null, 'token', 'refresh'], 'fault.endpoint');
  requireTimes(fault.times, 'fault.times');
  requireOneOf(rotate, [null, true, false], 'rotate');
  for (const [name, value] of Object.entries({ delay_ms: delay, old_refresh_token_s: old })) {
    if (!Number.isFinite(value) || value < 0) throw new ControlError(400, `${name} must be a number that is not negative`);
  }
  mergeSettings(fields, {}, fields, 'fields');
  mergeSettings(Object.fromEntries(CHANNELS.map((channel) => [channel, {}])), {}, lifetimes, 'lifetimes');
  for (const [channel, given] of Object.entries(lifetimes)) mergeSettings(LIFETIMES, {}, given, `lifetimes.${channel}`);
}
