/** Shop accounts in a real browser: the way to each platform and back, the form, pausing, unbinding, and how all of it looks. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { DESKTOP, LARGE_PHONE, PHONE, useBrowser, visit } from '../support/browser.mjs';
import { accounts, ASKED, bind, CHANNELS, FORM, gatewayReads, NAMES, save } from '../support/channels.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { env, INDEX, rows, withConfig, withLanguages } from '../support/site.mjs';

const logsAreClean = suite();
useBrowser();

const card = (page, channel) => page.locator(`[data-channel="${channel}"]`);
const notice = (page) => page.locator('.notice');

/** From the list to the platform, as a member goes. */
async function goToPlatform(page, channel) {
    await card(page, channel).getByRole('link', { name: /授权|uthorise/ }).click();
    const form = page.locator('form:has([name="start"])');
    for (const [name, value] of Object.entries(ASKED[channel] ?? {})) {
        const field = form.locator(`[name="${name}"]`);
        await (await field.evaluate((element) => element.tagName) === 'SELECT' ? field.selectOption(value) : field.fill(value));
    }
    await form.locator('button[type="submit"]').click();
    // Our own page leads on by itself.
    await page.waitForURL(`${env.sandbox.oauth_base}/${channel}/authorize?**`);
}

const backAtList = (page) => page.waitForURL(`**${INDEX}channelList?**`);

