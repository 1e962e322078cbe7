import { randomBytes } from 'node:crypto';
import { Listener } from '../http/listener.mjs';
import { ControlError } from '../control.mjs';
import { IdempotencyMemory, DEFAULT_MEMORY_MS } from './memory.mjs';
import { Ledger } from './ledger.mjs';
import { Resources, tenantKey } from './resources.mjs';
import { ProvisionService } from './service.mjs';
import { ProvisionSettings, readDelay } from './settings.mjs';

/**
 * The provisioning service on a listener of its own, which can be closed.
 * @returns a service: `open`, `close`, `control`, `publish`, `reset`
 */
export function createProvision({ host, delay }) {
  const apiKey = randomBytes(24).toString('base64url');
  const resources = new Resources();
  const memory = new IdempotencyMemory();
  const ledger = new Ledger();
  const settings = new ProvisionSettings(readDelay(delay));
  const service = new ProvisionService({ apiKey, resources, memory, settings, ledger });
  const listener = new Listener((req, res) => service.handle(req, res), { host });
  const state = { resources, memory, ledger, settings, listener };

  return {
    open: () => listener.open(),
    close: () => listener.close(),
    control: {
      'POST provision': (body) => configure(state, body),
      'GET provision': (_, query) => report(state, query),
    },
    publish: () => ({ provision_url: listener.url, provision_api_key: apiKey }),
    async reset() {
      await configure(state, { reset: true });
      resources.clear();
      memory.clear();
      ledger.clear();
    },
  };
}

async function configure({ resources, memory, settings, listener }, body) {
  const { reset = false, forget = false, remove = null, memory_ms: memoryMs, ...patch } = body;
  if (memoryMs !== undefined && !(Number.isFinite(memoryMs) && memoryMs >= 0)) {
    throw new ControlError(400, 'memory_ms must be milliseconds');
  }
  if (reset) {
    settings.reset();
    memory.lifetimeMs = DEFAULT_MEMORY_MS;
  }
  settings.apply(patch);
  if (memoryMs !== undefined) memory.lifetimeMs = memoryMs;
  if (forget) memory.clear();
  const removed = remove === null ? 0 : resources.remove(remove);
  if (settings.mode === 'refused') await listener.close();
  else await listener.open();
  return { ...settings.snapshot(), memory_ms: memory.lifetimeMs, listening: listener.isOpen, removed };
}

/** Everything, or what belongs to `?email=`, `?domain=`, `?name=`. */
function report({ resources, memory, ledger, settings, listener }, query) {
  const wanted = ['email', 'domain', 'name'].filter((field) => query.has(field));
  const created = resources.list().filter((made) => wanted.every((field) => made[field] === query.get(field)));
  const counts = {};
  for (const made of created) counts[tenantKey(made)] = (counts[tenantKey(made)] ?? 0) + 1;
  const byTenant = ledger.maxInFlightByTenant();
  return {
    settings: { ...settings.snapshot(), memory_ms: memory.lifetimeMs, listening: listener.isOpen },
    created,
    created_count_by_tenant: counts,
    requests: ledger.list(),
    in_flight: ledger.inFlight(),
    max_in_flight: ledger.maxInFlight(),
    max_in_flight_per_tenant: Math.max(0, ...Object.values(byTenant)),
    max_in_flight_by_tenant: byTenant,
  };
}
