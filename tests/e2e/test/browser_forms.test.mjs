/** Forms in a browser: mistakes, impatience, the back button, the keyboard alone, and no script at all. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DESKTOP, PHONE, useBrowser, visit } from '../support/browser.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { forgetAttempts, rows } from '../support/site.mjs';

const logsAreClean = suite();
useBrowser();

const ACME = { company_name: 'Acme', domain: 'www.acme.example' };

describe('signing in', () => {
    test('wrong password, too many attempts, then in and out again', () => visit(PHONE, async (screen) => {
        const acme = await member.register();
        await forgetAttempts();
        await screen.open('login');
        await screen.fill({ email: acme.email, password: 'wrong' });
        await screen.submit();
        assert.match(await screen.text('[role="alert"]'), /邮箱或密码不正确/);
        assert.equal(await screen.page.inputValue('[name="email"]'), acme.email);
        await screen.inspect('login-wrong');
        for (let n = 0; n < 10; n += 1) {
            await screen.fill({ password: 'wrong' });
            await screen.submit();
        }
        assert.match(await screen.text('[role="alert"]'), /尝试次数过多/);
        await screen.inspect('login-limit');
        await forgetAttempts();
        await screen.fill({ password: acme.password });
        await screen.submit();
        screen.at('my');
        await screen.page.getByRole('link', { name: '退出' }).click();
        screen.at('landing');
        await screen.page.goBack();
        await screen.page.reload();
        screen.at('login');
    }));

    test('changing the password: the old one stops working', () => visit(DESKTOP, async (screen) => {
        const acme = await member.register();
        await screen.as(acme.visitor);
        await screen.open('my');
        await screen.page.getByRole('link', { name: '修改密码' }).click();
        await screen.inspect('password');
        await screen.fill({ old_password: acme.password, new_password: 'kurz', confirm_password: 'kurz' });
        await screen.submit();
        assert.match(await screen.text('.field-invalid .error'), /至少 6 个字符/);
        await screen.inspect('password-short');
        await screen.fill({ old_password: 'wrong', new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
        await screen.submit();
        assert.match(await screen.text('.field-invalid .error'), /当前密码不正确/);
        await screen.fill({ old_password: acme.password, new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
        await screen.submit();
        assert.match(await screen.text('[role="status"]'), /密码已修改/);
        await screen.inspect('password-done');
        assert.match((await member.login(acme.email, acme.password)).answer.location, /wrong_password/);
        assert.match((await member.login(acme.email, 'Neu-12345')).answer.location, /\/my$/);
    }, { status: [400] }));
});

describe('registering', () => {
    test('mistakes are shown at their field, and what was typed stays', () => visit(PHONE, async (screen) => {
        await forgetAttempts();
        const { page } = screen;
        await screen.open('registerPage?plan=enterprise');
        await screen.submit();
        assert.equal(await page.evaluate(() => document.activeElement.name), 'company_name');
        await screen.inspect('register-errors');
        await screen.fill({ ...ACME, email: 'not an address', seats: '7', notes: '<b>&amp;' });
        await screen.submit();
        assert.match(await screen.text('.field-invalid'), /邮箱格式不正确/);
        assert.equal(await page.inputValue('[name="seats"]'), '7');
        assert.equal(await page.inputValue('[name="notes"]'), '<b>&amp;');
        assert.ok(await page.isChecked('[value="enterprise"]'));
        const acme = await member.register();
        await screen.fill({ email: acme.email });
        await screen.submit();
        const link = page.locator('.field-invalid .error a');
        assert.match(await screen.text('.field-invalid'), /已经注册过/);
        await screen.inspect('register-taken');
        await link.click();
        screen.at('login');
        assert.equal(await page.inputValue('[name="email"]'), acme.email);
    }, { status: [400] }));

    test('an impatient second click makes nothing twice', () => visit(DESKTOP, async (screen) => {
        await forgetAttempts();
        await control('provision', { delay_ms: 800 });
        const email = member.address();
        await screen.open('registerPage');
        await screen.fill({ ...ACME, email });
        const button = screen.page.locator('main form button[type="submit"]');
        await button.dblclick({ noWaitAfter: true });
        await button.click({ force: true, timeout: 300, noWaitAfter: true }).catch(() => {});
        await screen.page.getByRole('heading', { name: '客服已经开通' }).waitFor();
        assert.equal((await rows('SELECT id FROM {tenant} WHERE email = ?', [email])).length, 1);
        await reset();
    }));

    test('back after registering, and sending again, makes nothing twice', () => visit(DESKTOP, async (screen) => {
        await forgetAttempts();
        const email = member.address();
        await screen.open('registerPage');
        await screen.fill({ ...ACME, email });
        await screen.submit();
        await screen.page.getByRole('heading', { name: '客服已经开通' }).waitFor();
        await screen.page.goBack();
        screen.at('registerPage');
        await screen.fill(ACME);
        await screen.submit();
        assert.equal((await rows('SELECT id FROM {tenant} WHERE email = ?', [email])).length, 1);
        assert.match(await screen.text(), /已经登记过|页面已过期/);
    }, { status: [400, 403] }));

    test('back from the cashier, and paying again, pays once', () => visit(PHONE, async (screen) => {
        const acme = await member.register();
        await screen.as(acme.visitor);
        const { page } = screen;
        await screen.open(`renew?id=${acme.tenant.id}`);
        await page.click('[data-pay]');
        await page.waitForSelector('#pay');
        await page.goBack();
        screen.at('renew');
        await page.click('[data-pay]');
        await page.click('#pay');
        await page.waitForURL('**/index/my?*');
        await page.goBack();
        await screen.open('my');
        assert.equal(await page.locator('[data-order-status="paid"]').count(), 1);
        assert.equal(member.daysBetween(acme.tenant.expire_at, (await member.tenant(acme.tenant.id)).expire_at), 30);
    }, { status: [409] }));
});

