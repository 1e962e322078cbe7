const MAX_BODY_BYTES = 8 * 1024 * 1024;

export class BodyTooLarge extends Error {}

/** @returns {Promise<Buffer>} the body as received */
export async function readBody(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function pathOf(req) {
  return req.url.split('?', 1)[0];
}

export function queryOf(req) {
  const at = req.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1));
}

/**
 * Query and form body as one set of parameters.
 * @returns {{params: Record<string,string>, duplicates: string[]}}
 */
export function collectParams(...sources) {
  const params = {};
  const duplicates = [];
  for (const source of sources) {
    for (const [key, value] of source) {
      if (Object.hasOwn(params, key)) duplicates.push(key);
      params[key] = value;
    }
  }
  return { params, duplicates };
}
