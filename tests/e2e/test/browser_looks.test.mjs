/** Every page in its odd states: empty, failed, dark, in English, with long and hostile texts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DESKTOP, PHONE, useBrowser, visit } from '../support/browser.mjs';
import { send } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { forgetAttempts, rows, withConfig, withLanguages } from '../support/site.mjs';

const logsAreClean = suite();
useBrowser();

for (const device of [PHONE, DESKTOP]) {
    describe(device.name, () => {
        test('a member without companies and orders', () => visit(device, async (screen) => {
            const acme = await member.register();
            await rows('DELETE FROM {job} WHERE tenant_id = ?', [acme.tenant.id]);
            await rows('DELETE FROM {tenant} WHERE id = ?', [acme.tenant.id]);
            await screen.as(acme.visitor);
            await screen.open('my');
            assert.match(await screen.text(), /还没有公司[\s\S]*还没有订单/);
            await screen.inspect('my-empty');
        }));

        test('many companies, long names, every status', () => visit(device, async (screen) => {
            const long = `${'没有空格的很长的公司名称'.repeat(6)}<b>&amp;`;
            const acme = await member.register({ company_name: long, domain: `${'a'.repeat(60)}.${'b'.repeat(60)}.example`, plan: 'enterprise', seats: '100' });
            const copy = "INSERT INTO {tenant} (user_id, tenant_name, domain, email, max_agents, status, suspend_reason, config, embed_code, expire_at, createtime, updatetime) SELECT user_id, ?, domain, email, max_agents, ?, ?, config, ?, ?, createtime, updatetime FROM {tenant} WHERE id = ?";
            for (const [name, status, reason, code, expire] of [
                ['Suspended', 'suspended', 'expired', 'x', '2020-01-01 00:00:00'], ['Stopped', 'suspended', 'admin', 'x', '2030-01-01 00:00:00'],
                ['Disabled', 'disabled', null, 'x', '2030-01-01 00:00:00'], ['Pending', 'pending', null, null, '2030-01-01 00:00:00'],
                ['Old', 'active', null, `<script>${'x'.repeat(300)}</script>`, null],
            ]) {
                await rows(copy, [name, status, reason, code, expire, acme.tenant.id]);
            }
            await rows('UPDATE {tenant} SET expire_at = DATE_ADD(NOW(), INTERVAL 3 DAY) WHERE id = ?', [acme.tenant.id]);
            await member.pay(acme);
            await member.renew(acme);
            await screen.as(acme.visitor);
            await screen.open('my');
            assert.equal(await screen.page.locator('[data-tenant]').count(), 6);
            await screen.inspect('my-full');
            const widths = device.isMobile ? [320, 480, 719, 768, 879] : [880, 960, 999, 1000, 1100, 1280, 1920];
            for (const width of widths) {
                await screen.page.setViewportSize({ width, height: 800 });
                await screen.fits(`my at ${width} px`);
            }
            await screen.page.setViewportSize(device.viewport);
            await screen.open(`renew?id=${acme.tenant.id}`);
            await screen.inspect('renew-long');
        }));

        test('errors have pages of their own', () => visit(device, async (screen) => {
            const acme = await member.register();
            await screen.as(acme.visitor);
            await screen.open('renew?id=999999');
            assert.match(await screen.text('h1'), /没有找到/);
            await screen.inspect('error-404');
            await rows("UPDATE {tenant} SET status = 'disabled' WHERE id = ?", [acme.tenant.id]);
            await screen.open(`renew?id=${acme.tenant.id}`);
            assert.match(await screen.text(), /服务已停用/);
            await screen.inspect('error-403');
            await rows("UPDATE {tenant} SET status = 'active' WHERE id = ?", [acme.tenant.id]);
            const order = await member.renew(acme);
            await withConfig({ alipay_sandbox: '0', public_base_url: '' }, async () => {
                await screen.open(`payAlipay?order=${order.order_no}`);
                await screen.inspect('error-503');
            });
            await withConfig({ alipay_enabled: '0', wechat_enabled: '0', support_email: 'help@shop.example' }, async () => {
                await screen.open(`renew?id=${acme.tenant.id}`);
                assert.match(await screen.text(), /暂时没有可用的支付方式[\s\S]*help@shop\.example/);
                await screen.inspect('renew-none');
            });
        }, { status: [403, 404, 503] }));

        test('a registration that the service refused', () => visit(device, async (screen) => {
            await forgetAttempts();
            await control('provision', { mode: 'error_json_500' });
            await screen.open('registerPage');
            await screen.fill({ company_name: 'Acme', email: member.address(), domain: 'a.example' });
            await screen.submit();
            await screen.page.getByRole('heading', { name: '注册成功，客服稍后开通' }).waitFor();
            await screen.inspect('registered-refused');
            await screen.page.click('main a.button-primary');
            await screen.page.getByRole('button', { name: '为 Acme 重新开通' }).click();
            assert.match(await screen.text('[role="alert"]'), /开通没有成功/);
            await screen.inspect('my-refused');
            await reset();
            await screen.page.getByRole('button', { name: '为 Acme 重新开通' }).click();
            await screen.page.getByText('客服已经开通，接入代码可以使用了').waitFor();
        }));

        // The colours are the same at every width.
        test('dark, where that is preferred', () => visit({ ...device, name: `${device.name}-dark`, colorScheme: 'dark' }, async (screen) => {
            const acme = await member.register();
            await member.pay(acme);
            for (const page of ['landing', 'registerPage', 'login']) {
                await screen.open(page);
                await screen.inspect(page, { axe: device.isMobile });
            }
            await screen.as(acme.visitor);
            for (const page of ['my?error=generic', `renew?id=${acme.tenant.id}`, 'changePassword', 'renew?id=0']) {
                await screen.open(page);
                await screen.inspect(page.replace(/\W.*/, page.endsWith('id=0') ? '-error' : ''), { axe: device.isMobile });
            }
        }, { status: [404] }));
    });
}

