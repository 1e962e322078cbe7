/** Shop accounts over HTTP: consent, form, what the gateway then reads, who may, and where secrets are not. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { accounts, ASKED, begin, bind, CHANNELS, comeBack, decide, FORM, gatewayReads, NAMES, pages, save, secrets, shopAt } from '../support/channels.mjs';
import { Visitor } from '../support/http.mjs';
import { mark, suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { env, INDEX, row, rows, withConfig } from '../support/site.mjs';

const logsAreClean = suite();
const logged = mark();
/** Collected while the sandbox still knows them. */
const canaries = new Set();
const remember = async () => (await secrets()).forEach((secret) => canaries.add(secret));

/** DATETIME in the site's zone, so many seconds from now. */
const shanghai = (seconds) => new Date(Date.now() + (seconds + 8 * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
const redirects = (answer, to) => assert.deepEqual([answer.status, answer.location], [302, `${INDEX}${to}`], answer.text);
const list = (acme, more = '') => `channelList?tenant=${acme.tenant.id}${more}`;

/** What the gateway needs, by the names that it looks for first. */
const READ = {
    amazon: (token) => ({ access_token: token.access_token, partner_tag: 'blue-whale-20', marketplace: 'jp' }),
    jd: (token) => ({ app_key: env.sandbox.jd_app_key, app_secret: env.sandbox.jd_app_secret, access_token: token.access_token }),
    taobao: (token) => ({ app_key: env.sandbox.taobao_app_key, app_secret: env.sandbox.taobao_app_secret, session_key: token.access_token, adzone_id: '109', site_id: '45' }),
    pdd: (token) => ({ client_id: env.sandbox.pdd_client_id, client_secret: env.sandbox.pdd_client_secret, access_token: token.access_token }),
    tiktok: (token) => ({ client_key: env.sandbox.tiktok_client_key, client_secret: env.sandbox.tiktok_client_secret, access_token: token.access_token }),
};
const LIFE = { amazon: 3600, jd: 86_399, taobao: 86_400, pdd: 86_400, tiktok: 15 * 86_400 };
const TYPED = {
    amazon: { access_token: 'Atza|CANARY-amazon-access', partner_tag: 'form-20', marketplace: 'de' },
    jd: { app_key: 'jd-key-1', app_secret: 'CANARY-jd-secret', access_token: 'CANARY-jd-access', refresh_token: 'CANARY-jd-refresh' },
    taobao: { app_key: '31234567', app_secret: 'CANARY-taobao-secret', session_key: 'CANARY-taobao-session', refresh_token: 'CANARY-taobao-refresh', adzone_id: '111', site_id: '222' },
    pdd: { client_id: 'pdd-client-1', client_secret: 'CANARY-pdd-secret', access_token: 'CANARY-pdd-access', refresh_token: 'CANARY-pdd-refresh' },
    tiktok: { client_key: 'awclient1', client_secret: 'CANARY-tiktok-secret', access_token: 'CANARY-tiktok-access', refresh_token: 'CANARY-tiktok-refresh' },
};

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
            await remember();
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
        await remember();
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
        await remember();
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
        await remember();
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
        await remember();
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
            await remember();
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
        await remember();
        await reset();
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
        await remember();
    });
});

