/** Shop accounts bound at their platform: what the gateway then reads, and every other way of coming back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
    accounts, begin, bind, CHANNELS, comeBack, decide, gatewayReads, list, NAMES, READ, redirects, secrets, secretsStayInside, shopAt,
} from '../support/channels.mjs';
import { Visitor } from '../support/http.mjs';
import { mark, suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control } from '../support/sandbox.mjs';
import { env, INDEX, row, rows } from '../support/site.mjs';

const logsAreClean = suite();
const noSecretGotOut = secretsStayInside();

const LIFE = { amazon: 3600, jd: 86_399, taobao: 86_400, pdd: 86_400, tiktok: 15 * 86_400 };

describe('consent', () => {
    for (const channel of CHANNELS) {
        test(`${channel}: the gateway finds what the platform gave`, async () => {
            const acme = await member.register();
            redirects(await bind(acme, channel, { shop: 'Blue Whale' }), list(acme, `&done=bound&channel=${channel}`));
            const [stored, ...others] = await accounts(acme.tenant.id);
            assert.deepEqual(others, []);
            const shop = await shopAt(channel, stored.shop_id);
            const token = shop.grants.at(-1).tokens.at(-1);
            assert.equal(shop.name, 'Blue Whale');
            assert.equal(stored.shop_name, ['taobao', 'pdd'].includes(channel) ? 'Blue Whale' : null);
            assert.deepEqual([stored.channel, stored.status, stored.last_error], [channel, 'active', null]);
            const read = await gatewayReads(acme.tenant.id, channel);
            for (const [name, value] of Object.entries(READ[channel](token))) {
                assert.equal(read[name], value, name);
            }
            assert.equal(read.refresh_token, token.refresh_token, 'for the renewal');
            const left = (Date.parse(`${stored.expires_at.replace(' ', 'T')}+08:00`) - Date.now()) / 1000;
            assert.ok(Math.abs(left - LIFE[channel]) < 120, stored.expires_at);
            const page = (await acme.visitor.send(list(acme, `&done=bound&channel=${channel}`))).text;
            assert.match(page, new RegExp(`data-channel="${channel}" data-state="active"`));
            assert.ok(page.replace(/\s+/g, '').includes(`${NAMES[channel]}店铺已授权`));
            assert.ok(page.includes(stored.shop_name ?? stored.shop_id));
        });
    }

    test('authorising again renews the same row; another shop is another one, and the newest counts', async () => {
        const acme = await member.register();
        await bind(acme, 'pdd', { shop: 'One' });
        const [first] = await accounts(acme.tenant.id);
        await bind(acme, 'pdd', { shop: 'One' });
        const again = await accounts(acme.tenant.id);
        assert.deepEqual(again.map(({ id }) => id), [first.id]);
        assert.ok(!again[0].credentials_encrypted.equals(first.credentials_encrypted));
        await bind(acme, 'pdd', { shop: 'Two' });
        const both = await accounts(acme.tenant.id);
        assert.deepEqual(both.map(({ shop_name: name }) => name), ['One', 'Two']);
        const shop = await shopAt('pdd', both[1].shop_id);
        assert.equal((await gatewayReads(acme.tenant.id, 'pdd')).access_token, shop.grants.at(-1).tokens.at(-1).access_token);
        const page = (await acme.visitor.send(list(acme))).text;
        assert.match(page, /One[\s\S]*备用|备用[\s\S]*One/);
    });

    test('it goes to exactly the address that is registered, and takes no secret along', async () => {
        const acme = await member.register();
        for (const channel of CHANNELS) {
            const { away, answer } = await begin(acme, channel);
            assert.equal(answer.status, 200);
            assert.ok(away.href.startsWith(`${env.sandbox.oauth_base}/${channel}/authorize?`));
            assert.ok(['amazon', null].includes(channel) || away.searchParams.get('redirect_uri') === `${env.base_url}${INDEX}channelCallback`);
            assert.match(away.searchParams.get('state'), /^[0-9A-Z]{26,}$/);
            assert.ok(!away.href.includes(acme.visitor.sessionId) && !away.href.includes(acme.visitor.token));
            for (const secret of await secrets()) {
                assert.ok(!away.href.includes(secret));
            }
            assert.match(answer.headers['content-security-policy'], /form-action 'self'/);
            assert.ok(answer.text.includes(`href="${away.href.replaceAll('&', '&amp;')}"`), 'a link for who is not forwarded');
        }
    });

    test('what the platform lacks is asked for, and checked before anybody leaves', async () => {
        const acme = await member.register();
        const { away, answer } = await begin(acme, 'amazon', { partner_tag: '' });
        assert.deepEqual([away, answer.status], [null, 400]);
        assert.match(answer.text, /id="consent-partner_tag-error"/);
        const odd = await begin(acme, 'amazon', { partner_tag: 'tag-20', marketplace: 'mars' });
        assert.equal(odd.answer.status, 400);
        assert.match(odd.answer.text, /value="tag-20"/, 'what was typed is kept');
        assert.deepEqual(await rows('SELECT hash FROM {oauth_state} WHERE tenant_id = ?', [acme.tenant.id]), []);
    });
});

describe('coming back', () => {
    async function onTheWay(acme, channel = 'jd') {
        const { away } = await begin(acme, channel);
        return decide(away);
    }
    const nothingStored = async (acme) => assert.deepEqual(await accounts(acme.tenant.id), []);

    test('without consent', async () => {
        const acme = await member.register();
        for (const channel of CHANNELS) {
            const { away } = await begin(acme, channel);
            const back = await decide(away, { decision: 'deny' });
            redirects(await comeBack(acme.visitor, back), list(acme, '&error=consent_denied'));
            redirects(await comeBack(acme.visitor, back), list(acme, '&error=state_used'));
        }
        assert.match((await acme.visitor.send(list(acme, '&error=consent_denied'))).text, /没有同意授权/);
        await nothingStored(acme);
    });

    test('a second time', async () => {
        const acme = await member.register();
        const back = await onTheWay(acme);
        redirects(await comeBack(acme.visitor, back), list(acme, '&done=bound&channel=jd'));
        const before = JSON.stringify(await accounts(acme.tenant.id));
        redirects(await comeBack(acme.visitor, back), list(acme, '&error=state_used'));
        assert.equal(JSON.stringify(await accounts(acme.tenant.id)), before);
    });

    test('twenty times at once: one of them exchanges the code', async () => {
        const acme = await member.register();
        const back = await onTheWay(acme);
        const answers = await Promise.all(Array.from({ length: 20 }, () => comeBack(acme.visitor, back)));
        const bound = answers.filter((answer) => answer.location?.includes('done=bound'));
        assert.equal(bound.length, 1, answers.map((answer) => answer.location ?? answer.status).join('\n'));
        const [stored] = await accounts(acme.tenant.id);
        assert.equal((await shopAt('jd', stored.shop_id)).grants.length >= 1, true);
        const { requests } = await control('requests?service=platforms');
        const code = back.searchParams.get('code');
        assert.equal(requests.filter(({ api, params }) => api === 'jd/token' && params.code === code).length, 1);
    });

    test('with another member\'s state, with the same member\'s in another session, and signed out', async () => {
        const [acme, mallory] = [await member.register(), await member.register()];
        const back = await onTheWay(acme);
        await begin(mallory, 'jd');
        redirects(await comeBack(mallory.visitor, back), `channelList?tenant=${mallory.tenant.id}&error=state_unknown`);
        const { visitor } = await member.login(acme.email, acme.password);
        redirects(await comeBack(visitor, back), 'channelList?error=state_unknown');
        redirects(await comeBack(new Visitor(), back), 'login');
        await nothingStored(acme);
        await nothingStored(mallory);
        // None of these used it up.
        redirects(await comeBack(acme.visitor, back), list(acme, '&done=bound&channel=jd'));
    });

    test('after signing out and in again', async () => {
        const acme = await member.register();
        const back = await onTheWay(acme);
        await acme.visitor.send('logout');
        await acme.visitor.submit('login', 'doLogin', { email: acme.email, password: acme.password });
        redirects(await comeBack(acme.visitor, back), 'channelList?error=state_unknown');
        await nothingStored(acme);
    });

    test('too late', async () => {
        const acme = await member.register();
        const back = await onTheWay(acme);
        await rows('UPDATE {oauth_state} SET expires_at = expires_at - 601 WHERE tenant_id = ?', [acme.tenant.id]);
        redirects(await comeBack(acme.visitor, back), list(acme, '&error=state_expired'));
        await nothingStored(acme);
    });

    test('with a state that is none', async () => {
        const acme = await member.register();
        const back = await onTheWay(acme);
        const state = back.searchParams.get('state');
        for (const bad of ['', 'x', state.toLowerCase(), state.slice(1), `${state}0`, `${'0'.repeat(32)}`, 'x'.repeat(5000), '%00', "' OR 1=1 -- "]) {
            const answer = await acme.visitor.send(`channelCallback?${new URLSearchParams({ code: 'x', state: bad })}`);
            redirects(answer, list(acme, '&error=state_unknown'));
        }
        for (const query of ['', `?code=x`, `?state[]=${state}&code=x`]) {
            redirects(await acme.visitor.send(`channelCallback${query}`), list(acme, '&error=state_unknown'));
        }
        await nothingStored(acme);
    });

    test('with a code that the platform does not take, or with its own error', async () => {
        const acme = await member.register();
        for (const change of [(back) => back.searchParams.set('code', 'invented'), (back) => back.searchParams.set('error', 'server_error')]) {
            const back = await onTheWay(acme, 'pdd');
            change(back);
            redirects(await comeBack(acme.visitor, back), list(acme, '&error=channel_refused'));
        }
        await nothingStored(acme);
    });

    for (const mode of ['status_500', 'html', 'truncated', 'huge', 'busy', 'refused', 'crash_after_effect']) {
        test(`while the platform is ill: ${mode}`, async () => {
            const acme = await member.register();
            const before = (await onTheWay(acme, 'taobao'));
            await control('platforms', { fault: { mode, channel: 'taobao', times: 1 } });
            const answer = await comeBack(acme.visitor, before);
            redirects(answer, list(acme, `&error=${mode === 'refused' ? 'channel_refused' : 'channel_unavailable'}`));
            await nothingStored(acme);
            assert.equal((await bind(acme, 'taobao')).location.includes('done=bound'), true);
        });
    }

    test('with facts that nobody can believe', async () => {
        const acme = await member.register();
        for (const fields of [{ access_token: null }, { access_token: '' }, { access_token: 'x'.repeat(4000) }, { access_token: 7 }]) {
            await control('platforms', { fields });
            const answer = await bind(acme, 'jd');
            assert.match(answer.location, /error=(channel_|credentials_too_long)/, JSON.stringify(fields).slice(0, 50));
        }
        await nothingStored(acme);
        for (const fields of [{ expires_in: -1 }, { expires_in: 'soon' }, { expires_in: null }, { expires_in: 1e18 }, { refresh_token: null }]) {
            await control('platforms', { fields });
            assert.match((await bind(acme, 'jd')).location, /done=bound/, JSON.stringify(fields));
            const [stored] = await accounts(acme.tenant.id);
            assert.ok(stored.expires_at > '2024' && stored.expires_at < '2100', stored.expires_at);
        }
        await control('platforms', { reset: true });
    });

    test('the code is in no log of the site, and no page refers to its address', async () => {
        const acme = await member.register();
        const added = mark();
        const codes = [];
        for (const channel of ['jd', 'amazon']) {
            const back = await onTheWay(acme, channel);
            back.searchParams.set('marker', 'LEFT-BEHIND');
            codes.push(back.searchParams.get('code') ?? back.searchParams.get('spapi_oauth_code'), back.searchParams.get('state'), 'LEFT-BEHIND');
            for (const answer of [await comeBack(acme.visitor, back), await comeBack(acme.visitor, back), await comeBack(new Visitor(), back)]) {
                assert.equal(answer.headers['referrer-policy'], 'no-referrer');
                assert.ok(codes.every((code) => !answer.location.includes(code)));
            }
        }
        const lines = await until('the log tells of the second visit', () => {
            const text = added().map(({ line }) => line).join('\n');
            return text.split('state_used').length > 2 && text;
        });
        for (const code of codes) {
            assert.ok(!lines.includes(code), code);
        }
    });
});

noSecretGotOut();
logsAreClean();
