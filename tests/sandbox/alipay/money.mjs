// Amounts are yuan with at most two decimals on the wire, integer fen inside.

const YUAN = /^(0|[1-9]\d{0,8})(?:\.(\d{1,2}))?$/;

/** @returns {number|null} fen; null when the text is not such an amount */
export function parseYuan(text) {
  const match = YUAN.exec(text ?? '');
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : null;
}

export function formatYuan(fen) {
  return `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
}
