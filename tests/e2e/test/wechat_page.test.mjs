/** The page with WeChat Pay's code, in a browser: the code is one, and the page moves on by itself. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { DESKTOP, PHONE, useBrowser, visit } from '../support/browser.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { env, rows, withConfig, withLanguages } from '../support/site.mjs';
import { decodeQr, isCreditedOnce, payCode, requests, wechatOrder } from '../support/wechat.mjs';

const logsAreClean = suite();
useBrowser();
afterEach(reset);

const INSIDE = { userAgent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.49' };

/** From the order page to the code. */
async function toTheCode(screen) {
    const acme = await member.register();
    const open = await member.renew(acme);
    await screen.as(acme.visitor);
    await screen.open(`renew?id=${acme.tenant.id}`);
    await screen.inspect('renew-both');
    await screen.page.getByRole('link', { name: '用微信支付' }).click();
    screen.at('payWechat');
    await screen.page.locator('.qr img').evaluate((image) => image.decode());
    return { acme, orderNo: open.order_no, before: acme.tenant.expire_at };
}

for (const device of [PHONE, DESKTOP]) {
    test(`${device.name}: renew, scan, pay on the phone, and the page moves on`, () => visit(device, async (screen) => {
        const { page } = screen;
        const site = await toTheCode(screen);
        await screen.inspect('wechat');
        const text = await screen.text();
        assert.match(text, /测试模式：每笔只收 1 分钱[\s\S]*¥0\.01[\s\S]*¥50/);
        assert.match(text, /请在 1小时 59分/);
        assert.match(text, /等待付款/);

        const order = await wechatOrder(site.orderNo);
        assert.equal(order.total, 1);
        const scanned = decodeQr(await page.screenshot({ fullPage: true }));
        assert.equal(scanned, order.code_url);

        const phone = await screen.context.newPage();
        await phone.goto(`${env.sandbox.wechat_scan}?${new URLSearchParams({ code_url: scanned })}`);
        await phone.screenshot({ path: new URL(`../screenshots/${env.host}/wechat-scan-${device.name}.png`, import.meta.url).pathname });
        await page.bringToFront();
        await phone.click('#pay');
        await page.waitForURL('**/index/my?*');
        assert.match(page.url(), new RegExp(`order=${site.orderNo}&just_paid=1`));
        assert.match(await screen.text(), /支付成功[\s\S]*微信支付/);
        await screen.inspect('wechat-paid');
        await isCreditedOnce(site);
    }));
}

test('a second visit and a second click show the same code', () => visit(DESKTOP, async (screen) => {
    const { orderNo } = await toTheCode(screen);
    const first = decodeQr(await screen.page.screenshot({ fullPage: true }));
    await screen.page.getByRole('link', { name: '返回，选择其他支付方式' }).click();
    await screen.page.getByRole('link', { name: '用微信支付' }).click();
    await screen.page.locator('.qr img').evaluate((image) => image.decode());
    assert.equal(decodeQr(await screen.page.screenshot({ fullPage: true })), first);
    assert.equal((await wechatOrder(orderNo)).code_urls.length, 1);
    assert.equal((await requests('native')).length, 1);
}));

test('every notification is lost: the waiting page finds out by asking', () => visit(PHONE, async (screen) => {
    await control('wechat', { notify: { drop: true } });
    const site = await toTheCode(screen);
    await payCode(site.orderNo);
    await screen.page.waitForURL('**/index/my?*just_paid=1*');
    const { payments } = await isCreditedOnce(site);
    assert.equal(payments[0].source, 'query');
}));

test('in English, dark', () => visit({ ...PHONE, name: 'english', colorScheme: 'dark', locale: 'en' }, (screen) => withLanguages(async () => {
    const acme = await member.register();
    const { order_no: orderNo } = await member.renew(acme);
    await screen.as(acme.visitor);
    await screen.open(`payWechat?order=${orderNo}&lang=en`);
    await screen.page.locator('.qr img').evaluate((image) => image.decode());
    await screen.inspect('wechat-dark');
    assert.equal(decodeQr(await screen.page.screenshot({ fullPage: true })), (await wechatOrder(orderNo)).code_url);
})));