describe('the form', () => {
    for (const channel of CHANNELS) {
        test(`${channel}: the gateway finds what was typed; an empty field keeps it`, async () => {
            const acme = await member.register();
            const page = (await acme.visitor.send(`channelAuth?channel=${channel}`)).text;
            for (const name of Object.keys(FORM[channel])) {
                assert.match(page, new RegExp(`id="manual-${name}"`));
            }
            redirects(await save(acme, channel), list(acme, `&done=saved&channel=${channel}`));
            const read = await gatewayReads(acme.tenant.id, channel);
            assert.deepEqual(Object.fromEntries(Object.keys(TYPED[channel]).map((name) => [name, read[name]])), TYPED[channel]);
            const [stored] = await accounts(acme.tenant.id);
            assert.equal(stored.status, 'active');
            const again = (await acme.visitor.send(`channelAuth?channel=${channel}`)).text;
            assert.match(again, /已保存，留空则不修改/);
            const empty = Object.fromEntries(Object.keys(FORM[channel]).map((name) => [name, '']));
            redirects(await save(acme, channel, { ...empty, account: stored.id }), list(acme, `&done=saved&channel=${channel}`));
            assert.deepEqual(await gatewayReads(acme.tenant.id, channel), read);
            const [name] = Object.keys(FORM[channel]);
            await save(acme, channel, { ...empty, [name]: 'CANARY-changed', account: stored.id });
            assert.equal((await accounts(acme.tenant.id)).length, 1);
            assert.ok(JSON.stringify(await gatewayReads(acme.tenant.id, channel)).includes('CANARY-changed'));
        });

        test(`${channel}: mistakes are said beside their field, and secrets are not read back`, async () => {
            const acme = await member.register();
            const required = channel === 'amazon' ? ['access_token', 'partner_tag'] : ['app_id', 'app_secret'];
            const fields = Object.keys(FORM[channel]);
            const MISTAKES = { ...(channel === 'amazon' && { marketplace: ['mars'] }) };
            for (const name of fields) {
                const bad = [...(required.includes(name) ? ['', '   '] : []), ...(MISTAKES[name] ?? ['a b', 'a\nb', '中文', 'a\0b', 'x'.repeat(3000)])];
                for (const value of bad) {
                    const answer = await save(acme, channel, { ...FORM[channel], [name]: value });
                    assert.equal(answer.status, 400, `${name}: ${value.slice(0, 20)}`);
                    assert.match(answer.text, new RegExp(`id="manual-${name}-error"`), `${name}: ${value.slice(0, 20)}`);
                    assert.ok(!answer.text.includes('CANARY-'), 'a secret is typed again');
                    const plain = fields.find((other) => other !== name && !/secret|token|session/.test(other) && other !== 'marketplace');
                    assert.ok(plain === undefined || answer.text.includes(`value="${FORM[channel][plain]}"`), `${plain} is still there`);
                }
            }
            assert.deepEqual(await accounts(acme.tenant.id), []);
        });
    }

    test('is all that there is where the site has no application', async () => {
        const acme = await member.register();
        await withConfig({ jd_app_key: '', jd_app_secret: '' }, async () => {
            const page = (await acme.visitor.send(list(acme))).text;
            assert.match(page, /aria-label="手动填写：京东"/);
            assert.ok(!page.includes('授权：京东') && page.includes('授权：淘宝'));
            const form = (await acme.visitor.send('channelAuth?channel=jd')).text;
            assert.ok(!form.includes('name="start"'));
            assert.match(form, /<details class="panel manual" id="manual" open>/);
            redirects((await begin(acme, 'jd')).answer, list(acme, '&error=oauth_unavailable'));
            redirects(await save(acme, 'jd'), list(acme, '&done=saved&channel=jd'));
        });
    });

    test('old links: without a company it is the newest one\'s, by path as well', async () => {
        const acme = await member.register();
        for (const path of ['channelAuth?channel=jd', 'channelAuth/channel/jd', 'channelauth.html?channel=jd']) {
            const page = await acme.visitor.send(path);
            assert.match(page.text, new RegExp(`name="tenant" value="${acme.tenant.id}"`), path);
        }
        for (const path of ['channelAuth', 'channelAuth?channel=ebay', 'channelAuth?channel=JD', 'channelAuth?channel[]=jd']) {
            redirects(await acme.visitor.send(path), 'channelList');
        }
    });
});

