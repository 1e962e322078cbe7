/** Shop accounts paused, resumed and unbound; who may. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
    accounts, bind, FORM, gatewayReads, list, redirects, secretsStayInside,
} from '../support/channels.mjs';
import { Visitor } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { rows } from '../support/site.mjs';

const logsAreClean = suite();
const noSecretGotOut = secretsStayInside();

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
    });

    test('a member without companies is shown where to add one', async () => {
        const acme = await member.register();
        await rows('DELETE FROM {job} WHERE tenant_id = ?', [acme.tenant.id]);
        await rows('DELETE FROM {tenant} WHERE id = ?', [acme.tenant.id]);
        assert.match((await acme.visitor.send('channelList')).text, /还没有公司/);
        redirects(await acme.visitor.send('channelAuth?channel=jd'), 'channelList');
    });
});

noSecretGotOut();
logsAreClean();
