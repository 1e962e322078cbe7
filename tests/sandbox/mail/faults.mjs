import { ControlError } from '../control.mjs';
import { mergeSettings, requireOneOf, requireTimes } from '../settings.mjs';

export const STEPS = ['connect', 'auth', 'mail', 'rcpt', 'data'];
export const MODES = ['ok', 'reply', 'hang', 'drop', 'garbage', 'endless', 'slow'];

const DEFAULTS = {
  mode: 'ok',
  step: 'rcpt', // where it happens; `data` is after the content was sent
  code: 450, // of `reply`
  text: 'not now', // likewise
  delay_ms: 200, // of `slow`
  effect: false, // at `data`: the mail is kept although the client does not hear of it
  recipient: null, // at `rcpt` and `data`: only for this address
  times: null, // sessions that it still applies to; null is until changed
};

/** How the mail server is told to misbehave. */
export class MailFaults {
  #fault = { ...DEFAULTS };

  snapshot() {
    return { ...this.#fault };
  }

  reset() {
    this.#fault = { ...DEFAULTS };
  }

  /** Naming a mode replaces the previous fault as a whole. */
  apply(patch) {
    const fault = mergeSettings(DEFAULTS, patch.mode === undefined ? this.#fault : DEFAULTS, patch, 'mail');
    requireOneOf(fault.mode, MODES, 'mode');
    requireOneOf(fault.step, STEPS, 'step');
    requireTimes(fault.times, 'times');
    if (!Number.isInteger(fault.code) || fault.code < 400 || fault.code > 599) {
      throw new ControlError(400, 'code must be a refusal, 400 to 599');
    }
    this.#fault = fault;
  }

  /** The fault at this step, or null; counts it. */
  take(step, recipient = null) {
    const fault = this.#fault;
    const meant = fault.mode !== 'ok' && fault.step === step;
    if (!meant || (fault.recipient !== null && fault.recipient !== recipient)) return null;
    if (fault.times !== null) {
      fault.times -= 1;
      if (fault.times === 0) this.#fault = { ...DEFAULTS };
    }
    return { ...fault };
  }
}