describe('pausing, resuming, unbinding', () => {
    const post = async (acme, action, id, more = {}) => {
        await acme.visitor.send(`channelAuth?channel=jd&tenant=${acme.tenant.id}`);
        return acme.visitor.send(action, { form: { id, tenant: acme.tenant.id, channel: 'jd', __token__: acme.visitor.token, ...more } });
    };

    test('a paused shop is not read by the gateway, a resumed one is; twice is once', async () => {
        const acme = await member.register();
        await bind(acme, 'jd');
        const [{ id }] = await accounts(acme.tenant.id);
        const read = await gatewayReads(acme.tenant.id, 'jd');
        for (const time of [1, 2]) {
            redirects(await post(acme, 'channelPause', id), list(acme, '&done=paused&channel=jd'));
            assert.equal(await gatewayReads(acme.tenant.id, 'jd'), null, `time ${time}`);
        }
        assert.match((await acme.visitor.send(list(acme, '&done=paused&channel=jd'))).text, /京东店铺已暂停[\s\S]*data-state="paused"/);
        for (const time of [1, 2]) {
            redirects(await post(acme, 'channelResume', id), list(acme, '&done=resumed&channel=jd'));
            assert.deepEqual(await gatewayReads(acme.tenant.id, 'jd'), read, `time ${time}`);
        }
        await remember();
    });

    test('unbinding asks first, and then nothing is left', async () => {
        const acme = await member.register();
        await bind(acme, 'jd');
        const [{ id }] = await accounts(acme.tenant.id);
        const ask = await acme.visitor.send(`channelUnbind?id=${id}&tenant=${acme.tenant.id}`);
        assert.match(ask.text, /要解绑这家店铺吗/);
        assert.equal((await accounts(acme.tenant.id)).length, 1, 'a GET changes nothing');
        redirects(await post(acme, 'channelUnbind', id), list(acme, '&done=unbound&channel=jd'));
        assert.deepEqual(await accounts(acme.tenant.id), []);
        assert.match((await acme.visitor.send(list(acme, '&done=unbound&channel=jd'))).text, /京东店铺已解绑/);
        redirects(await post(acme, 'channelUnbind', id), list(acme, '&error=not_found'));
        redirects(await acme.visitor.send(`channelUnbind?id=${id}&tenant=${acme.tenant.id}`), list(acme, '&error=not_found'));
    });

    test('a shop whose authorisation ended cannot be resumed', async () => {
        const acme = await member.register();
        await bind(acme, 'jd');
        const [{ id }] = await accounts(acme.tenant.id);
        await rows("UPDATE {channel_account} SET status = 'expired', last_error = 'refresh_refused' WHERE id = ?", [id]);
        redirects(await post(acme, 'channelResume', id), list(acme, '&error=channel_status'));
        const page = (await acme.visitor.send(list(acme))).text;
        assert.match(page, /data-state="expired"[\s\S]*平台不再接受这次授权，请重新授权/);
        assert.ok(!page.includes('aria-label="恢复'));
    });

    test('a GET, and addresses that claim something, change and say nothing', async () => {
        const acme = await member.register();
        await bind(acme, 'jd');
        const [{ id }] = await accounts(acme.tenant.id);
        for (const action of ['channelPause', 'channelResume']) {
            redirects(await acme.visitor.send(`${action}?id=${id}`), 'channelList');
        }
        assert.equal((await accounts(acme.tenant.id))[0].status, 'active');
        for (const claim of ['&done=unbound&channel=jd', '&done=paused&channel=jd', '&done=bound&channel=pdd', '&done=evil&channel=jd', '&done=bound']) {
            assert.ok(!(await acme.visitor.send(list(acme, claim))).text.includes('notice-success'), claim);
        }
        await remember();
    });
});

