/** Shop accounts: consent at the sandbox's platforms, and the gateway's way of reading what was stored. */
import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { mark } from './logs.mjs';
import { control } from './sandbox.mjs';
import { currentConfig, env, INDEX, row, rows } from './site.mjs';

export const CHANNELS = ['amazon', 'jd', 'taobao', 'pdd', 'tiktok'];
export const NAMES = { amazon: 'Amazon', jd: '京东', taobao: '淘宝', pdd: '拼多多', tiktok: '抖音' };
/** What the page asks for beside a consent. */
export const ASKED = { amazon: { partner_tag: 'blue-whale-20', marketplace: 'jp' }, taobao: { adzone_id: '109', site_id: '45' } };
/** A filled-in form; every value that is a secret can be searched for. */
export const FORM = {
    amazon: { access_token: 'Atza|CANARY-amazon-access', partner_tag: 'form-20', marketplace: 'de' },
    jd: { app_id: 'jd-key-1', app_secret: 'CANARY-jd-secret', access_token: 'CANARY-jd-access', refresh_token: 'CANARY-jd-refresh' },
    taobao: { app_id: '31234567', app_secret: 'CANARY-taobao-secret', session_key: 'CANARY-taobao-session', refresh_token: 'CANARY-taobao-refresh', adzone_id: '111', site_id: '222' },
    pdd: { app_id: 'pdd-client-1', app_secret: 'CANARY-pdd-secret', access_token: 'CANARY-pdd-access', refresh_token: 'CANARY-pdd-refresh' },
    tiktok: { app_id: 'awclient1', app_secret: 'CANARY-tiktok-secret', access_token: 'CANARY-tiktok-access', refresh_token: 'CANARY-tiktok-refresh' },
};

/** What the gateway needs, by the names that it looks for first. */
export const READ = {
    amazon: (token) => ({ access_token: token.access_token, partner_tag: 'blue-whale-20', marketplace: 'jp' }),
    jd: (token) => ({ app_key: env.sandbox.jd_app_key, app_secret: env.sandbox.jd_app_secret, access_token: token.access_token }),
    taobao: (token) => ({ app_key: env.sandbox.taobao_app_key, app_secret: env.sandbox.taobao_app_secret, session_key: token.access_token, adzone_id: '109', site_id: '45' }),
    pdd: (token) => ({ client_id: env.sandbox.pdd_client_id, client_secret: env.sandbox.pdd_client_secret, access_token: token.access_token }),
    tiktok: (token) => ({ client_key: env.sandbox.tiktok_client_key, client_secret: env.sandbox.tiktok_client_secret, access_token: token.access_token }),
};
/** What the gateway reads of a form: the names that it looks for first. */
const NAMES_READ = {
    amazon: {}, jd: { app_id: 'app_key' }, taobao: { app_id: 'app_key' },
    pdd: { app_id: 'client_id', app_secret: 'client_secret' }, tiktok: { app_id: 'client_key', app_secret: 'client_secret' },
};
export const typed = (channel) => Object.fromEntries(
    Object.entries(FORM[channel]).map(([name, value]) => [NAMES_READ[channel][name] ?? name, value]),
);

/** Begins at our page; gives the platform's address that the browser is sent to, or the answer when it is not. */
export async function begin(member, channel, { tenant = member.tenant.id, ...fields } = {}) {
    const answer = await member.visitor.submit(`channelAuth?channel=${channel}&tenant=${tenant}`, 'channelAuth', {
        channel, tenant, start: 1, ...ASKED[channel], ...fields,
    });
    const away = /^0;url=(http.*)$/.exec(answer.headers.refresh ?? '');
    return { answer, away: away && new URL(away[1]) };
}

/** Presses a button at the platform; gives the address that the browser comes back to, as the site sees it. */
export async function decide(away, { decision = 'allow', shop = '' } = {}) {
    const page = await fetch(away);
    const text = await page.text();
    assert.equal(page.status, 200, text);
    const request = /name="request" value="([^"]+)"/.exec(text)[1];
    const answer = await fetch(away.origin + away.pathname, {
        method: 'POST', redirect: 'manual', body: new URLSearchParams({ request, shop, decision }),
    });
    const back = new URL(answer.headers.get('location'));
    assert.equal(back.origin + back.pathname, `${env.base_url}${INDEX}channelCallback`);
    return back;
}

