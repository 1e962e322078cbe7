/** Forgotten passwords, confirmed addresses and the language of mail, in a browser. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DESKTOP, LARGE_PHONE, PHONE, useBrowser, visit } from '../support/browser.mjs';
import { suite } from '../support/logs.mjs';
import { letterWith, link, linkIn, withConfirmation, withMail, withoutMail } from '../support/mail.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control } from '../support/sandbox.mjs';
import { forgetAttempts, withConfig, withLanguages } from '../support/site.mjs';

const logsAreClean = suite();
useBrowser();

const resetLink = (acme) => link('password_reset', { userId: acme.tenant.user_id, email: acme.email });
const confirmLink = (acme) => link('confirm_email', { userId: acme.tenant.user_id, email: acme.email });

for (const device of [PHONE, LARGE_PHONE, DESKTOP]) {
    describe(device.name, () => {
        test('a forgotten password', () => withMail(() => visit(device, async (screen) => {
            const acme = await member.register();
            await forgetAttempts();
            const { page } = screen;
            await screen.open('login');
            await screen.inspect('login');
            await page.getByRole('link', { name: '忘记密码？' }).click();
            screen.at('forgotPassword');
            await screen.inspect('forgot');
            await screen.submit();
            assert.match(await screen.text('.field-invalid .error'), /请填写邮箱/);
            assert.equal(await page.evaluate(() => document.activeElement.name), 'email');
            await screen.inspect('forgot-empty');
            await screen.fill({ email: acme.email });
            await screen.submit();
            await page.waitForURL('**/forgotPassword?sent=1');
            await screen.inspect('forgot-sent');
            await page.reload();
            assert.match(await screen.text('h1'), /请查收邮件/);

            const token = await resetLink(acme);
            await screen.open(`resetPassword?token=${token}`);
            await screen.inspect('reset');
            await screen.fill({ new_password: 'Neu-12345', confirm_password: 'Neu-12346' });
            await screen.submit();
            assert.match(await screen.text('.field-invalid .error'), /不一致/);
            assert.ok(!page.url().includes(token), 'the address is a plain one from here on');
            await screen.inspect('reset-mismatch');
            await screen.fill({ new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
            await screen.submit();
            screen.at('my');
            assert.match(await screen.text('[role="status"]'), /密码已修改/);
            await screen.inspect('my-reset');
            await page.reload();
            screen.at('my');
            await screen.open(`resetPassword?token=${token}`);
            assert.match(await screen.text('h1'), /链接已失效/);
            await screen.inspect('reset-over');
            await page.getByRole('link', { name: '重新获取链接' }).click();
            screen.at('forgotPassword');
            assert.equal(await page.inputValue('main [name="email"]'), acme.email);
        }, { status: [400, 403] })));

        test('an address that has to be confirmed', () => withConfirmation(() => visit(device, async (screen) => {
            await forgetAttempts();
            const { page } = screen;
            const email = member.address();
            await screen.open('registerPage');
            await screen.fill({ company_name: 'Acme', email, domain: 'www.acme.example' });
            await screen.submit();
            assert.match(await screen.text(), new RegExp(`还差一步[\\s\\S]*${email}`));
            await screen.inspect('registered-confirm');
            await page.click('main a.button-primary');
            screen.at('my');
            assert.match(await screen.text('.notice-action'), /请先确认邮箱/);
            await screen.inspect('my-confirm');
            await page.getByRole('button', { name: '重新发送' }).click();
            assert.match(await screen.text('[role="status"]'), /已经重新发送/);
            await screen.inspect('my-resent');

            const tenant = await member.tenantOf(email);
            const token = await confirmLink({ email, tenant });
            await screen.open(`confirmEmail?token=${token}`);
            await screen.inspect('confirm');
            await control('provision', { delay_ms: 600 });
            await screen.submit();
            screen.at('my');
            await page.getByText('邮箱已确认').first().waitFor();
            await screen.picture('my-confirmed');
            // The page follows what goes on.
            await page.locator('[data-tenant][data-status="active"]').waitFor();
            await control('provision', { delay_ms: 0 });
            await screen.open(`confirmEmail?token=${token}`);
            await screen.inspect('confirm-over');
            await screen.page.getByRole('link', { name: '进入会员中心' }).click();
            screen.at('my');
        }, { status: [403] })));

        test('on another device the confirmation leads to the sign-in', () => withConfirmation(() => visit(device, async (screen) => {
            const acme = await member.register();
            await screen.open(`confirmEmail?token=${await confirmLink(acme)}`);
            await screen.submit();
            await screen.page.waitForURL('**/confirmEmail?done=1');
            await screen.inspect('confirm-done');
            await screen.page.locator('main').getByRole('link', { name: '登录' }).click();
            assert.equal(await screen.page.inputValue('main [name="email"]'), acme.email);
            await screen.fill({ password: acme.password });
            await screen.submit();
            screen.at('my');
        })));

        test('the language of mail', () => withMail(() => visit(device, async (screen) => {
            const acme = await member.register();
            await screen.as(acme.visitor);
            await screen.open('my');
            await screen.page.getByRole('button', { name: 'English' }).click();
            assert.match(await screen.text('[role="status"]'), /用英文发送/);
            assert.equal(await screen.page.getAttribute('button[value="en"]', 'aria-pressed'), 'true');
            await screen.inspect('my-language');
        })));

        test('a site without mail', () => withoutMail(() => withConfig({ support_email: 'help@shop.example' }, () => visit(device, async (screen) => {
            await screen.open('forgotPassword');
            assert.match(await screen.text(), /help@shop\.example/);
            await screen.inspect('forgot-off');
        }))));
    });
}