describe('who may', () => {
    test('every POST carries its token', async () => {
        const acme = await member.register();
        await bind(acme, 'jd');
        const [{ id }] = await accounts(acme.tenant.id);
        const other = new Visitor();
        await other.send('login');
        const before = JSON.stringify([await accounts(acme.tenant.id), await rows('SELECT * FROM {oauth_state} WHERE tenant_id = ?', [acme.tenant.id])]);
        for (const token of [{}, { __token__: '' }, { __token__: other.token }, { __token__: '0' }]) {
            for (const form of [FORM.jd, { start: 1 }]) {
                const answer = await acme.visitor.send('channelAuth', { form: { channel: 'jd', tenant: acme.tenant.id, ...form, ...token } });
                assert.equal(answer.status, 403);
                assert.match(answer.text, /页面已过期/);
                assert.ok(!answer.text.includes('CANARY-') && answer.headers.refresh === undefined);
            }
            for (const action of ['channelPause', 'channelResume', 'channelUnbind']) {
                redirects(await acme.visitor.send(action, { form: { id, tenant: acme.tenant.id, channel: 'jd', ...token } }), list(acme, '&error=expired'));
            }
        }
        assert.equal(JSON.stringify([await accounts(acme.tenant.id), await rows('SELECT * FROM {oauth_state} WHERE tenant_id = ?', [acme.tenant.id])]), before);
        await remember();
    });

    test('nobody without a session', async () => {
        for (const path of ['channelList', 'channelAuth?channel=jd', 'channelCallback?code=x&state=y', 'channelUnbind?id=1']) {
            redirects(await member.send(path), 'login');
        }
        for (const action of ['channelAuth', 'channelPause', 'channelResume', 'channelUnbind']) {
            redirects(await member.send(action, { form: { id: 1, channel: 'jd' } }), 'login');
        }
    });

    test('other members\' companies and shops do not exist', async () => {
        const [acme, mallory] = [await member.register(), await member.register()];
        await bind(acme, 'jd', { shop: 'Acme shop' });
        const [{ id }] = await accounts(acme.tenant.id);
        const before = JSON.stringify(await accounts(acme.tenant.id));
        for (const path of [`channelList?tenant=${acme.tenant.id}`, `channelList/tenant/${acme.tenant.id}`, `channelAuth?channel=jd&tenant=${acme.tenant.id}`, `channelUnbind?id=${id}&tenant=${acme.tenant.id}`]) {
            const answer = await mallory.visitor.send(path);
            assert.equal(answer.status, 404, path);
            assert.ok(!answer.text.includes('Acme shop'));
        }
        await mallory.visitor.send('channelAuth?channel=jd');
        const token = { __token__: mallory.visitor.token };
        for (const form of [FORM.jd, { start: 1 }]) {
            assert.equal((await mallory.visitor.send('channelAuth', { form: { channel: 'jd', tenant: acme.tenant.id, ...form, ...token } })).status, 404);
            const foreign = await mallory.visitor.send('channelAuth', { form: { channel: 'jd', tenant: mallory.tenant.id, account: id, ...form, ...token } });
            redirects(foreign, `channelList?tenant=${mallory.tenant.id}&error=not_found`);
        }
        for (const action of ['channelPause', 'channelResume', 'channelUnbind']) {
            redirects(await mallory.visitor.send(action, { form: { id, tenant: mallory.tenant.id, channel: 'jd', ...token } }), `channelList?tenant=${mallory.tenant.id}&error=not_found`);
        }
        redirects(await mallory.visitor.send(`channelUnbind?id=${id}&tenant=${mallory.tenant.id}`), `channelList?tenant=${mallory.tenant.id}&error=not_found`);
        assert.equal(JSON.stringify(await accounts(acme.tenant.id)), before);
        assert.deepEqual(await accounts(mallory.tenant.id), []);
        await remember();
    });

    test('two companies of one member are kept apart', async () => {
        const acme = await member.register();
        await acme.visitor.submit('registerPage', 'register', { company_name: 'Second', email: acme.email, domain: 'two.example' });
        const second = await member.tenantOf(acme.email);
        await bind(acme, 'jd', { shop: 'First shop' });
        await bind(acme, 'jd', { shop: 'Second shop', tenant: second.id });
        const [one, two] = [await gatewayReads(acme.tenant.id, 'jd'), await gatewayReads(second.id, 'jd')];
        assert.notEqual(one.access_token, two.access_token);
        const page = (await acme.visitor.send(list(acme))).text;
        const [mine] = await accounts(acme.tenant.id);
        const [others] = await accounts(second.id);
        assert.ok(page.includes(mine.shop_id) && !page.includes(others.shop_id));
        assert.match(page, new RegExp(`<option value="${acme.tenant.id}" selected>`));
        assert.match((await acme.visitor.send('channelList')).text, new RegExp(`<option value="${second.id}" selected>`));
        assert.match((await acme.visitor.send('my')).text, new RegExp(`channelList\\?tenant=${second.id}`));
        await remember();
    });

    test('a member without companies is shown where to add one', async () => {
        const acme = await member.register();
        await rows('DELETE FROM {job} WHERE tenant_id = ?', [acme.tenant.id]);
        await rows('DELETE FROM {tenant} WHERE id = ?', [acme.tenant.id]);
        assert.match((await acme.visitor.send('channelList')).text, /还没有公司/);
        redirects(await acme.visitor.send('channelAuth?channel=jd'), 'channelList');
    });
});

