const KEPT = 20_000;
// A client that gives up and at once asks again may be heard in the wrong order.
const DISCONNECT_TOLERANCE_MS = 20;

/** Every request to the service, with its beginning and end: the proof of what ran at the same time. */
export class Ledger {
  #requests = [];

  /** Follows one request until its answer is sent or its client is gone. */
  begin(res, { method, path, key }) {
    const request = {
      at: new Date().toISOString(), method, path, key, tenant: null, mode: null, status: null, replay: false,
      ended: null, ms: null, started_at: performance.now(), ended_at: null,
    };
    const end = (how) => {
      if (request.ended !== null) return;
      request.ended = how;
      request.status = how === 'answered' ? res.statusCode : null;
      request.ended_at = performance.now();
      request.ms = Math.round(request.ended_at - request.started_at);
    };
    res.once('finish', () => end('answered'));
    res.once('close', () => end('disconnected'));
    this.#requests.push(request);
    if (this.#requests.length > KEPT) this.#requests.shift();
    return request;
  }

  list() {
    return this.#requests.map(({ started_at: startedAt, ended_at: endedAt, ...request }) => request);
  }

  inFlight() {
    return this.#requests.filter((request) => request.method === 'POST' && request.ended === null).length;
  }

  /** @returns {number} the most requests that were open at one time */
  maxInFlight() {
    return maxOverlap(this.#requests.filter((request) => request.method === 'POST'));
  }

  /** @returns {Record<string, number>} the same per tenant */
  maxInFlightByTenant() {
    const byTenant = new Map();
    for (const request of this.#requests) {
      if (request.tenant === null) continue;
      if (!byTenant.has(request.tenant)) byTenant.set(request.tenant, []);
      byTenant.get(request.tenant).push(request);
    }
    return Object.fromEntries([...byTenant].map(([tenant, requests]) => [tenant, maxOverlap(requests)]));
  }

  clear() {
    this.#requests = [];
  }
}

function maxOverlap(requests) {
  const changes = requests.flatMap((request) => [
    { at: request.started_at, by: 1 },
    { at: endOf(request), by: -1 },
  ]);
  // At one moment, ends come before beginnings.
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let open = 0;
  let most = 0;
  for (const change of changes) {
    open += change.by;
    most = Math.max(most, open);
  }
  return most;
}

function endOf({ started_at: startedAt, ended_at: endedAt, ended }) {
  if (ended === null) return Infinity;
  return ended === 'disconnected' ? Math.max(startedAt, endedAt - DISCONNECT_TOLERANCE_MS) : endedAt;
}