describe('dark', () => {
    test('each page', () => withConfirmation(() => visit({ ...PHONE, name: 'phone-dark', colorScheme: 'dark' }, async (screen) => {
        const acme = await member.register();
        for (const [path, title] of [
            ['forgotPassword', 'forgot'], ['forgotPassword?sent=1', 'forgot-sent'], [`resetPassword?token=${await resetLink(acme)}`, 'reset'],
            ['resetPassword?token=X', 'reset-over'], [`confirmEmail?token=${await confirmLink(acme)}`, 'confirm'], ['confirmEmail?done=1', 'confirm-done'],
        ]) {
            await screen.open(path);
            await screen.inspect(title);
        }
        await screen.as(acme.visitor);
        await screen.open('my');
        await screen.inspect('my-confirm');
    }, { status: [403] })));
});

describe('English', () => {
    test('each page', () => withConfirmation(() => withLanguages(() => visit({ ...PHONE, name: 'phone-en', locale: 'en' }, async (screen) => {
        await forgetAttempts();
        const { page } = screen;
        const isEnglish = async (title) => {
            assert.equal(await page.getAttribute('html', 'lang'), 'en');
            const text = (await screen.text('body')).replaceAll('中文', '');
            assert.ok(!/[\u4e00-\u9fff]/.test(text), `${title}: ${text.match(/.*[\u4e00-\u9fff].*/)?.[0]}`);
            await screen.inspect(title);
        };
        const email = member.address();
        await screen.open('registerPage?lang=en');
        await screen.fill({ company_name: 'Acme', email, domain: 'a.example' });
        await screen.submit();
        await isEnglish('registered-confirm');
        const acme = { email, tenant: await member.tenantOf(email) };
        await page.click('main a.button-primary');
        await isEnglish('my-confirm');
        assert.equal(await page.getAttribute('button[value="en"]', 'aria-pressed'), 'true', 'mail is in the language of the registration');
        for (const [path, title] of [
            ['forgotPassword', 'forgot'], ['forgotPassword?sent=1', 'forgot-sent'], [`resetPassword?token=${await resetLink(acme)}`, 'reset'],
            ['resetPassword?token=X', 'reset-over'], [`confirmEmail?token=${await confirmLink(acme)}`, 'confirm'], ['confirmEmail?done=1', 'confirm-done'],
            ['confirmEmail?token=X', 'confirm-over'], ['my?done=resent', 'my-resent'], ['my?error=nothing_to_confirm', 'my-nothing'],
        ]) {
            await screen.open(path);
            await isEnglish(title);
        }
        await withoutMail(async () => {
            await screen.open('forgotPassword');
            await isEnglish('forgot-off');
        });
    }, { status: [403] }))));
});

describe('without script', () => {
    test('reset and confirm', () => withConfirmation(() => visit({ ...PHONE, name: 'phone-noscript', javaScriptEnabled: false }, async (screen) => {
        const acme = await member.register();
        await screen.open(`confirmEmail?token=${await confirmLink(acme)}`);
        await screen.submit();
        await screen.page.waitForURL('**/confirmEmail?done=1');
        await until('it is made', async () => (await member.tenant(acme.tenant.id)).status === 'active');
        await screen.open(`resetPassword?token=${await resetLink(acme)}`);
        await screen.fill({ new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
        await screen.submit();
        screen.at('my');
    })));
});

test('from the letter to the new password', () => withMail(() => visit(DESKTOP, async (screen) => {
    const acme = await member.register();
    await control('mail/clear', {});
    await screen.open('forgotPassword');
    await screen.fill({ email: acme.email });
    await screen.submit();
    await screen.page.goto(new URL(linkIn(await letterWith(acme.email, 'resetPassword'), 'resetPassword'), screen.page.url()).href);
    await screen.fill({ new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
    await screen.submit();
    screen.at('my');
})));

logsAreClean();
