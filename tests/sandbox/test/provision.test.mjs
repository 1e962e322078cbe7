import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { openSandbox, until } from './support.mjs';

let sandbox;
before(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.control('reset', {}));
after(() => sandbox.close());

const ACME = { name: 'Acme', domain: 'acme.example', email: 'boss@acme.example', type: 'web_widget', max_agents: 2 };
const tell = (body) => sandbox.control('provision', body);
const report = (filter = '') => sandbox.control(`provision${filter}`);
const createdCount = async () => (await report()).created.length;

function request(path, body, { key, headers, ...options } = {}) {
  return fetch(`${sandbox.info.provision_url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'Content-Type': 'application/json',
      'X-API-Key': sandbox.info.provision_api_key,
      ...(key && { 'Idempotency-Key': key }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...options,
  });
}

async function provision(key, body = ACME) {
  const res = await request('/provision', body, { key });
  return { status: res.status, body: await res.json() };
}

test('health needs no key', async () => {
  const res = await fetch(`${sandbox.info.provision_url}/health`);
  assert.equal(res.status, 200);
  assert.deepEqual(await res.json(), { status: 'ok' });
});

test('a success has every field, and an embed code that must be escaped', async () => {
  const { status, body } = await provision('k1');
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), [
    'inbox_id', 'inbox_token', 'inbox_name', 'team_id', 'team_name', 'agent_id', 'agent_cw_id', 'agent_cw_password',
    'agent_dir', 'embed_code', 'ws_agent_updated',
  ]);
  assert.ok(Number.isInteger(body.inbox_id));
  assert.match(body.embed_code, /^<script>\n[^]*"[^]*'[^]*<\/script>\n$/);
  const { created } = await report();
  assert.deepEqual(
    created.map(({ name, domain, email, key, inbox_id: inboxId }) => [name, domain, email, key, inboxId]),
    [['Acme', 'acme.example', 'boss@acme.example', 'k1', body.inbox_id]],
  );
});

test('a wrong API key is refused with JSON that is labelled HTML', async () => {
  for (const key of ['wrong', '']) {
    const res = await request('/provision', ACME, { headers: { 'X-API-Key': key } });
    assert.equal(res.status, 401);
    assert.match(res.headers.get('content-type'), /^text\/html/);
    assert.equal(typeof JSON.parse(await res.text()).error, 'string');
  }
  assert.equal(await createdCount(), 0);
});

test('wrong input is refused and not remembered', async () => {
  const wrong = [
    { name: '' }, { name: 'x'.repeat(101) }, { name: 5 }, { domain: ' ' }, { domain: 'x'.repeat(256) }, { email: 'nobody' },
    { email: `${'x'.repeat(255)}@` }, { type: 'amazon' }, { type: undefined }, { max_agents: '2' }, { max_agents: 0 },
  ];
  for (const change of wrong) {
    const { status, body } = await provision('k1', { ...ACME, ...change });
    assert.equal(status, 400, JSON.stringify(change));
    assert.equal(typeof body.error, 'string');
  }
  for (const text of ['', '[]', 'null', '{"name":']) assert.equal((await request('/provision', text)).status, 400);
  assert.equal((await request('/provision', ACME, { headers: { 'Content-Type': 'text/plain' } })).status, 400);
  assert.equal((await provision('k1', { ...ACME, name: '名'.repeat(100) })).status, 200);
});

test('a remembered success is replayed without work', async () => {
  const first = await provision('k1');
  for (let replay = 0; replay < 3; replay += 1) assert.deepEqual(await provision('k1'), first);
  assert.equal(await createdCount(), 1);
  assert.deepEqual((await report()).requests.map((each) => each.replay), [false, true, true, true]);
});

test('a remembered failure: its status once, then 200 with the error', async () => {
  for (const [mode, status] of [['error_json_500', 500], ['error_502', 502]]) {
    await tell({ mode, times: 1 });
    const answers = [];
    for (let attempt = 0; attempt < 4; attempt += 1) answers.push(await provision(mode));
    assert.deepEqual(answers.map((answer) => answer.status), [status, status, 200, 200]);
    assert.ok(answers.every(({ body }) => body.error && body.inbox_id === undefined));
  }
  assert.equal(await createdCount(), 0);
  assert.ok((await provision('another')).body.inbox_id);
});

test('the memory ends after its lifetime', async () => {
  await tell({ mode: 'error_json_500', times: 1, memory_ms: 0 });
  assert.equal((await provision('k1')).status, 500);
  assert.equal((await provision('k1')).status, 200);
});

test('without a key nothing is remembered, and the second attempt meets the user', async () => {
  assert.equal((await provision(null)).status, 200);
  const { status, body } = await provision(null);
  assert.deepEqual([status, body], [500, { error: 'user already exists' }]);
});

test('two requests at once with one key both create', async () => {
  const [a, b] = await Promise.all([provision('k1'), provision('k1')]);
  assert.notEqual(a.body.inbox_id, b.body.inbox_id);
  const state = await report();
  assert.deepEqual(state.created_count_by_tenant, { 'boss@acme.example|acme.example|Acme': 2 });
  assert.equal(state.max_in_flight_per_tenant, 2);
});

test('requests of several tenants, and of one after the other, are told apart from overlapping ones', async () => {
  const other = { ...ACME, name: 'Other' };
  await Promise.all([provision('a'), provision('b', other)]);
  await provision('a');
  const state = await report();
  assert.deepEqual([state.max_in_flight, state.max_in_flight_per_tenant, state.in_flight], [2, 1, 0]);
  assert.equal((await report('?name=Other')).created.length, 1);
});

test('crash after the effect: no answer, and the user is in the way until an operator removes it', async () => {
  await tell({ mode: 'crash_after_effect', times: 1 });
  await assert.rejects(provision('k1'));
  assert.equal(await createdCount(), 1);
  assert.deepEqual((await provision('k1')).body, { error: 'user already exists' });
  assert.equal((await tell({ remove: ACME })).removed, 1);
  assert.equal((await provision('k2')).status, 200);
});

test('a lost answer whose key is remembered is healed by the same key', async () => {
  await tell({ mode: 'crash_after_effect', times: 1, remember: true });
  await assert.rejects(provision('k1'));
  assert.ok((await provision('k1')).body.inbox_id);
  assert.equal(await createdCount(), 1);
});

test('modes that spoil the answer', async () => {
  const spoilt = async (mode, options = {}) => {
    await tell({ mode, times: 1, ...options });
    const res = await request('/provision', { ...ACME, name: `${mode}${JSON.stringify(options)}` }, { key: mode });
    return { status: res.status, type: res.headers.get('content-type'), text: await res.text(), location: res.headers.get('location') };
  };
  assert.match((await spoilt('ok_with_error')).text, /^\{"error":/);
  assert.equal(JSON.parse((await spoilt('ok_without_inbox')).text).inbox_id, undefined);
  assert.equal(typeof JSON.parse((await spoilt('inbox_not_integer')).text).inbox_id, 'string');
  const broken = await spoilt('bad_json');
  assert.equal(broken.status, 200);
  assert.throws(() => JSON.parse(broken.text));
  for (const [mode, status] of [['html', 200], ['error_html_500', 500]]) {
    const page = await spoilt(mode);
    assert.equal(page.status, status);
    assert.match(page.text, /^<!DOCTYPE html>/);
  }
  assert.deepEqual(await spoilt('redirect'), { status: 302, type: null, text: '', location: '/provision' });
  assert.equal((await spoilt('unauthorized')).status, 401);
  assert.equal(await createdCount(), 0);
  assert.ok((await spoilt('huge')).text.length > 10 * 1024 * 1024);
  assert.equal(await createdCount(), 1);
});

test('effect: the work is done although the answer says otherwise', async () => {
  await tell({ mode: 'error_html_500', effect: true, times: 1 });
  assert.equal((await request('/provision', ACME, { key: 'k1' })).status, 500);
  assert.ok((await provision('k1')).body.inbox_id);
  assert.equal(await createdCount(), 1);
});

test('hang and drip outlast the client, and the same key finds the work done', async () => {
  for (const mode of ['hang', 'drip']) {
    const body = { ...ACME, name: mode };
    await tell({ mode, times: 1 });
    const call = request('/provision', body, { key: mode, signal: AbortSignal.timeout(200) });
    await assert.rejects(call.then((res) => res.text()), { name: 'TimeoutError' });
    assert.equal((await provision(mode, body)).status, 200);
    assert.equal((await report(`?name=${mode}`)).created.length, 1);
  }
  await until(async () => (await report()).in_flight === 0);
  const state = await report();
  assert.equal(state.max_in_flight_per_tenant, 1);
  assert.deepEqual(state.requests.map((each) => each.ended), ['disconnected', 'answered', 'disconnected', 'answered']);
});

test('refused closes the socket, ok opens it on the same port', async () => {
  await provision('k1');
  assert.equal((await tell({ mode: 'refused' })).listening, false);
  await assert.rejects(provision('k2'), (error) => error.cause.code === 'ECONNREFUSED');
  await tell({ mode: 'ok' });
  assert.equal((await provision('k1')).status, 200);
});

test('times counts, path restricts', async () => {
  await tell({ mode: 'error_json_500', times: 2, path: '/suspend' });
  const { body } = await provision('k1');
  const suspend = { inbox_id: body.inbox_id, tenant_name: ACME.name, domain: ACME.domain };
  const statuses = [];
  for (let attempt = 0; attempt < 3; attempt += 1) statuses.push((await request('/suspend', suspend)).status);
  assert.deepEqual(statuses, [500, 500, 200]);
  await tell({ mode: 'hang', path: '/health' });
  await assert.rejects(fetch(`${sandbox.info.provision_url}/health`, { signal: AbortSignal.timeout(100) }));
});

test('suspend and activate', async () => {
  const { body: { inbox_id: inboxId } } = await provision('k1');
  const call = async (path, body) => {
    const res = await request(path, body);
    return [res.status, (await res.json()).success ?? false, (await report()).created[0].suspended];
  };
  assert.deepEqual(await call('/suspend', { inbox_id: inboxId, tenant_name: 'Acme', domain: 'acme.example' }), [200, true, true]);
  assert.deepEqual(await call('/activate', { inbox_id: inboxId }), [200, true, false]);
  assert.deepEqual(await call('/activate', { inbox_id: 1 }), [500, false, false]);
  assert.deepEqual(await call('/activate', { inbox_id: `${inboxId}` }), [400, false, false]);
  assert.deepEqual(await call('/suspend', { inbox_id: inboxId }), [400, false, false]);
});

test('the work takes its time, and goes on when the client has left', async () => {
  await tell({ delay_ms: 3_600_000 });
  const client = new AbortController();
  const call = request('/provision', ACME, { key: 'k1', signal: client.signal });
  await until(async () => (await report()).in_flight === 1);
  client.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await until(async () => (await report()).in_flight === 0);
  assert.equal(await createdCount(), 0);

  await tell({ delay_ms: [200, 300] });
  await assert.rejects(request('/provision', ACME, { key: 'k2', signal: AbortSignal.timeout(50) }));
  await until(async () => (await createdCount()) === 1);
});

test('the delay is a number or a range', async () => {
  assert.deepEqual((await tell({ delay_ms: 5 })).delay_ms, [5, 5]);
  assert.deepEqual((await tell({ delay_ms: '2000-4000' })).delay_ms, [2000, 4000]);
  for (const wrong of ['fast', -1, [5, 1], [1, 2, 3]]) await assert.rejects(tell({ delay_ms: wrong }), { status: 400 });
});
