import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { formatRfc3339, formatShanghai } from '../clock.mjs';
import { cashierUrl, merchantSdk, openMerchant, openSandbox, until } from './support.mjs';
import { openMerchantApi, order, rawRequest } from './wechat_support.mjs';

let sandbox;
let info;
let merchant;
let sdk;
let api;
before(async () => {
  [sandbox, merchant] = await Promise.all([openSandbox(), openMerchant()]);
  info = sandbox.info;
  sdk = merchantSdk(info);
});
beforeEach(async () => { api = await openMerchantApi(info); });
afterEach(async () => {
  await sandbox.control('reset', {});
  merchant.received.length = 0;
});
after(() => Promise.all([sandbox.close(), merchant.close()]));

// Alipay

const call = (method, outTradeNo) => sdk.exec(method, { bizContent: { out_trade_no: outTradeNo } }, { validateSign: true });
const close = (outTradeNo) => call('alipay.trade.close', outTradeNo);
const statusOf = async (outTradeNo) => (await call('alipay.trade.query', outTradeNo)).trade_status;

async function openOrder(changes) {
  const { url, outTradeNo } = cashierUrl(sdk, merchant, changes);
  await (await fetch(url)).text();
  return outTradeNo;
}

test('Alipay closes what waits, and only that', async () => {
  const { url, outTradeNo } = cashierUrl(sdk, merchant);
  assert.equal((await close(outTradeNo)).sub_code, 'ACQ.TRADE_NOT_EXIST');
  await (await fetch(url)).text();
  assert.equal((await close(outTradeNo)).code, '10000');
  assert.equal((await close(outTradeNo)).sub_code, 'ACQ.REASON_TRADE_STATUS_INVALID');
  assert.match(await (await fetch(url)).text(), /ACQ\.TRADE_HAS_CLOSE/);
  const paid = await openOrder();
  await sandbox.control('pay', { out_trade_no: paid });
  assert.equal((await close(paid)).sub_code, 'ACQ.REASON_TRADE_STATUS_INVALID');
  assert.equal(await statusOf(paid), 'TRADE_SUCCESS');
});

test('Alipay closes at time_expire by itself, and takes no buyer after it', async () => {
  // Written in whole seconds.
  const biz = { time_expire: formatShanghai(Date.now() + 2000) };
  const opened = await openOrder({ biz });
  const later = cashierUrl(sdk, merchant, { biz });
  await until(async () => await statusOf(opened) === 'TRADE_CLOSED');
  assert.equal((await close(opened)).sub_code, 'ACQ.REASON_TRADE_STATUS_INVALID');
  assert.match(await (await fetch(later.url)).text(), /ACQ\.INVALID_PARAMETER/);
  assert.equal((await close(later.outTradeNo)).sub_code, 'ACQ.TRADE_NOT_EXIST');
});

test('at Alipay the buyer can be faster than the close', async () => {
  await sandbox.control('alipay', { pay_before_close: true });
  const outTradeNo = await openOrder();
  assert.equal((await close(outTradeNo)).sub_code, 'ACQ.REASON_TRADE_STATUS_INVALID');
  assert.equal(await statusOf(outTradeNo), 'TRADE_SUCCESS');
  await until(() => merchant.received.some(({ fields }) => fields.trade_status === 'TRADE_SUCCESS'));
});

test('Alipay can be busy or say "too often", in signed answers, with and without the effect', async () => {
  const outTradeNo = await openOrder();
  const gateway = { method: 'alipay.trade.close', times: 1 };
  await sandbox.control('alipay', { gateway: { ...gateway, mode: 'call_limited', effect: false } });
  const limited = await close(outTradeNo);
  assert.deepEqual([limited.code, limited.sub_code], ['40005', 'isv.app-call-limited']);
  assert.equal(await statusOf(outTradeNo), 'WAIT_BUYER_PAY');
  await sandbox.control('alipay', { gateway: { ...gateway, mode: 'busy' } });
  assert.equal((await close(outTradeNo)).sub_code, 'ACQ.SYSTEM_ERROR');
  assert.equal(await statusOf(outTradeNo), 'TRADE_CLOSED');
});

