import { ControlError } from '../control.mjs';
import { mergeSettings, requireOneOf, requireTimes } from '../settings.mjs';
import { MODES } from './modes.mjs';

const PATHS = ['/provision', '/suspend', '/activate', '/health'];
const DEFAULTS = {
  mode: 'ok',
  times: null, // requests that it still applies to, then ok; null is until changed
  path: null, // only this path; null is every POST
  effect: null, // null is the mode's own
  remember: null, // likewise
};

/** How the provisioning service is told to misbehave. */
export class ProvisionSettings {
  #fault = { ...DEFAULTS };
  #initialDelay;
  #delay;

  /** @param {[number, number]} delayMs the shortest and the longest time that work takes */
  constructor(delayMs) {
    this.#initialDelay = delayMs;
    this.#delay = delayMs;
  }

  get mode() {
    return this.#fault.mode;
  }

  snapshot() {
    return { ...this.#fault, delay_ms: this.#delay };
  }

  reset() {
    this.#fault = { ...DEFAULTS };
    this.#delay = this.#initialDelay;
  }

  /** Naming a mode replaces the previous fault as a whole. */
  apply({ delay_ms: delayMs, ...patch }) {
    const fault = mergeSettings(DEFAULTS, patch.mode === undefined ? this.#fault : DEFAULTS, patch, 'provision');
    requireOneOf(fault.mode, Object.keys(MODES), 'mode');
    requireTimes(fault.times, 'times');
    requireOneOf(fault.path, [null, ...PATHS], 'path');
    if (fault.mode === 'refused' && fault.times !== null) {
      throw new ControlError(400, 'refused cannot count: no request arrives; set mode ok to open again');
    }
    if (delayMs !== undefined) this.#delay = readDelay(delayMs);
    this.#fault = fault;
  }

  /** This request's mode with its options; counts it. */
  take(method, path) {
    const fault = this.#fault;
    const meant = fault.path === null ? method === 'POST' : fault.path === path;
    const name = meant && fault.mode !== 'refused' ? fault.mode : 'ok';
    const mode = { name, ...MODES[name] };
    if (name === 'ok') return mode;
    if (fault.times !== null) {
      fault.times -= 1;
      if (fault.times === 0) this.#fault = { ...DEFAULTS };
    }
    return { ...mode, effect: fault.effect ?? mode.effect, remember: fault.remember ?? mode.remember };
  }

  pickDelayMs() {
    const [shortest, longest] = this.#delay;
    return shortest + Math.random() * (longest - shortest);
  }
}

/** `300`, `[2000, 4000]` or `"2000-4000"`. */
export function readDelay(value) {
  const range = typeof value === 'string' ? value.split('-').map(Number) : [value].flat();
  const [shortest, longest = shortest] = range;
  const valid = range.length <= 2 && [shortest, longest].every((ms) => Number.isFinite(ms) && ms >= 0);
  if (!valid || longest < shortest) throw new ControlError(400, 'delay_ms must be milliseconds, or a range of them');
  return [shortest, longest];
}
