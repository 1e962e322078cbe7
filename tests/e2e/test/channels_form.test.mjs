/** Shop accounts by the form, and without a key to keep them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
    accounts, begin, CHANNELS, comeBack, decide, FORM, gatewayReads, list, redirects, save, secretsStayInside, typed,
} from '../support/channels.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { withConfig } from '../support/site.mjs';

const logsAreClean = suite();
const noSecretGotOut = secretsStayInside();

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
            assert.deepEqual(Object.fromEntries(Object.keys(typed(channel)).map((name) => [name, read[name]])), typed(channel));
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
    });
});

noSecretGotOut();
logsAreClean();