describe('the key', () => {
    for (const [what, key, text] of [['none', '', /还没有设置凭据加密密钥[\s\S]*gateway_aes_key/], ['a bad one', 'c2hvcnQ=', /凭据加密密钥不正确[\s\S]*gateway_aes_key/]]) {
        test(`${what}: the page says what to set, and nothing is stored`, async () => {
            const acme = await member.register();
            await withConfig({ gateway_aes_key: key }, async () => {
                for (const path of [list(acme), 'channelAuth?channel=jd']) {
                    const page = (await acme.visitor.send(path)).text;
                    assert.match(page, text, path);
                    assert.ok(!page.includes('channelAuth?') && !page.includes('name="app_secret"'), path);
                }
                await acme.visitor.send('changePassword');
                for (const form of [FORM.jd, { start: 1 }]) {
                    const answer = await acme.visitor.send('channelAuth', { form: { channel: 'jd', tenant: acme.tenant.id, __token__: acme.visitor.token, ...form } });
                    redirects(answer, list(acme, `&error=${key === '' ? 'vault_missing' : 'vault_bad'}`));
                }
                assert.match((await acme.visitor.send(list(acme, '&error=vault_missing'))).text, /role="alert"/);
            });
            assert.deepEqual(await accounts(acme.tenant.id), []);
        });
    }

    test('gone while the member is at the platform: the code is not spent', async () => {
        const acme = await member.register();
        const back = await decide((await begin(acme, 'jd')).away);
        await withConfig({ gateway_aes_key: '' }, async () => {
            redirects(await comeBack(acme.visitor, back), list(acme, '&error=vault_missing'));
        });
        redirects(await comeBack(acme.visitor, back), list(acme, '&done=bound&channel=jd'));
        await remember();
    });
});

