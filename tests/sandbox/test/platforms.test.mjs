import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { openSandbox, until } from './support.mjs';
import {
  ask, authorizeUrl, BACK, bind, CHANNELS, codeOf, decide, exchange, facts, press, refresh, refusal,
} from './platforms_support.mjs';

let sandbox;
let info;
before(async () => {
  sandbox = await openSandbox();
  info = sandbox.info;
});
afterEach(async () => {
  await sandbox.control('reset', {});
  await sandbox.control('platforms/register', { redirect_uris: [] });
});
after(() => sandbox.close());

const set = (given) => sandbox.control('platforms', given);
const shops = async (channel) => (await sandbox.control(`platforms?channel=${channel}`)).shops;

/** Each platform's word for a grant that is not good (any more). */
const DEAD_CODE = { amazon: 'invalid_grant', jd: 407, taobao: 'invalid_grant', pdd: 50001, tiktok: 10007 };
const DEAD_TOKEN = { amazon: 'invalid_grant', jd: 408, taobao: 'invalid_grant', pdd: 10019, tiktok: 10010 };

for (const channel of CHANNELS) {
  describe(channel, () => {
    test('consent, code, tokens, fresh tokens', async () => {
      const { status, back } = await decide(info, channel, { state: 'a+b/c=d&e' });
      assert.equal(status, 303);
      assert.equal(`${back.origin}${back.pathname}`, BACK);
      assert.equal(back.searchParams.get('state'), 'a+b/c=d&e');
      const got = facts(channel, await exchange(info, channel, back));
      assert.ok(got.access_token.length > 20 && got.refresh_token.length > 20 && got.expires_in > 0);
      const fresh = facts(channel, await refresh(info, channel, got.refresh_token));
      assert.notEqual(fresh.access_token, got.access_token);
      assert.equal(fresh.refresh_token === got.refresh_token, ['amazon', 'tiktok'].includes(channel));
      const [shop] = await shops(channel);
      assert.deepEqual([shop.exchanges, shop.refreshes, shop.refused], [1, 1, 0]);
      assert.deepEqual(shop.grants[0].tokens.map((token) => [token.from, token.access_token]), [['code', got.access_token], ['refresh', fresh.access_token]]);
    });

    test('a refused consent comes back as an error, without a code', async () => {
      const { back } = await decide(info, channel, { decision: 'deny' });
      assert.equal(back.searchParams.get('error'), 'access_denied');
      assert.equal(codeOf(channel, back), null);
      assert.equal(back.searchParams.get('state'), 's'.repeat(32));
    });

    test('what is wrong with a request is said on the page, and nobody is sent anywhere', async () => {
      const [client] = Object.keys({ amazon: { application_id: 1 }, jd: { app_key: 1 }, taobao: { client_id: 1 }, pdd: { client_id: 1 }, tiktok: { client_key: 1 } }[channel]);
      for (const changes of [{ [client]: 'nobody' }, { redirect_uri: 'http://evil.example/' }, { redirect_uri: 'nonsense' }, { misspelt: '1' },
        ...(channel === 'amazon' ? [{ redirect_uri: null }] : [{ redirect_uri: null }, { response_type: 'token' }])]) {
        const res = await fetch(authorizeUrl(info, channel, changes), { redirect: 'manual' });
        assert.equal(res.status, 400, JSON.stringify(changes));
        assert.match(await res.text(), /id="refused"/);
      }
      await sandbox.control('platforms/register', { redirect_uris: [BACK] });
      assert.equal((await fetch(authorizeUrl(info, channel))).status, 200);
      assert.equal((await fetch(authorizeUrl(info, channel, { redirect_uri: `${BACK}/` }))).status, 400);
    });

    test('a code works once, within its life', async () => {
      const { back } = await decide(info, channel);
      facts(channel, await exchange(info, channel, back));
      assert.equal(refusal(channel, await exchange(info, channel, back)), DEAD_CODE[channel]);
      assert.equal(refusal(channel, await exchange(info, channel, back, { code: 'invented' })), DEAD_CODE[channel]);
      await set({ lifetimes: { [channel]: { code_s: 0 } } });
      assert.equal(refusal(channel, await exchange(info, channel, (await decide(info, channel)).back)), DEAD_CODE[channel]);
    });

    test('who asks must be the application', async () => {
      const { back } = await decide(info, channel);
      const [id, secret] = { amazon: ['client_id', 'client_secret'], jd: ['app_key', 'app_secret'], taobao: ['client_id', 'client_secret'], pdd: ['client_id', 'client_secret'], tiktok: ['client_key', 'client_secret'] }[channel];
      for (const changes of [{ [id]: 'x' }, { [secret]: 'x' }, { [id]: null }, { [secret]: null }, { grant_type: 'password' }, { grant_type: null }, { code: null }]) {
        const answer = await exchange(info, channel, back, changes);
        assert.notEqual(refusal(channel, answer), null, JSON.stringify(changes));
        assert.ok(!answer.text.includes('access_token'));
      }
      facts(channel, await exchange(info, channel, back));
    });

    test('a dead refresh token has the platform\'s own error', async () => {
      const got = await bind(info, channel);
      assert.equal(refusal(channel, await refresh(info, channel, 'invented')), DEAD_TOKEN[channel]);
      const [shop] = await shops(channel);
      await sandbox.control('platforms/end', { channel, shop_id: shop.id, what: 'refresh_token' });
      assert.equal(refusal(channel, await refresh(info, channel, got.refresh_token)), DEAD_TOKEN[channel]);
      const again = await bind(info, channel);
      facts(channel, await refresh(info, channel, again.refresh_token));
      await sandbox.control('platforms/end', { channel, shop_id: shop.id, what: 'grant' });
      assert.equal(refusal(channel, await refresh(info, channel, again.refresh_token)), DEAD_TOKEN[channel]);
      assert.equal((await shops(channel))[0].refused, 2);
    });

    test('told to, it kills the old refresh token at once', async () => {
      await set({ rotate: true, old_refresh_token_s: 0 });
      const got = await bind(info, channel);
      const fresh = facts(channel, await refresh(info, channel, got.refresh_token));
      assert.notEqual(fresh.refresh_token, got.refresh_token);
      assert.equal(refusal(channel, await refresh(info, channel, got.refresh_token)), DEAD_TOKEN[channel]);
      facts(channel, await refresh(info, channel, fresh.refresh_token));
    });

    test('faults', async () => {
      const got = await bind(info, channel);
      const faulty = async (fault) => {
        await set({ fault: { times: 1, endpoint: 'refresh', ...fault } });
        return refresh(info, channel, got.refresh_token);
      };
      assert.equal((await faulty({ mode: 'status_500' })).status, 500);
      assert.match((await faulty({ mode: 'html' })).text, /^<!DOCTYPE/);
      assert.equal((await faulty({ mode: 'truncated' })).body, null);
      assert.equal((await faulty({ mode: 'huge' })).text.length > 10_000_000, true);
      assert.equal(refusal(channel, await faulty({ mode: 'refused' })), DEAD_TOKEN[channel]);
      assert.notEqual(refusal(channel, await faulty({ mode: 'busy' })), null);
      await assert.rejects(faulty({ mode: 'crash_after_effect' }), /fetch failed/);
      const [shop] = await shops(channel);
      assert.equal(shop.refreshes, 5, 'the last one was done as well');
      assert.deepEqual((await sandbox.control('platforms')).settings.fault.mode, 'ok');
      facts(channel, await refresh(info, channel, got.refresh_token));
    });
  });
}

