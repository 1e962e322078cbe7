import { ControlError } from './control.mjs';

/**
 * Copies `patch` over `current`. A key that `defaults` does not know is refused:
 * a misspelt setting would otherwise make a test pass against a well-behaved provider.
 */
export function mergeSettings(defaults, current, patch, label) {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) {
    throw new ControlError(400, `${label} must be an object`);
  }
  for (const key of Object.keys(patch)) {
    if (!Object.hasOwn(defaults, key)) {
      throw new ControlError(400, `${label} has no setting ${key}; it has: ${Object.keys(defaults).join(', ')}`);
    }
  }
  return { ...current, ...patch };
}

export function requireOneOf(value, allowed, label) {
  if (!allowed.includes(value)) {
    throw new ControlError(400, `${label} must be one of: ${allowed.join(', ')}`);
  }
}

/** `times` counts the requests that a fault still applies to; null is "until changed". */
export function requireTimes(value, label) {
  if (value !== null && !(Number.isInteger(value) && value > 0)) {
    throw new ControlError(400, `${label} must be a positive integer or null`);
  }
}
