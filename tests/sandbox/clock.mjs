// Alipay writes and reads times as `yyyy-MM-dd HH:mm:ss` in Asia/Shanghai, which has had no
// daylight saving since 1991: a fixed offset is exact, and independent of this machine's zone.

const SHANGHAI_MS = 8 * 3600 * 1000;
const PATTERN = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/;

export function formatShanghai(ms) {
  return new Date(ms + SHANGHAI_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** With milliseconds, the form of `gmt_refund`. */
export function formatShanghaiMillis(ms) {
  return new Date(ms + SHANGHAI_MS).toISOString().slice(0, 23).replace('T', ' ');
}

/** @returns {number|null} Unix milliseconds; null when the text is not such a time */
export function parseShanghai(text) {
  const match = PATTERN.exec(text ?? '');
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - SHANGHAI_MS;
  // Date.UTC rolls 02-30 over into March: what does not come back unchanged is no date.
  return formatShanghai(ms) === text ? ms : null;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** WeChat Pay's form: `yyyy-MM-ddTHH:mm:ss+08:00`. */
export function formatRfc3339(ms) {
  return `${new Date(ms + SHANGHAI_MS).toISOString().slice(0, 19)}+08:00`;
}

/** @returns {number|null} Unix milliseconds; null when the text is not such a time */
export function parseRfc3339(text) {
  if (typeof text !== 'string' || !RFC3339.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