test('the facts that only one platform has', async () => {
  const { back } = await decide(info, 'amazon', { shop: 'Blue Whale' });
  const [whale] = await shops('amazon');
  assert.equal(back.searchParams.get('selling_partner_id'), whale.id);
  assert.equal((await bind(info, 'jd')).open_id, (await shops('jd'))[0].id);
  const taobao = await bind(info, 'taobao', { shop: '蓝鲸旗舰店' });
  assert.equal(taobao.taobao_user_nick, encodeURIComponent('蓝鲸旗舰店'));
  assert.equal(taobao.taobao_user_id, (await shops('taobao'))[0].id);
  const pdd = await bind(info, 'pdd', { shop: '蓝鲸' });
  assert.equal(pdd.owner_name, '蓝鲸');
  assert.ok(Array.isArray(pdd.scope));
  assert.match((await bind(info, 'tiktok')).open_id, /^_000/);
});

test('拼多多: authorising again ends the older grant; 淘宝: re_expires_in 0 is the end', async () => {
  const first = await bind(info, 'pdd');
  await bind(info, 'pdd');
  assert.equal(refusal('pdd', await refresh(info, 'pdd', first.refresh_token)), DEAD_TOKEN.pdd);
  await set({ lifetimes: { taobao: { refresh_s: 0 } } });
  const taobao = await bind(info, 'taobao');
  assert.equal(taobao.re_expires_in, 0);
  assert.equal(refusal('taobao', await refresh(info, 'taobao', taobao.refresh_token)), 'invalid_grant');
});

