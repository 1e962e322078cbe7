/** What the list of shop accounts tells, and what no page does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
    accounts, ASKED, bind, CHANNELS, gatewayReads, list, pages, save, secrets, secretsStayInside,
} from '../support/channels.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { row, rows } from '../support/site.mjs';

const logsAreClean = suite();
const noSecretGotOut = secretsStayInside();

/** DATETIME in the site's zone, so many seconds from now. */
const shanghai = (seconds) => new Date(Date.now() + (seconds + 8 * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');

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
    });

    test('a shop\'s name is text', async () => {
        const acme = await member.register();
        await bind(acme, 'pdd', { shop: '"><script>alert(1)</script>' });
        for (const { path, text } of await pages(acme)) {
            assert.ok(!text.includes('<script>alert'), path);
        }
        assert.match((await acme.visitor.send(list(acme))).text, /&lt;script&gt;alert\(1\)/);
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
    });
});

noSecretGotOut();
logsAreClean();