describe('what the list tells', () => {
    test('how long an authorisation lasts, in words', async () => {
        const acme = await member.register();
        await bind(acme, 'taobao');
        const [{ id }] = await accounts(acme.tenant.id);
        assert.match((await acme.visitor.send(list(acme))).text, /自动续期/);
        for (const [left, words] of [[3500, /还有 5[678] 分钟/], [26 * 3600, /还有 2[56] 小时/], [9 * 86_400, /还有 [89] 天/], [-86_400, /已过期/]]) {
            await rows("UPDATE {channel_account} SET expires_at = ?, refresh_at = NULL WHERE id = ?", [shanghai(left), id]);
            assert.match((await acme.visitor.send(list(acme))).text, words, left);
        }
        await rows("UPDATE {channel_account} SET expires_at = NULL WHERE id = ?", [id]);
        assert.match((await acme.visitor.send(list(acme))).text, /没有期限/);
        await remember();
    });

    test('errors in words, an older version\'s as text', async () => {
        const acme = await member.register();
        await bind(acme, 'taobao');
        const [{ id }] = await accounts(acme.tenant.id);
        for (const [error, words] of [['refresh_failing', '续期暂时没有成功'], ['unheard_of', '最近一次操作没有成功'], ['old words: <script>alert(1)</script>', 'old words']]) {
            await rows('UPDATE {channel_account} SET last_error = ? WHERE id = ?', [error, id]);
            const page = (await acme.visitor.send(list(acme))).text;
            assert.ok(page.includes(words), error);
            assert.ok(!page.includes('<script>alert'));
        }
        await remember();
    });

    test('how the gateway fared, over a day and a week', async () => {
        const acme = await member.register();
        await bind(acme, 'jd');
        assert.match((await acme.visitor.send(list(acme))).text, /最近 7 天还没有调用/);
        const call = (channel, status, latency, age) => [acme.tenant.id, channel, 'h'.repeat(64), status, latency, Math.floor(Date.now() / 1000) - age];
        const calls = [
            ...[100, 200, 300].map((ms) => call('jd', 'success', ms, 7200)), call('jd', 'timeout', 9000, 7200),
            ...Array.from({ length: 6 }, () => call('jd', 'cache_hit', 200, 3 * 86_400)), call('jd', 'success', 200, 8 * 86_400),
            call('pdd', 'success', 1500, 3 * 86_400),
        ];
        for (const values of calls) {
            await rows('INSERT INTO {gateway_log} (tenant_id, channel, query_hash, status, latency_ms, createtime) VALUES (?, ?, ?, ?, ?, ?)', values);
        }
        // These hours were counted before, when nothing was in them.
        await rows('DELETE FROM {gateway_span} WHERE tenant_id = ?', [acme.tenant.id]);
        await rows('DELETE FROM {gateway_hour} WHERE tenant_id = ?', [acme.tenant.id]);
        const figures = async (channel) => {
            const page = (await acme.visitor.send(list(acme))).text;
            const card = new RegExp(`data-channel="${channel}"[\\s\\S]*?</section>`).exec(page)[0];
            return [...card.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td><td>(.*?)<\/td><td>(.*?)<\/td>/g)].map((match) => match.slice(1));
        };
        const [day, week] = await figures('jd');
        assert.deepEqual(day.slice(0, 3), ['24 小时', '4', '75%']);
        assert.deepEqual(week.slice(0, 3), ['7 天', '10', '90%']);
        // Latencies are kept by classes of about a tenth.
        const median = (row) => Number(/^([\d.]+) 毫秒$/.exec(row[3])[1]);
        assert.ok(median(day) >= 180 && median(day) <= 320, day[3]);
        assert.ok(Math.abs(median(week) - 200) <= 20, week[3]);
        assert.match((await figures('pdd'))[1][3], /^1\.[456] 秒$/);
        await remember();
    });

    test('a shop\'s name is text', async () => {
        const acme = await member.register();
        await bind(acme, 'pdd', { shop: '"><script>alert(1)</script>' });
        for (const { path, text } of await pages(acme)) {
            assert.ok(!text.includes('<script>alert'), path);
        }
        assert.match((await acme.visitor.send(list(acme))).text, /&lt;script&gt;alert\(1\)/);
        await remember();
    });

    test('a row of an earlier version, in plain JSON, is a bound shop', async () => {
        const acme = await member.register();
        await rows("INSERT INTO {channel_account} (tenant_id, channel, credentials_encrypted, status, createtime, updatetime) VALUES (?, 'pdd', ?, 'active', UNIX_TIMESTAMP(), UNIX_TIMESTAMP())",
            [acme.tenant.id, Buffer.from(JSON.stringify({ app_id: 'old-app', app_secret: 'CANARY-old', access_token: 'CANARY-old-token' }))]);
        const page = (await acme.visitor.send(list(acme))).text;
        assert.match(page, /data-channel="pdd" data-state="active"/);
        const form = (await acme.visitor.send('channelAuth?channel=pdd')).text;
        assert.equal(form.match(/已保存，留空则不修改/g).length, 3);
        assert.ok(!form.includes('CANARY-') && !form.includes('old-app'));
        assert.equal((await gatewayReads(acme.tenant.id, 'pdd')).access_token, 'CANARY-old-token');
    });
});

describe('secrets', () => {
    test('are in no page', async () => {
        const acme = await member.register();
        for (const channel of CHANNELS) {
            await bind(acme, channel);
        }
        const known = await secrets();
        for (const { path, text } of await pages(acme)) {
            for (const secret of known) {
                assert.ok(!text.includes(secret), `${path} holds ${secret}`);
            }
            assert.ok(!text.includes(ASKED.amazon.partner_tag), `${path} reads back what is stored`);
        }
        for (const channel of CHANNELS) {
            await save(acme, channel);
        }
        for (const { path, text } of await pages(acme)) {
            assert.ok(!text.includes('CANARY-'), path);
        }
        await remember();
    });

    test('are in no log and no table after all of this', async () => {
        await remember();
        const texts = [logged().map(({ line }) => line).join('\n')];
        for (const { name } of await rows('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()')) {
            for (const stored of await rows(`SELECT * FROM \`${name}\``)) {
                texts.push(Object.values(stored).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))).join('\n'));
            }
        }
        assert.ok(canaries.size > 40, `${canaries.size} secrets to look for`);
        for (const secret of canaries) {
            for (const text of texts) {
                assert.ok(!text.includes(secret), `${secret} in ${text.slice(0, 300)}`);
            }
        }
    });
});

after(reset);
logsAreClean();
