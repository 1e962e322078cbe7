/** Tenants with something coming to them: their resources, or the end of their time. */
import { company, shanghai } from './members.mjs';
import { connect, named, now, rows, tenant } from './database.mjs';

const AT_ONCE = 500;

/** As registrations leave them, without the time that those take: ids of new tenants of that member, each with its job. */
export async function queue(owner, count) {
  const ids = [];
  for (let left = count; left > 0; left -= AT_ONCE) ids.push(...await some(owner, Math.min(left, AT_ONCE)));
  return ids;
}

async function some({ tenant: { user_id: user, email } }, count) {
  const made = await now();
  const config = JSON.stringify({ plan: 'basic', price: 50 });
  const tenants = Array.from({ length: count }, () => {
    const { company_name: name, domain } = company();
    return [user, name, domain, email, 1, 'pending', config, shanghai(made + 30 * 86_400), made, made];
  });
  await rows('INSERT INTO {tenant} (user_id, tenant_name, domain, email, max_agents, status, config, expire_at, '
    + 'createtime, updatetime) VALUES ?', [tenants]);
  const found = await rows('SELECT id FROM {tenant} WHERE domain IN (?)', [tenants.map(([, , domain]) => domain)]);
  const ids = found.map(({ id }) => id);
  await rows('INSERT INTO {log} (tenant_id, action, detail, status, operator, createtime) VALUES ?',
    [ids.map((id) => [id, 'register', '{}', 'success', 'system', made])]);
  const key = (id) => `chathub-${id}-${Math.random().toString(36).slice(2).toUpperCase()}`;
  await rows('INSERT INTO {job} (tenant_id, kind, idempotency_key, next_at, createtime, updatetime) VALUES ?',
    [ids.map((id) => [id, 'provision', key(id), made, made, made])]);
  return ids;
}

/** How many seconds earlier a tenant that never paid must have registered for its service to end so many days from now. */
async function earlier(id, days) {
  const { createtime } = await tenant(id);
  return createtime - ((await now()) + (days - 30) * 86_400);
}

const MOVED = 'createtime = createtime - :by, expire_at = expire_at - INTERVAL :by SECOND';

/** Its service ends so many days from now. */
export async function endsIn(id, days) {
  const by = await earlier(id, days);
  await rows(`UPDATE {tenant} SET ${MOVED} WHERE id = ?`.replaceAll(':by', `${by}`), [id]);
}

/**
 * It ended ten days ago, and its member was told four days later: the grace is over. At once or not at all, because
 * workers look on, and only for a tenant that nobody has told of anything.
 */
export async function graceIsOver(id) {
  const by = await earlier(id, -10);
  const connection = await connect();
  try {
    await connection.beginTransaction();
    const [{ affectedRows: moved }] = await connection.query(named(`UPDATE {tenant} SET ${MOVED}, notice_for = expire_at,
      notice_stage = 0, notice_at = expire_at + INTERVAL 4 DAY WHERE id = ? AND notice_for IS NULL`.replaceAll(':by', `${by}`)), [id]);
    if (moved === 1) {
      await connection.query(named("INSERT INTO {log} (tenant_id, action, detail, createtime) VALUES (?, 'notice', '{}', UNIX_TIMESTAMP())"), [id]);
    }
    await connection.commit();
  } finally {
    await connection.end();
  }
}
