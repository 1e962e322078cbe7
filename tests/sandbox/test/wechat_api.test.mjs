import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Formatter } from 'wechatpay-axios-plugin';
import { openMerchant, openSandbox } from './support.mjs';
import { downloadCertificates, openMerchantApi, order, rawRequest, verifies } from './wechat_support.mjs';

let sandbox;
let info;
let merchant;
let api;
before(async () => {
  [sandbox, merchant] = await Promise.all([openSandbox(), openMerchant()]);
  info = sandbox.info;
});
// Certificates that a test added are still there in the next one.
beforeEach(async () => { api = await openMerchantApi(info); });
afterEach(() => sandbox.control('reset', {}));
after(() => Promise.all([sandbox.close(), merchant.close()]));

const native = (given, client = api.client) => client.v3.pay.transactions.native.post(given);
const query = (no, client = api.client) => client.v3.pay.transactions.outTradeNo.$no$.get({ no, params: { mchid: info.wechat_mch_id } });
const close = (no) => api.client.v3.pay.transactions.outTradeNo.$no$.close.post({ mchid: info.wechat_mch_id }, { no });
const refusal = (code, status) => (error) => {
  assert.deepEqual([error.response.status, error.response.data.code], [status, code]);
  return true;
};

test('the files are a key, its certificate, and the public key', async () => {
  const certificate = new X509Certificate(await readFile(info.wechat_cert_path));
  assert.equal(certificate.serialNumber, info.wechat_merchant_serial);
  assert.match(info.wechat_merchant_serial, /^[0-9A-F]{40}$/);
  assert.ok(certificate.checkPrivateKey((await import('node:crypto')).createPrivateKey(api.privateKey)));
  assert.match(info.wechat_public_key_id, /^PUB_KEY_ID_\d+$/);
  assert.equal(info.wechat_api_v3_key.length, 32);
});

test('order, query, payment, query, in the mode of the platform certificates', async () => {
  const given = order(info, merchant);
  const { data } = await native(given);
  assert.match(data.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=\w{9}$/);
  assert.equal((await query(given.out_trade_no)).data.trade_state, 'NOTPAY');
  const paid = await sandbox.control('wechat/pay', { code_url: data.code_url });
  const answer = (await query(given.out_trade_no)).data;
  assert.deepEqual(
    [answer.trade_state, answer.transaction_id, answer.amount.total, answer.mchid, answer.appid, answer.trade_type],
    ['SUCCESS', paid.paid_transaction_ids[0], 6000, info.wechat_mch_id, info.wechat_app_id, 'NATIVE'],
  );
});

test('the same in the mode of the public key', async () => {
  const { client } = await openMerchantApi(info, { publicKey: true });
  const given = order(info, merchant);
  assert.match((await native(given, client)).data.code_url, /^weixin:/);
  assert.equal((await query(given.out_trade_no, client)).data.trade_state, 'NOTPAY');
});

test('an identical order gets another code, a different one is refused', async () => {
  const given = order(info, merchant);
  const [first, second] = [(await native(given)).data.code_url, (await native(given)).data.code_url];
  assert.notEqual(first, second);
  await assert.rejects(native({ ...given, amount: { total: 1, currency: 'CNY' } }), refusal('INVALID_REQUEST', 400));
  await sandbox.control('wechat', { reentry: 'OUT_TRADE_NO_USED' });
  await assert.rejects(native({ ...given, description: 'x' }), refusal('OUT_TRADE_NO_USED', 403));
  await sandbox.control('wechat/pay', { code_url: first });
  await assert.rejects(native(given), refusal('ORDERPAID', 400));
});

test('a closed order and an unknown one', async () => {
  const given = order(info, merchant);
  await native(given);
  assert.equal((await close(given.out_trade_no)).status, 204);
  assert.equal((await query(given.out_trade_no)).data.trade_state, 'CLOSED');
  await assert.rejects(native(given), refusal('ORDER_CLOSED', 400));
  await assert.rejects(sandbox.control('wechat/pay', { out_trade_no: given.out_trade_no }), { status: 409 });
  await assert.rejects(query('CHNOSUCHORDER'), refusal('ORDER_NOT_EXIST', 404));
  await assert.rejects(close('CHNOSUCHORDER'), refusal('ORDER_NOT_EXIST', 404));
});

test('an order ends at its time_expire', async () => {
  const given = order(info, merchant, { time_expire: '2099-01-01T00:00:00+08:00' });
  await native(given);
  await sandbox.control('wechat/order', { out_trade_no: given.out_trade_no, event: 'expire' });
  assert.equal((await query(given.out_trade_no)).data.trade_state, 'CLOSED');
});

test('order fields are checked', async () => {
  const wrong = [
    { out_trade_no: 'short' }, { out_trade_no: 'CH 1234567' }, { description: '' }, { description: 'x'.repeat(128) },
    { notify_url: 'http://www.example.com/n' }, { notify_url: 'https://www.example.com/n?a=1' }, { notify_url: 'nothing' },
    { amount: { total: 0, currency: 'CNY' } }, { amount: { total: 60.5 } }, { amount: { total: '6000' } }, { amount: { total: 1, currency: 'USD' } },
    { time_expire: '2020-01-01T00:00:00+08:00' }, { time_expire: '2099-01-01 00:00:00' }, { attach: 'x'.repeat(129) },
    { mchid: '1900000001' }, { unknown: 1 },
  ];
  for (const changes of wrong) {
    await assert.rejects(native(order(info, merchant, changes)), refusal('PARAM_ERROR', 400), JSON.stringify(changes));
  }
  await assert.rejects(native(order(info, merchant, { appid: 'wx0' })), refusal('APPID_MCHID_NOT_MATCH', 400));
});