for (const device of [PHONE, LARGE_PHONE, DESKTOP]) {
    describe(device.name, () => {
        test('each platform is bound by consent', () => visit(device, async (screen) => {
            const { page } = screen;
            const acme = await member.register({ company_name: '晨光数码科技（上海）有限公司' });
            await screen.as(acme.visitor);
            await screen.open('my');
            await page.getByRole('link', { name: /的店铺渠道/ }).click();
            screen.at('channelList');
            await screen.inspect('channels-none');
            for (const channel of CHANNELS) {
                await goToPlatform(page, channel);
                assert.equal(await page.locator('#shop').count(), 1);
                await page.click('#allow');
                await backAtList(page);
                assert.match(await notice(page).innerText(), new RegExp(`${NAMES[channel]} ?店铺已授权`));
                assert.equal(await card(page, channel).getAttribute('data-state'), 'active');
                assert.ok((await gatewayReads(acme.tenant.id, channel)) !== null);
                assert.ok(!/code=|state=/.test(page.url()));
            }
            await screen.inspect('channels-bound');
            await page.goBack();
            assert.ok(!new URL(page.url()).pathname.includes('channelCallback'), 'the callback is no step of the history');
        }));

        test('a consent that was refused', () => visit(device, async (screen) => {
            const { page } = screen;
            const acme = await member.register();
            await screen.as(acme.visitor);
            await screen.open('channelList');
            await goToPlatform(page, 'taobao');
            await page.click('#deny');
            await backAtList(page);
            assert.match(await notice(page).innerText(), /没有同意授权/);
            assert.equal(await page.locator('[role="alert"]').count(), 1);
            assert.deepEqual(await accounts(acme.tenant.id), []);
            await screen.inspect('channels-denied');
        }));

        test('the form: mistakes, saving, keeping', () => visit(device, async (screen) => {
            const { page } = screen;
            const acme = await member.register();
            await screen.as(acme.visitor);
            await screen.open('channelList');
            await card(page, 'taobao').getByRole('link', { name: '手动填写' }).click();
            const form = page.locator('#manual form');
            await form.waitFor();
            await screen.inspect('channel-form');
            for (const [name, value] of Object.entries({ ...FORM.taobao, app_secret: '' })) {
                await form.locator(`[name="${name}"]`).fill(value);
            }
            await form.locator('button[type="submit"]').click();
            await page.waitForLoadState('load');
            assert.equal(await page.locator('#manual-app_secret').evaluate((element) => element === document.activeElement), true, 'the field with the mistake has the focus');
            assert.match(await page.locator('#manual-app_secret-error').innerText(), /请填写/);
            assert.equal(await page.inputValue('#manual-app_id'), FORM.taobao.app_id);
            assert.equal(await page.inputValue('#manual-session_key'), '');
            await screen.inspect('channel-form-error');
            for (const [name, value] of Object.entries(FORM.taobao)) {
                await form.locator(`[name="${name}"]`).fill(value);
            }
            await form.locator('button[type="submit"]').click();
            await backAtList(page);
            assert.match(await notice(page).innerText(), /淘宝凭据已保存/);
            await card(page, 'taobao').getByRole('link', { name: '手动填写' }).click();
            await page.getByText('已保存，留空则不修改').first().waitFor();
            await screen.inspect('channel-form-kept');
            assert.ok(!(await page.content()).includes('CANARY-'));
            await form.locator('[name="site_id"]').fill('777');
            await form.locator('button[type="submit"]').click();
            await backAtList(page);
            const read = await gatewayReads(acme.tenant.id, 'taobao');
            assert.deepEqual([read.site_id, read.session_key], ['777', FORM.taobao.session_key]);
        }, { status: [400] }));

        test('pausing, resuming, unbinding', () => visit(device, async (screen) => {
            const { page } = screen;
            const acme = await member.register();
            await bind(acme, 'pdd', { shop: '晨光数码旗舰店' });
            await screen.as(acme.visitor);
            await screen.open('channelList');
            await page.getByRole('button', { name: '暂停 晨光数码旗舰店' }).click();
            await notice(page).getByText('拼多多店铺已暂停').waitFor();
            assert.equal(await gatewayReads(acme.tenant.id, 'pdd'), null);
            await screen.inspect('channels-paused');
            await page.getByRole('button', { name: '恢复 晨光数码旗舰店' }).click();
            await notice(page).getByText('拼多多店铺已恢复使用').waitFor();
            await page.getByRole('link', { name: '解绑 晨光数码旗舰店' }).click();
            await screen.inspect('channel-unbind');
            await page.getByRole('link', { name: '保留' }).click();
            assert.equal(await card(page, 'pdd').getAttribute('data-state'), 'active');
            await page.getByRole('link', { name: '解绑 晨光数码旗舰店' }).click();
            await page.getByRole('button', { name: '确认解绑' }).click();
            await notice(page).getByText('拼多多店铺已解绑').waitFor();
            assert.deepEqual(await accounts(acme.tenant.id), []);
        }));

        test('every state at once, with long names', () => visit(device, async (screen) => {
            const { page } = screen;
            const acme = await member.register();
            await acme.visitor.submit('registerPage', 'register', { company_name: '没有空格的很长的公司名称'.repeat(6), email: acme.email, domain: 'two.example' });
            await bind(acme, 'amazon');
            await bind(acme, 'jd', { shop: 'JD' });
            await bind(acme, 'taobao', { shop: '没有空格的很长的店铺名称'.repeat(4) });
            await bind(acme, 'pdd', { shop: 'One' });
            await bind(acme, 'pdd', { shop: 'Two' });
            await save(acme, 'tiktok');
            const set = (channel, change) => rows(`UPDATE {channel_account} SET ${change} WHERE tenant_id = ? AND channel = ?`, [acme.tenant.id, channel]);
            await set('jd', "status = 'expired', last_error = 'refresh_refused', expires_at = '2024-05-01 10:00:00'");
            await set('taobao', 'refresh_at = NULL, expires_at = DATE_ADD(NOW(), INTERVAL 60 HOUR)');
            await set('tiktok', "status = 'error', last_error = 'app_refused'");
            const now = Math.floor(Date.now() / 1000);
            for (const [channel, status, ms, age] of [['amazon', 'success', 412, 4000], ['amazon', 'success', 380, 90_000], ['amazon', 'timeout', 10_000, 90_000], ['jd', 'error', 1630, 200_000]]) {
                for (let n = 0; n < 40; n += 1) {
                    await rows('INSERT INTO {gateway_log} (tenant_id, channel, query_hash, status, latency_ms, createtime) VALUES (?, ?, ?, ?, ?, ?)', [acme.tenant.id, channel, 'h'.repeat(64), status, ms + n, now - age]);
                }
            }
            // These hours were counted before, when nothing was in them.
            await rows('DELETE FROM {gateway_span} WHERE tenant_id = ?', [acme.tenant.id]);
            await rows('DELETE FROM {gateway_hour} WHERE tenant_id = ?', [acme.tenant.id]);
            await screen.as(acme.visitor);
            await screen.open(`channelList?tenant=${acme.tenant.id}`);
            assert.deepEqual(
                await page.locator('[data-channel]').evaluateAll((cards) => cards.map((one) => one.dataset.state)),
                ['active', 'expired', 'active', 'active', 'error'],
            );
            await screen.inspect('channels-full');
            const widths = device.isMobile ? [320, 480, 719] : [720, 768, 1079, 1080, 1280, 1920];
            for (const width of widths) {
                await page.setViewportSize({ width, height: 800 });
                await screen.fits(`channelList at ${width} px`);
            }
            await page.setViewportSize(device.viewport);
            await page.getByLabel('公司').selectOption({ index: 0 });
            await page.getByRole('button', { name: '切换' }).click();
            await page.waitForURL((url) => url.searchParams.get('tenant') !== String(acme.tenant.id));
            await screen.inspect('channels-long');
            await screen.open('my');
            await screen.inspect('my-channels');
        }));

        test('without a key, and without applications', () => visit(device, async (screen) => {
            const acme = await member.register();
            await screen.as(acme.visitor);
            await withConfig({ gateway_aes_key: '' }, async () => {
                await screen.open('channelList');
                assert.match(await screen.text(), /gateway_aes_key/);
                await screen.inspect('channels-no-key');
                await screen.open('channelAuth?channel=jd');
                await screen.inspect('channel-no-key');
            });
            await withConfig({ tiktok_client_key: '', tiktok_client_secret: '' }, async () => {
                await screen.open('channelAuth?channel=tiktok');
                await screen.inspect('channel-manual-only');
            });
        }));
    });
}

