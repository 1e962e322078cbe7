import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { rsaSign, stringToSign } from '../alipay/signature.mjs';
import { formatShanghai } from '../clock.mjs';
import { cashierUrl, merchantSdk, openMerchant, openSandbox } from './support.mjs';

let sandbox;
let merchant;
let sdk;
before(async () => {
  [sandbox, merchant] = await Promise.all([openSandbox(), openMerchant()]);
  sdk = merchantSdk(sandbox.info);
});
afterEach(() => sandbox.control('reset', {}));
after(() => Promise.all([sandbox.close(), merchant.close()]));

const get = async (url) => (await fetch(url)).text();
const lastRequest = async () => (await sandbox.control('requests')).requests.at(-1);

for (const method of ['alipay.trade.page.pay', 'alipay.trade.wap.pay']) {
  test(`${method}: the cashier shows the order`, async () => {
    const { url, outTradeNo } = cashierUrl(sdk, merchant, { method });
    const page = await get(url);
    assert.match(page, /¥ 60\.00/);
    assert.match(page, new RegExp(`id="out_trade_no">${outTradeNo}<`));
    assert.match(page, /专业版 30天 \+ 100% &amp; &lt;b&gt;&quot;好&quot;&lt;\/b&gt; 😀/);
    assert.match(page, /立即付款/);
    assert.match(page, /取消/);
    assert.equal((await lastRequest()).verified, true);
  });
}

test('a page posted as a form is the same page', async () => {
  const { url } = cashierUrl(sdk, merchant);
  const res = await fetch(sandbox.info.alipay_gateway, { method: 'POST', body: new URL(url).searchParams });
  assert.match(await res.text(), /立即付款/);
});

test('a changed parameter, a foreign key, and a sign over too little are refused', async () => {
  const { url } = cashierUrl(sdk, merchant);
  const foreign = merchantSdk({ ...sandbox.info, app_private_key_pkcs1: sandbox.info.alipay_private_key }, { keyType: 'PKCS8' });
  const forged = [
    url.replace('60.00', '0.01'),
    `${url}&extra=1`,
    url.replace(/([?&]sign=)[^&]*/, '$1AAAA'),
    url.replace(/([?&]sign=)[^&]*/, '$1%00'),
    cashierUrl(foreign, merchant).url,
    signedWithoutSignType(url),
  ];
  for (const each of forged) {
    assert.match(await get(each), /id="error_code">invalid-signature</, each);
    assert.equal((await lastRequest()).verified, false);
  }
  assert.deepEqual((await sandbox.control('trades')).trades, []);
});

/** The rule of notifications, wrongly applied to a request. */
function signedWithoutSignType(url) {
  const forged = new URL(url);
  const fields = Object.fromEntries(forged.searchParams);
  const key = createPrivateKey({ key: Buffer.from(sandbox.info.app_private_key, 'base64'), format: 'der', type: 'pkcs8' });
  const text = stringToSign(fields, { without: ['sign', 'sign_type'] });
  forged.searchParams.set('sign', rsaSign(text, key));
  return forged.href;
}

test('what the gateway requires of every request', async () => {
  const cases = [
    [(params) => params.delete('sign'), 'missing-signature'],
    [(params) => params.delete('timestamp'), 'missing-timestamp'],
    [(params) => params.set('app_id', '2021000000000000'), 'invalid-app-id'],
    [(params) => params.set('sign_type', 'RSA'), 'invalid-signature-type'],
    [(params) => params.append('app_id', params.get('app_id')), 'invalid-parameter'],
  ];
  for (const [change, code] of cases) {
    const url = new URL(cashierUrl(sdk, merchant).url);
    change(url.searchParams);
    assert.match(await get(url), new RegExp(`id="error_code">${code}<`), code);
  }
});

test('a timestamp of another zone is refused', async () => {
  for (const skewMs of [-8 * 3600_000, 11 * 60_000]) {
    const { url } = cashierUrl(sdk, merchant, { timestamp: formatShanghai(Date.now() + skewMs) });
    assert.match(await get(url), /id="error_code">invalid-timestamp</);
  }
  const { url } = cashierUrl(sdk, merchant, { timestamp: formatShanghai(Date.now() - 9 * 60_000) });
  assert.match(await get(url), /立即付款/);
});

test('the business content is checked', async () => {
  const wrong = [
    { total_amount: '0.00' }, { total_amount: '1.001' }, { total_amount: '-1' }, { subject: '' }, { out_trade_no: 'a b' },
    { product_code: 'QUICK_WAP_WAY' }, { time_expire: formatShanghai(Date.now() - 1000) }, { time_expire: '2999-02-30 00:00:00' },
  ];
  for (const biz of wrong) {
    assert.match(await get(cashierUrl(sdk, merchant, { biz }).url), /id="error_code">ACQ\.INVALID_PARAMETER</, JSON.stringify(biz));
  }
});

test('an order that was opened with another amount is refused', async () => {
  const { outTradeNo, url } = cashierUrl(sdk, merchant);
  await get(url);
  const changed = cashierUrl(sdk, merchant, { biz: { out_trade_no: outTradeNo, total_amount: '61.00' } });
  assert.match(await get(changed.url), /CONTEXT_INCONSISTENT/);
  assert.match(await get(url), /立即付款/);
});