test('authorization: every part counts', async () => {
  const path = `/v3/pay/transactions/out-trade-no/CH000001?mchid=${info.wechat_mch_id}`;
  const ask = (changes) => rawRequest(info, api.privateKey, { path, ...changes });
  assert.equal((await ask({})).json().code, 'ORDER_NOT_EXIST');
  const now = Math.floor(Date.now() / 1000);
  const wrong = [
    { fields: { timestamp: String(now - 302) } }, { fields: { timestamp: String(now + 302) } }, { fields: { timestamp: 'now' } },
    { fields: { serial_no: 'AB'.repeat(20) } }, { fields: { serial_no: info.wechat_merchant_serial.toLowerCase() } },
    { fields: { signature: '' } }, { fields: { signature: 'AAAA' } }, { fields: { nonce_str: null } }, { fields: { extra: '1' } },
    { signed: { path: path.split('?')[0] } }, { signed: { method: 'POST' } }, { signed: { body: 'x' } },
    { headers: { Authorization: 'Basic YTpi' } },
  ];
  for (const changes of wrong) {
    const answer = await ask(changes);
    assert.deepEqual([answer.status, answer.json().code], [401, 'SIGN_ERROR'], JSON.stringify(changes));
    assert.equal(answer.headers.get('wechatpay-signature'), null);
  }
  assert.equal((await ask({ fields: { mchid: '1900000001' } })).json().code, 'MCH_NOT_EXISTS');
  assert.equal((await ask({ headers: { Accept: 'text/html' } })).status, 400);
  assert.equal((await ask({ headers: { 'Wechatpay-Serial': 'PUB_KEY_ID_1' } })).status, 400);
  const nonce = Formatter.nonce();
  assert.equal((await ask({ fields: { nonce_str: nonce } })).status, 404);
  assert.equal((await ask({ fields: { nonce_str: nonce } })).status, 401);
});

test('certificates rotate: old and new, announced first or signing at once', async () => {
  const [first] = Object.keys(await downloadCertificates(info, api.privateKey));
  const announced = await sandbox.control('wechat/rotate', { sign: false });
  assert.equal(announced.current, first);
  assert.equal(Object.keys(await downloadCertificates(info, api.privateKey)).length, 2);
  const { current } = await sandbox.control('wechat/rotate', { keep_old: false });
  const certs = await downloadCertificates(info, api.privateKey);
  assert.deepEqual(Object.keys(certs), [current]);
  assert.equal(new X509Certificate(certs[current]).serialNumber, current);
  const answer = await rawRequest(info, api.privateKey, { path: '/v3/certificates' });
  assert.ok(verifies({ headers: Object.fromEntries(answer.headers), body: answer.text }, certs));
  const old = await rawRequest(info, api.privateKey, { path: '/v3/certificates', headers: { 'Wechatpay-Serial': first } });
  assert.equal(old.headers.get('wechatpay-serial'), first);
});

test('a merchant with the public key alone has no certificates; one without it has no public key', async () => {
  const ask = (headers) => rawRequest(info, api.privateKey, { path: '/v3/certificates', headers });
  await sandbox.control('wechat', { keys: 'public_key' });
  const answer = await ask({ 'Wechatpay-Serial': info.wechat_public_key_id });
  assert.deepEqual([answer.status, answer.json().code], [404, 'RESOURCE_NOT_EXISTS']);
  assert.ok(verifies({ headers: Object.fromEntries(answer.headers), body: answer.text }, api.allKeys));
  await sandbox.control('wechat', { keys: 'certificates' });
  assert.equal((await ask({ 'Wechatpay-Serial': info.wechat_public_key_id })).status, 400);
});

test('answers can be spoilt', async () => {
  const path = '/v3/certificates';
  const certs = await downloadCertificates(info, api.privateKey);
  const ask = async (mode) => {
    await sandbox.control('wechat', { api: { mode, endpoint: 'certificates', times: 1 } });
    const answer = await rawRequest(info, api.privateKey, { path });
    return { ...answer, good: verifies({ headers: Object.fromEntries(answer.headers), body: answer.text }, certs) };
  };
  assert.ok((await ask('ok')).good);
  for (const mode of ['unsigned', 'wrong_signature', 'unknown_serial', 'probe', 'truncated', 'html']) {
    assert.equal((await ask(mode)).good, false, mode);
  }
  assert.deepEqual([(await ask('status_500')).status, (await ask('frequency_limited')).status], [500, 429]);
  const stale = await ask('stale');
  assert.ok(stale.good);
  assert.ok(Date.now() / 1000 - stale.headers.get('wechatpay-timestamp') > 300);
  assert.ok((await rawRequest(info, api.privateKey, { path })).status === 200, 'only as often as asked for');
});

test('without its effect an order is not made', async () => {
  const given = order(info, merchant);
  await sandbox.control('wechat', { api: { mode: 'unsigned', endpoint: 'native', times: 1, effect: false } });
  await assert.rejects(native(given));
  await assert.rejects(query(given.out_trade_no), refusal('ORDER_NOT_EXIST', 404));
});

test('a phone scans the code and pays', async () => {
  const given = order(info, merchant);
  const { data } = await native(given);
  const scan = await fetch(`${info.wechat_scan}?${new URLSearchParams(data)}`);
  const page = await scan.text();
  assert.match(page, /¥60\.00/);
  assert.match(await (await fetch(info.wechat_scan)).text(), /专业版 30天/);
  const paid = await fetch(info.wechat_scan, { method: 'POST', body: new URLSearchParams(data) });
  assert.match(await paid.text(), /支付成功/);
  assert.equal((await query(given.out_trade_no)).data.trade_state, 'SUCCESS');
  assert.equal((await fetch(`${info.wechat_scan}?code_url=weixin://nothing`)).status, 404);
});