export const comeBack = (visitor, back) => visitor.send(back.pathname + back.search);

/** The whole way. */
export async function bind(member, channel, options = {}) {
    const { away, answer } = await begin(member, channel, options);
    assert.ok(away, answer.text);
    return comeBack(member.visitor, await decide(away, options));
}

export async function save(member, channel, fields = FORM[channel], { tenant = member.tenant.id } = {}) {
    return member.visitor.submit(`channelAuth?channel=${channel}&tenant=${tenant}`, 'channelAuth', { channel, tenant, ...fields });
}

/**
 * What the gateway finds: the newest active row of the tenant's channel. Bytes that are valid UTF-8 are plain JSON, all
 * others are nonce, ciphertext, tag. Null when there is no row.
 */
export async function gatewayReads(tenantId, channel) {
    const found = await row(
        "SELECT credentials_encrypted AS blob_ FROM {channel_account} WHERE tenant_id = ? AND channel = ? AND status = 'active' ORDER BY id DESC LIMIT 1",
        [tenantId, channel],
    );
    return found === undefined ? null : open(found.blob_);
}

export async function open(blob) {
    try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(blob));
    } catch (error) {
        assert.ok(error instanceof TypeError, 'valid UTF-8 that is no JSON');
    }
    const key = Buffer.from((await currentConfig(['gateway_aes_key'])).gateway_aes_key, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12));
    decipher.setAuthTag(blob.subarray(-16));
    return JSON.parse(Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]).toString('utf8'));
}

export const accounts = (tenantId, channel = '%') => rows(
    'SELECT * FROM {channel_account} WHERE tenant_id = ? AND channel LIKE ? ORDER BY id', [tenantId, channel],
);

/** The platform's own record of a shop; the newest tokens last. */
export async function shopAt(channel, shopId) {
    return (await control(`platforms?channel=${channel}&shop_id=${encodeURIComponent(shopId)}`)).shops[0];
}

/** Everything that may be in no page, no log and no table: the applications' secrets and all tokens ever issued. */
export async function secrets() {
    const { applications, shops } = await control('platforms');
    return [
        ...Object.values(applications).flatMap(({ app_secret: a, client_secret: b }) => [a ?? b]),
        ...shops.flatMap((shop) => shop.grants).flatMap((grant) => grant.tokens)
            .flatMap((token) => [token.access_token, token.refresh_token]),
        'CANARY-',
    ];
}

/** The form's and the list's pages of a tenant. */
export async function pages(member, tenant = member.tenant.id) {
    const ids = (await accounts(tenant)).map(({ id }) => `channelUnbind?id=${id}&tenant=${tenant}`);
    const paths = [`channelList?tenant=${tenant}`, 'my', ...CHANNELS.map((channel) => `channelAuth?channel=${channel}&tenant=${tenant}&manual=1`), ...ids];
    return Promise.all(paths.map(async (path) => ({ path, text: (await member.visitor.send(path)).text })));
}

/**
 * Collects every secret of this file's tests while the sandbox knows it; what it gives is called at the file's end and looks
 * for all of them in the logs and in every table.
 */
export function secretsStayInside() {
    const logged = mark();
    const canaries = new Set();
    afterEach(async () => (await secrets()).forEach((secret) => canaries.add(secret)));
    return () => test('no log and no table holds a secret', async () => {
        const texts = [logged().map(({ line }) => line).join('\n')];
        for (const { name } of await rows('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()')) {
            for (const stored of await rows(`SELECT * FROM \`${name}\``)) {
                texts.push(Object.values(stored).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))).join('\n'));
            }
        }
        assert.ok(canaries.size > 5, `${canaries.size} secrets to look for`);
        for (const secret of canaries) {
            for (const text of texts) {
                assert.ok(!text.includes(secret), `${secret} in ${text.slice(0, 300)}`);
            }
        }
    });
}

export const list = (member, more = '') => `channelList?tenant=${member.tenant.id}${more}`;

export const redirects = (answer, to) => assert.deepEqual([answer.status, answer.location], [302, `${INDEX}${to}`], answer.text);