describe('otherwise', () => {
    test('without a script', () => visit({ ...PHONE, name: 'phone-no-script', javaScriptEnabled: false }, async (screen) => {
        const { page } = screen;
        const acme = await member.register();
        await screen.as(acme.visitor);
        await screen.open('channelList');
        await goToPlatform(page, 'jd');
        await page.click('#allow');
        await backAtList(page);
        await page.getByRole('button', { name: /^暂停/ }).click();
        await notice(page).getByText('京东店铺已暂停').waitFor();
        await page.getByRole('link', { name: /^解绑/ }).click();
        await page.getByRole('button', { name: '确认解绑' }).click();
        await notice(page).getByText('京东店铺已解绑').waitFor();
        assert.deepEqual(await accounts(acme.tenant.id), []);
    }));

    test('a second press of the button at the platform, and the way back in the history', () => visit(DESKTOP, async (screen) => {
        const { page } = screen;
        const acme = await member.register();
        await screen.as(acme.visitor);
        await screen.open('channelList');
        await goToPlatform(page, 'jd');
        await page.goBack();
        screen.at('channelAuth');
        await page.goForward();
        await page.click('#allow');
        await backAtList(page);
        assert.equal(await card(page, 'jd').getAttribute('data-state'), 'active');
    }));

    test('the page on the way, where the browser does not go on by itself', () => visit({ ...PHONE, name: 'phone' }, async (screen) => {
        const { page } = screen;
        const acme = await member.register();
        await screen.as(acme.visitor);
        await page.route('**/channelAuth', async (route) => {
            const response = await route.fetch();
            const { refresh, ...headers } = response.headers();
            assert.match(refresh, /^0;url=/);
            await route.fulfill({ response, headers });
        });
        await screen.open('channelAuth?channel=jd');
        await page.locator('form:has([name="start"]) button').click();
        await page.getByRole('link', { name: '前往京东' }).waitFor();
        await screen.inspect('channel-away');
    }));

    test('an exchange that has to wait its turn goes on by itself', () => visit(PHONE, async (screen) => {
        const { page } = screen;
        const acme = await member.register();
        await screen.as(acme.visitor);
        await screen.open('channelList');
        await goToPlatform(page, 'jd');
        // As many exchanges as may be are under way, and end in a few seconds.
        const bucket = createHash('sha256').update('exchanging\0').digest('hex');
        await rows('REPLACE INTO {throttle} (bucket, used, resets_at) VALUES (?, 3, UNIX_TIMESTAMP() + 5)', [bucket]);
        await page.click('#allow');
        await page.getByText('本页会自动重试').waitFor();
        await screen.picture('channel-busy');
        await backAtList(page);
        assert.equal(await card(page, 'jd').getAttribute('data-state'), 'active');
    }, { status: [503] }));

    test('dark, where that is preferred', () => visit({ ...PHONE, name: 'phone-dark', colorScheme: 'dark' }, async (screen) => {
        const acme = await member.register();
        await bind(acme, 'jd');
        await bind(acme, 'pdd');
        const [{ id }] = await accounts(acme.tenant.id, 'pdd');
        await rows("UPDATE {channel_account} SET status = 'expired', last_error = 'token_expired' WHERE id = ?", [id]);
        await screen.as(acme.visitor);
        for (const [path, title] of [['channelList?error=state_expired', 'channels-bound'], ['channelAuth?channel=taobao&manual=1', 'channel-form'], [`channelUnbind?id=${id}`, 'channel-unbind']]) {
            await screen.open(path);
            await screen.inspect(title);
        }
    }));

    test('in English', () => withLanguages(() => visit({ ...PHONE, name: 'phone-en', locale: 'en' }, async (screen) => {
        const { page } = screen;
        const acme = await member.register();
        for (const channel of ['jd', 'amazon']) {
            await bind(acme, channel, { shop: 'Blue Whale' });
        }
        await screen.as(acme.visitor);
        const isEnglish = async (path, title) => {
            await screen.open(path);
            assert.equal(await page.getAttribute('html', 'lang'), 'en');
            const text = (await screen.text('body')).replace('中文', '');
            assert.ok(!/[\u4e00-\u9fff]/.test(text), `${title}: ${text.match(/.*[\u4e00-\u9fff].*/)?.[0]}`);
            await screen.inspect(title);
        };
        const [{ id }] = await accounts(acme.tenant.id, 'jd');
        await isEnglish('channelList?lang=en', 'channels-bound');
        for (const error of ['consent_denied', 'channel_refused', 'channel_unavailable', 'state_used', 'state_unknown', 'vault_missing', 'not_available', 'nonsense']) {
            await isEnglish(`channelList?error=${error}`, `channels-${error}`);
        }
        for (const channel of CHANNELS) {
            await isEnglish(`channelAuth?channel=${channel}&manual=1`, `channel-${channel}`);
        }
        await isEnglish(`channelUnbind?id=${id}`, 'channel-unbind');
    })));
});

logsAreClean();