test('at Alipay many pay at once, and nobody is told', async () => {
  const orders = Array.from({ length: 50 }, () => cashierUrl(sdk, merchant));
  const opened = await openOrder();
  const urls = orders.map(({ url }) => url);
  const answer = await sandbox.control('pay_all', { urls, out_trade_nos: [opened] });
  assert.equal(answer.count, 51);
  assert.equal(new Set(answer.paid.map(({ trade_no: tradeNo }) => tradeNo)).size, 51);
  for (const { outTradeNo } of orders.slice(0, 3)) assert.equal(await statusOf(outTradeNo), 'TRADE_SUCCESS');
  const waiting = await openOrder();
  await assert.rejects(sandbox.control('pay_all', { out_trade_nos: [waiting, opened] }), { status: 409 });
  assert.equal(await statusOf(waiting), 'WAIT_BUYER_PAY', 'all or none');
  assert.deepEqual((await sandbox.control('pay_all', {})).paid.map((each) => each.out_trade_no), [waiting]);
  assert.deepEqual(merchant.received, []);
});

// WeChat Pay

const native = (given) => api.client.v3.pay.transactions.native.post(given);
const path = (no) => `/v3/pay/transactions/out-trade-no/${no}`;
const stateOf = async (no) => (
  (await rawRequest(info, api.privateKey, { path: `${path(no)}?mchid=${info.wechat_mch_id}` })).json().trade_state
);
const closeRaw = (no) => rawRequest(info, api.privateKey, {
  method: 'POST', path: `${path(no)}/close`, body: JSON.stringify({ mchid: info.wechat_mch_id }),
});
const wordOf = async (no) => {
  const answer = await closeRaw(no);
  return [answer.status, answer.text && answer.json().code];
};

test('WeChat Pay closes what waits, and only that', async () => {
  const [given, paid] = [order(info, merchant), order(info, merchant)];
  assert.deepEqual(await wordOf(given.out_trade_no), [404, 'ORDER_NOT_EXIST']);
  await native(given);
  assert.deepEqual(await wordOf(given.out_trade_no), [204, '']);
  assert.deepEqual(await wordOf(given.out_trade_no), [400, 'ORDER_CLOSED']);
  await assert.rejects(sandbox.control('wechat/pay', { out_trade_no: given.out_trade_no }), { status: 409 });
  await native(paid);
  await sandbox.control('wechat/pay', { out_trade_no: paid.out_trade_no });
  assert.deepEqual(await wordOf(paid.out_trade_no), [400, 'ORDERPAID']);
});

test('WeChat Pay closes at time_expire by itself', async () => {
  const given = order(info, merchant, { time_expire: formatRfc3339(Date.now() + 2000) });
  await native(given);
  await until(async () => await stateOf(given.out_trade_no) === 'CLOSED');
  assert.deepEqual(await wordOf(given.out_trade_no), [400, 'ORDER_CLOSED']);
});

test('at WeChat Pay the buyer can be faster than the close', async () => {
  await sandbox.control('wechat', { pay_before_close: true });
  const given = order(info, merchant);
  await native(given);
  assert.deepEqual(await wordOf(given.out_trade_no), [400, 'ORDERPAID']);
  assert.equal(await stateOf(given.out_trade_no), 'SUCCESS');
  await until(() => merchant.received.length === 1);
});

test('WeChat Pay can refuse a close for now, answer it without doing it, or lose the answer', async () => {
  const given = order(info, merchant);
  await native(given);
  const faulty = async (api) => {
    await sandbox.control('wechat', { api: { endpoint: 'close', times: 1, ...api } });
    return wordOf(given.out_trade_no);
  };
  assert.deepEqual(await faulty({ mode: 'ok', effect: false }), [204, '']);
  assert.equal(await stateOf(given.out_trade_no), 'NOTPAY');
  assert.deepEqual(await faulty({ mode: 'user_paying', effect: false }), [202, 'USERPAYING']);
  assert.deepEqual(await faulty({ mode: 'trade_error', effect: false }), [403, 'TRADE_ERROR']);
  assert.equal(await stateOf(given.out_trade_no), 'NOTPAY');
  assert.deepEqual(await faulty({ mode: 'status_500' }), [500, 'SYSTEM_ERROR']);
  assert.equal(await stateOf(given.out_trade_no), 'CLOSED');
});

test('at WeChat Pay many pay at once, and nobody is told', async () => {
  const all = Array.from({ length: 50 }, () => order(info, merchant));
  await Promise.all(all.map((given) => native(given)));
  const [first] = all.map((given) => given.out_trade_no);
  assert.equal((await sandbox.control('wechat/pay_all', { out_trade_nos: [first] })).count, 1);
  await assert.rejects(sandbox.control('wechat/pay_all', { out_trade_nos: [first] }), { status: 409 });
  assert.equal((await sandbox.control('wechat/pay_all', {})).count, 49);
  assert.equal(await stateOf(all.at(-1).out_trade_no), 'SUCCESS');
  assert.deepEqual(merchant.received, []);
});
