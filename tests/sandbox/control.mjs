import { readBody, pathOf, queryOf } from './http/request.mjs';
import { sendJson } from './http/answer.mjs';

/** A control call that cannot be done; its message goes to the caller. */
export class ControlError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves `/control/*` from one table: `'POST pay': async (body, query) => result`.
 * Each provider contributes its own part of the table.
 */
export function createControl(routes) {
  return async function handleControl(req, res) {
    const name = pathOf(req).slice('/control/'.length);
    const route = routes[`${req.method} ${name}`];
    if (!route) {
      return sendJson(res, 404, { error: `no control call ${req.method} ${name}`, calls: Object.keys(routes).sort() });
    }
    try {
      const body = req.method === 'POST' ? parseBody(await readBody(req)) : {};
      return sendJson(res, 200, (await route(body, queryOf(req))) ?? { ok: true });
    } catch (error) {
      if (error instanceof ControlError) return sendJson(res, error.status, { error: error.message });
      throw error;
    }
  };
}

function parseBody(bytes) {
  if (bytes.length === 0) return {};
  let value;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ControlError(400, 'the body is not JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ControlError(400, 'the body must be a JSON object');
  }
  return value;
}
