/** A person's way: register, get the code, renew, pay, come back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DESKTOP, LARGE_PHONE, PHONE, useBrowser, visit } from '../support/browser.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, provisioned, reset } from '../support/sandbox.mjs';
import { forgetAttempts, rows } from '../support/site.mjs';

const logsAreClean = suite();
useBrowser();

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

for (const device of [PHONE, LARGE_PHONE, DESKTOP]) {
    test(`${device.name}: register "Acme", renew, pay, and see it`, () => visit(device, async (screen) => {
        await forgetAttempts();
        const { page } = screen;
        const email = member.address();
        await screen.open('landing');
        await screen.inspect('landing');
        await page.click('.hero a.button-primary');
        screen.at('registerPage');
        await screen.inspect('register');
        await screen.fill({ company_name: 'Acme', email, domain: 'www.acme.example', notes: '早上联系' });
        await page.check('input[value="enterprise"]', { force: true });
        await page.click('[data-step="1"]');
        assert.match(await screen.text('[data-summary]'), /¥80/);
        await page.check('input[value="basic"]', { force: true });
        assert.match(await screen.text('[data-summary]'), /¥50/);
        await screen.submit();
        screen.at('register');
        await screen.inspect('registered');
        assert.match(await screen.text('h1'), /客服已经开通/);

        const [password, code] = await page.locator('[data-copy-source]').allTextContents();
        assert.match(password, /^[0-9A-Z]{12}$/);
        const tenant = await member.tenantOf(email);
        assert.equal(code, tenant.embed_code);
        for (const [at, text] of [[0, password], [1, code]]) {
            await page.locator('[data-copy]').nth(at).click();
            await page.locator('[data-copy]').nth(at).getByText('已复制').waitFor();
            assert.equal(await clipboard(page), text);
        }

        await page.click('main a.button-primary');
        screen.at('my');
        await screen.inspect('my');
        assert.ok(!(await page.content()).includes(password));
        await page.getByRole('link', { name: '为 Acme 续费' }).click();
        screen.at('renew');
        await screen.inspect('renew');
        assert.match(await screen.text(), /¥50/);
        await page.click('[data-pay]');
        await page.waitForSelector('#pay');
        await screen.picture('cashier');
        await page.click('#pay');
        await page.waitForURL('**/index/my?*');
        assert.match(page.url(), /just_paid=1/);
        await screen.inspect('paid');
        assert.match(await screen.text(), /支付成功/);
        assert.equal(member.daysBetween(tenant.expire_at, (await member.tenant(tenant.id)).expire_at), 30);
        const order = page.locator('[data-order]');
        assert.equal(await order.count(), 1);
        assert.equal(await order.getAttribute('data-order-status'), 'paid');
        assert.match(await order.innerText(), /¥50[\s\S]*已支付[\s\S]*支付宝/);

        // The shown password is the one that works.
        await page.getByRole('link', { name: '退出' }).click();
        screen.at('landing');
        await screen.open('login');
        await screen.inspect('login');
        await screen.fill({ email, password });
        await screen.submit();
        screen.at('my');
    }));
}

describe('a slow provisioning service', () => {
    test('20 s: the page says so, and shows the code by itself', () => visit(PHONE, async (screen) => {
        await forgetAttempts();
        await control('provision', { delay_ms: 20_000 });
        const { page } = screen;
        const email = member.address();
        await screen.open('registerPage');
        await screen.fill({ company_name: 'Acme', email, domain: 'www.acme.example' });
        await screen.submit();
        await page.getByRole('heading', { name: '注册成功，正在开通客服' }).waitFor({ timeout: 25_000 });
        await screen.inspect('registered-waiting');
        let loads = 0;
        page.on('framenavigated', () => { loads += 1; });
        const password = await page.locator('.facts [data-copy-source]').textContent();
        await page.locator('[data-fill] .code').waitFor({ timeout: 25_000 });
        await screen.inspect('registered-ready');
        assert.equal(loads, 0, 'the page with the password stays');
        assert.equal(await page.locator('.facts [data-copy-source]').textContent(), password);
        assert.equal(await page.locator('[data-fill] [data-copy-source]').textContent(), (await member.tenantOf(email)).embed_code);
        await page.locator('[data-fill] [data-copy]').click();
        assert.match(await clipboard(page), /<script/);
        assert.equal((await provisioned(email)).length, 1);
        await reset();
    }));

    test('the member centre follows a provisioning that is under way', () => visit(DESKTOP, async (screen) => {
        await control('provision', { mode: 'error_json_500', times: 1 });
        const acme = await member.register();
        await control('provision', { mode: 'ok', delay_ms: 4000 });
        await screen.as(acme.visitor);
        const { page } = screen;
        await rows('UPDATE {job} SET next_at = 4000000000 WHERE tenant_id = ?', [acme.tenant.id]);
        await screen.open('my');
        await screen.inspect('my-pending');
        const other = acme.visitor.send(`reprovision?ids=${acme.tenant.id}`);
        await until('the provisioning began', async () => (await member.tenant(acme.tenant.id)).status === 'provisioning');
        await screen.open('my');
        assert.equal(await page.locator('[data-tenant]').getAttribute('data-status'), 'provisioning');
        await screen.inspect('my-provisioning');
        await page.locator('[data-tenant][data-embed="1"]').waitFor({ timeout: 20_000 });
        assert.match(await screen.text('.tenant'), /使用中/);
        await other;
        await reset();
    }));
});

describe('money under way', () => {
    test('the page of an unpaid order moves on once the notification came', () => visit(PHONE, async (screen) => {
        const acme = await member.register();
        const open = await member.renew(acme);
        await screen.as(acme.visitor);
        await member.openCashier(acme, open.order_no);
        const { page } = screen;
        await screen.open(`payReturn/order/${open.order_no}`);
        screen.at('my');
        assert.match(await screen.text(), /还没有收到支付结果/);
        await screen.inspect('my-unpaid');
        await control('pay', { out_trade_no: open.order_no });
        await page.getByText('支付成功').waitFor({ timeout: 15_000 });
        assert.equal(await page.locator('[data-order]').getAttribute('data-order-status'), 'paid');
    }));
});

logsAreClean();