describe('English', () => {
    const CHINESE = /[\u4e00-\u9fff]/;

    test('once the host lets visitors choose', () => withLanguages(() => visit({ ...PHONE, name: 'phone-en', locale: 'en' }, async (screen) => {
        await forgetAttempts();
        const { page } = screen;
        const isEnglish = async (title) => {
            assert.equal(await page.getAttribute('html', 'lang'), 'en');
            const text = (await screen.text('body')).replaceAll('中文', '');
            assert.ok(!CHINESE.test(text), `${title}: ${text.match(/.*[\u4e00-\u9fff].*/)?.[0]}`);
            await screen.inspect(title);
        };
        await screen.open('landing?lang=en');
        await isEnglish('landing');
        await page.click('.hero a.button-primary');
        await isEnglish('register');
        await screen.submit();
        await isEnglish('register-errors');
        await screen.fill({ company_name: 'Acme', email: member.address(), domain: 'a.example' });
        await screen.submit();
        await page.getByRole('heading', { name: 'You are registered' }).waitFor();
        await isEnglish('registered');
        await page.click('main a.button-primary');
        await isEnglish('my');
        await page.getByRole('link', { name: 'Renew Acme' }).click();
        await isEnglish('renew');
        await page.click('[data-pay]');
        await page.click('#pay');
        await page.waitForURL('**/index/my?*');
        await isEnglish('paid');
        await screen.open('changePassword');
        await isEnglish('password');
        await screen.open('renew?id=0');
        await isEnglish('error');
        await page.getByRole('link', { name: '中文' }).click();
        assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    }, { status: [400, 404] })));

    test('not while the host has one language', async () => {
        const page = await send('landing?lang=en', { headers: { 'Accept-Language': 'en' } });
        assert.match(page.text, /<html lang="zh-CN">/);
        assert.ok(!page.text.includes('English'));
    });
});

logsAreClean();