describe('the keyboard alone', () => {
    /** What is focused, and whether one can see that. */
    const focus = (page) => page.evaluate(() => {
        const element = document.activeElement;
        const shown = (node) => {
            const style = getComputedStyle(node);
            return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
        };
        const seen = [element, element.closest('label'), element.nextElementSibling].filter(Boolean).some(shown);
        const box = element.getBoundingClientRect();
        return {
            name: element.name || element.textContent.trim(),
            href: element.getAttribute('href') ?? '',
            type: element.type ?? '',
            seen,
            inView: box.bottom > 0 && box.top < innerHeight,
        };
    });

    /** Goes on with Tab until the wanted element has the focus; on the way each stop is visible. */
    async function tabTo(page, wanted) {
        for (let step = 0; step < 60; step += 1) {
            await page.keyboard.press('Tab');
            const now = await focus(page);
            assert.ok(now.seen, `the focus on ${now.name || now.href} cannot be seen`);
            // The page scrolls smoothly.
            await until(`${now.name || now.href} is in view`, async () => (await focus(page)).inView, { seconds: 5 });
            if (wanted(now)) {
                return now;
            }
        }
        throw new Error('never reached');
    }

    test('registers, renews and pays', () => visit(DESKTOP, async (screen) => {
        await forgetAttempts();
        const { page } = screen;
        const email = member.address();
        await screen.open('landing');
        await page.keyboard.press('Tab');
        assert.match((await focus(page)).name, /跳到正文/);
        await screen.picture('keyboard-skip');
        await page.keyboard.press('Enter');
        await tabTo(page, (now) => /registerPage$/.test(now.href));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/registerPage');
        for (const [name, value] of [['company_name', 'Acme'], ['email', email], ['domain', 'www.acme.example']]) {
            await tabTo(page, (now) => now.name === name);
            await page.keyboard.type(value);
        }
        await tabTo(page, (now) => now.type === 'radio');
        await page.keyboard.press('ArrowDown');
        assert.ok(await page.isChecked('[value="pro"]'));
        await screen.picture('keyboard-plan');
        await tabTo(page, (now) => now.type === 'submit');
        await screen.picture('keyboard-submit');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: '客服已经开通' }).waitFor();
        await tabTo(page, (now) => /\/my$/.test(now.href) && now.name === '进入会员中心');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/my');
        await tabTo(page, (now) => /renew\?id=/.test(now.href));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/renew?*');
        await tabTo(page, (now) => /payAlipay/.test(now.href));
        await page.keyboard.press('Enter');
        await page.waitForSelector('#pay');
        await tabTo(page, (now) => now.type === 'submit');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/index/my?*');
        assert.match(await screen.text(), /支付成功/);
        assert.match(await screen.text('[data-order]'), /¥60/);
    }));
});

describe('without script', () => {
    test('registers, renews and pays', () => visit({ ...PHONE, name: 'phone-noscript', javaScriptEnabled: false }, async (screen) => {
        await forgetAttempts();
        const { page } = screen;
        const email = member.address();
        await screen.open('registerPage?plan=enterprise');
        await screen.picture('register');
        await screen.fill({ ...ACME, email, seats: '2' });
        await screen.submit();
        await page.getByRole('heading', { name: '客服已经开通' }).waitFor();
        await screen.picture('registered');
        assert.equal(await page.locator('[data-copy]:visible').count(), 0, 'a button that does nothing is not shown');
        await page.click('main a.button-primary');
        await page.getByRole('link', { name: '为 Acme 续费' }).click();
        assert.match(await screen.text(), /¥90/);
        await page.click('[data-pay]');
        await page.click('#pay');
        await page.waitForURL('**/index/my?*');
        assert.match(await screen.text(), /支付成功/);
    }));

    test('a registration for basic with the untouched field for seats is accepted', () => visit({ ...DESKTOP, name: 'noscript', javaScriptEnabled: false }, async (screen) => {
        await forgetAttempts();
        await screen.open('registerPage');
        await screen.fill({ ...ACME, email: member.address() });
        await screen.submit();
        await screen.page.getByRole('heading', { name: '客服已经开通' }).waitFor();
    }));
});

logsAreClean();
