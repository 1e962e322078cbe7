import { randomBytes, randomInt, randomUUID } from 'node:crypto';

// Credentials of a run are random: what leaks from it opens nothing, and what a test finds can only come from here.
export const hex = (bytes) => randomBytes(bytes).toString('hex');
export const letters = (bytes) => randomBytes(bytes).toString('base64url');
export const digits = (count) => Array.from({ length: count }, () => randomInt(10)).join('');
export const uuid = () => randomUUID();