test('no trade before the cashier, an open one after it, closed once', async () => {
  const { url, outTradeNo } = cashierUrl(sdk, merchant);
  const call = (method) => sdk.exec(method, { bizContent: { out_trade_no: outTradeNo } }, { validateSign: true });
  const unknown = await call('alipay.trade.query');
  assert.deepEqual([unknown.code, unknown.sub_code], ['40004', 'ACQ.TRADE_NOT_EXIST']);
  await get(url);
  const open = await call('alipay.trade.query');
  assert.deepEqual([open.code, open.trade_status, open.total_amount], ['10000', 'WAIT_BUYER_PAY', '60.00']);
  assert.equal((await call('alipay.trade.close')).code, '10000');
  assert.equal((await call('alipay.trade.close')).sub_code, 'ACQ.REASON_TRADE_STATUS_INVALID');
  assert.equal((await call('alipay.trade.query')).trade_status, 'TRADE_CLOSED');
  await assert.rejects(sandbox.control('pay', { out_trade_no: outTradeNo }), { status: 409 });
});

test('an invalid signature on an API method is answered in its node', async () => {
  const foreign = merchantSdk({ ...sandbox.info, app_private_key_pkcs1: sandbox.info.alipay_private_key }, { keyType: 'PKCS8' });
  const answer = await foreign.exec('alipay.trade.query', { bizContent: { out_trade_no: 'X1' } });
  assert.deepEqual([answer.code, answer.sub_code], ['40002', 'isv.invalid-signature']);
});

test('certificate mode parameters are accepted and recorded', async () => {
  const { url } = cashierUrl(sdk, merchant, { app_cert_sn: 'a'.repeat(32), alipay_root_cert_sn: 'b'.repeat(32) });
  assert.match(await get(url), /立即付款/);
  assert.equal((await lastRequest()).params.app_cert_sn, 'a'.repeat(32));
});

test('the node is signed as it stands, with its escaped slashes', async () => {
  const { url, outTradeNo } = cashierUrl(sdk, merchant, { biz: { subject: '季/年' } });
  await get(url);
  const raw = await rawQuery(outTradeNo);
  assert.match(raw, /^\{"alipay_trade_query_response":\{"code":"10000","msg":"Success",/);
  assert.match(raw, /"subject":"季\\\/年"/);
});

async function rawQuery(outTradeNo) {
  const params = new URLSearchParams(sdk.sdkExec('alipay.trade.query', { bizContent: { outTradeNo } }));
  const res = await fetch(sandbox.info.alipay_gateway, { method: 'POST', body: params });
  return res.text();
}

test('spoilt answers do not pass the SDK, and end after their count', async () => {
  const { url, outTradeNo } = cashierUrl(sdk, merchant);
  await get(url);
  const query = () => sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: outTradeNo } }, { validateSign: true });
  for (const mode of ['status_500', 'wrong_signature', 'error_response', 'html', 'truncated']) {
    await sandbox.control('alipay', { gateway: { mode, times: 1 } });
    await assert.rejects(query, mode);
    assert.equal((await query()).trade_status, 'WAIT_BUYER_PAY', mode);
  }
});

test('the shapes of the other spoilt answers', async () => {
  const { url, outTradeNo } = cashierUrl(sdk, merchant);
  await get(url);
  const shape = async (gateway) => {
    await sandbox.control('alipay', { gateway });
    return rawQuery(outTradeNo);
  };
  assert.doesNotMatch(await shape('unsigned'), /"sign"/);
  const nodes = (await shape('duplicate_node')).match(/"alipay_trade_query_response":\{[^}]*\}/g);
  assert.deepEqual(nodes.map((node) => /"trade_status":"(\w+)"/.exec(node)[1]), ['WAIT_BUYER_PAY', 'TRADE_SUCCESS']);
  const turned = (await shape({ mode: 'duplicate_node', forged: 'first' })).match(/"trade_status":"\w+"/g);
  assert.match(turned[0], /TRADE_SUCCESS/);
  assert.ok((await shape('huge')).length > 10 * 1024 * 1024);
});

test('a hanging and a dripping gateway do not answer in time', async () => {
  for (const mode of ['hang', 'drip']) {
    await sandbox.control('alipay', { gateway: { mode, times: 1 } });
    const params = new URLSearchParams(sdk.sdkExec('alipay.trade.query', { bizContent: { outTradeNo: 'X1' } }));
    const call = fetch(sandbox.info.alipay_gateway, { method: 'POST', body: params, signal: AbortSignal.timeout(200) });
    await assert.rejects(call.then((res) => res.text()), { name: 'TimeoutError' });
  }
});

test('a fault may be kept to one method, and may come before the work', async () => {
  const { url, outTradeNo } = cashierUrl(sdk, merchant);
  await get(url);
  const call = (method) => sdk.exec(method, { bizContent: { out_trade_no: outTradeNo } });
  await sandbox.control('alipay', { gateway: { mode: 'status_500', method: 'alipay.trade.close', effect: false } });
  await assert.rejects(call('alipay.trade.close'));
  assert.equal((await call('alipay.trade.query')).trade_status, 'WAIT_BUYER_PAY');
  await sandbox.control('alipay', { gateway: { mode: 'status_500', method: 'alipay.trade.close' } });
  await assert.rejects(call('alipay.trade.close'));
  assert.equal((await call('alipay.trade.query')).trade_status, 'TRADE_CLOSED');
});

test('misspelt settings are refused', async () => {
  await assert.rejects(sandbox.control('alipay', { notfy: {} }), { status: 400 });
  await assert.rejects(sandbox.control('alipay', { notify: { copys: 2 } }), { status: 400 });
  await assert.rejects(sandbox.control('alipay', { gateway: 'haang' }), { status: 400 });
  await assert.rejects(sandbox.control('notify', { field: {} }), { status: 400 });
  await assert.rejects(sandbox.control('provision', { mode: 'ok', delay: 1 }), { status: 400 });
});
