/** Proofs run at a small size in every test run, and at full size for `make prove`, which prints their figures. */
import { appendFileSync } from 'node:fs';

export const FULL = process.env.CHATHUB_PROVE === 'full';

/** A number at full size, and another otherwise. */
export const size = (full, small) => (FULL ? full : small);

/** A figure for the table; nothing where nobody asked for one. */
export function figure(proof, what, value) {
  if (process.env.CHATHUB_FIGURES) appendFileSync(process.env.CHATHUB_FIGURES, `${proof}\t${what}\t${value}\n`);
}