describe('inside WeChat', () => {
    test('WeChat Pay comes first, and the page says how to pay there', () => visit({ ...PHONE, ...INSIDE, name: 'wechat' }, async (screen) => {
        await toTheCode(screen);
        await screen.inspect('wechat-inside');
        assert.match(await screen.text(), /长按上面的二维码/);
        await screen.page.getByRole('link', { name: '返回，选择其他支付方式' }).click();
        assert.match(await screen.text('[data-pay].button-primary'), /微信/);
        assert.equal(await screen.page.locator('.button-primary').count(), 1);
    }));
});

describe('what can go wrong', () => {
    test('without a connection the page says so, and goes on when it is back', () => visit(PHONE, async (screen) => {
        const { orderNo } = await toTheCode(screen);
        await screen.page.route('**/orderStatus*', (route) => route.fulfill({ status: 503, body: '' }));
        await screen.page.getByText('网络不稳定，正在重试').waitFor();
        await screen.page.unroute('**/orderStatus*');
        await screen.page.getByText('等待付款').waitFor();
        await payCode(orderNo);
        await screen.page.waitForURL('**/index/my?*');
    }, { status: [503] }));

    test('an order that ran out says so and offers another', () => visit(PHONE, async (screen) => {
        const { acme, orderNo } = await toTheCode(screen);
        await rows('UPDATE {order} SET createtime = createtime - 7195 WHERE order_no = ?', [orderNo]);
        await screen.open(`payWechat?order=${orderNo}`);
        await screen.page.getByRole('link', { name: '重新下单' }).waitFor();
        await screen.inspect('wechat-over');
        assert.match(await screen.text(), /已过期[\s\S]*订单已过期/);
        await screen.page.getByRole('link', { name: '重新下单' }).click();
        screen.at('renew');
        const next = await member.renew(acme);
        assert.notEqual(next.order_no, orderNo);
    }));

    test('an order that was closed meanwhile says so', () => visit(PHONE, async (screen) => {
        const { orderNo } = await toTheCode(screen);
        await rows("UPDATE {order} SET status = 'failed' WHERE order_no = ?", [orderNo]);
        await screen.page.getByText('这个订单已经关闭').waitFor();
        assert.ok(await screen.page.getByRole('link', { name: '重新下单' }).isVisible());
    }));

    test('signed out meanwhile: the page says so', () => visit(PHONE, async (screen) => {
        await toTheCode(screen);
        await screen.context.clearCookies();
        await screen.page.getByText('请先登录').waitFor();
    }, { status: [401] }));

    test('without scripts there is a link', () => visit({ ...PHONE, name: 'noscript', javaScriptEnabled: false }, async (screen) => {
        const acme = await member.register();
        const { order_no: orderNo } = await member.renew(acme);
        await screen.as(acme.visitor);
        await control('wechat', { notify: { drop: true } });
        await screen.open(`payWechat?order=${orderNo}`);
        await screen.picture('wechat');
        assert.match(await screen.text(), /付款后请点击“我已支付”/);
        await payCode(orderNo);
        await screen.page.getByRole('link', { name: '我已支付' }).click();
        assert.match(screen.page.url(), /just_paid=1/);
        assert.match(await screen.text(), /支付成功/);
    }));

    test('WeChat Pay off or out of order', () => visit(PHONE, async (screen) => {
        const acme = await member.register();
        const { order_no: orderNo } = await member.renew(acme);
        await screen.as(acme.visitor);
        await control('wechat', { api: { mode: 'status_500', endpoint: 'native' } });
        await screen.open(`payWechat?order=${orderNo}`);
        await screen.inspect('wechat-503');
        await reset();
        await screen.open(`payWechat?order=${orderNo}`);
        assert.equal(await screen.page.locator('.qr').count(), 1);
        await withConfig({ wechat_enabled: '0' }, async () => {
            await screen.open(`renew?id=${acme.tenant.id}`);
            assert.equal(await screen.page.locator('[data-pay]').count(), 1);
        });
    }, { status: [503] }));
});

logsAreClean();