test('the address at the token endpoint is the one of the page', async () => {
  for (const channel of ['amazon', 'taobao', 'pdd']) {
    for (const address of [`${BACK}x`, null]) {
      const { back } = await decide(info, channel);
      assert.notEqual(refusal(channel, await exchange(info, channel, back, { redirect_uri: address })), null, channel);
    }
  }
});

test('amazon sends its sellers to the registered address when the request names none', async () => {
  await sandbox.control('platforms/register', { redirect_uris: [BACK] });
  const { back } = await decide(info, 'amazon', { redirect_uri: null, version: 'beta' });
  assert.equal(`${back.origin}${back.pathname}`, BACK);
  facts('amazon', await exchange(info, 'amazon', back));
});

test('where the parameters travel', async () => {
  const { back } = await decide(info, 'taobao');
  assert.equal((await exchange(info, 'taobao', back, {}, { type: 'application/json' })).body.error, 'invalid_request');
  assert.equal((await exchange(info, 'taobao', back, {}, { method: 'GET' })).status, 405);
  const pdd = await decide(info, 'pdd');
  assert.equal((await exchange(info, 'pdd', pdd.back, {}, { type: 'application/x-www-form-urlencoded' })).body.error_response.error_code, 10001);
  const got = await bind(info, 'tiktok');
  const toTokenEndpoint = await ask(info, 'tiktok', 'token', { grant_type: 'refresh_token', refresh_token: got.refresh_token });
  assert.equal(refusal('tiktok', toTokenEndpoint), 2100005);
});

test('an old page and a page of another platform decide nothing', async () => {
  const page = await (await fetch(authorizeUrl(info, 'jd'))).text();
  const request = /name="request" value="([^"]+)"/.exec(page)[1];
  assert.equal((await press(info, 'pdd', { request, decision: 'allow' })).status, 400);
  assert.equal((await press(info, 'jd', { request, decision: 'allow' })).status, 303);
  assert.equal((await press(info, 'jd', { request, decision: 'allow' })).status, 400);
});

test('a shop\'s name is shown as text', async () => {
  const { back } = await decide(info, 'pdd', { shop: '"><script>alert(1)</script>' });
  assert.equal(facts('pdd', await exchange(info, 'pdd', back)).owner_name, '"><script>alert(1)</script>');
});

test('facts can lie', async () => {
  await set({ fields: { expires_in: '-1', refresh_token: null } });
  for (const channel of CHANNELS) {
    const got = await bind(info, channel);
    assert.deepEqual([got.expires_in, got.refresh_token], ['-1', undefined], channel);
  }
});

test('how many refresh one shop at once is counted, also when a client leaves', async () => {
  const got = await bind(info, 'jd');
  await set({ fault: { mode: 'hang', times: 1 } });
  const gone = new AbortController();
  const hanging = fetch(`${info.oauth_base}/jd/refresh?${new URLSearchParams({
    app_key: info.jd_app_key, app_secret: info.jd_app_secret, grant_type: 'refresh_token', refresh_token: got.refresh_token,
  })}`, { signal: gone.signal }).catch(() => {});
  await until(async () => (await shops('jd'))[0].in_flight === 1);
  facts('jd', await refresh(info, 'jd', got.refresh_token));
  gone.abort();
  await hanging;
  await until(async () => (await shops('jd'))[0].in_flight === 0);
  assert.equal((await shops('jd'))[0].max_in_flight, 2);
});

test('what every request said is on record; misspelt settings are refused', async () => {
  await bind(info, 'pdd');
  const { requests } = await sandbox.control('requests?service=platforms');
  assert.deepEqual(requests.map(({ api, verified, error }) => [api, verified, error]), [['pdd/authorize', true, null], ['pdd/token', true, null]]);
  for (const bad of [{ misspelt: 1 }, { fault: { mode: 'nonsense' } }, { fault: { channel: 'ebay', mode: 'hang' } }, { lifetimes: { jd: { life: 1 } } }, { lifetimes: { ebay: {} } }, { rotate: 'yes' }, { delay_ms: -1 }]) {
    await assert.rejects(set(bad), { status: 400 }, JSON.stringify(bad));
  }
  assert.equal((await fetch(`${info.oauth_base}/ebay/token`)).status, 404);
  assert.equal((await fetch(`${info.oauth_base}/constructor/token`)).status, 404);
});
