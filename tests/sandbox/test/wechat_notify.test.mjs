import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { openMerchant, openSandbox, until } from './support.mjs';
import { downloadCertificates, open, openMerchantApi, order, verifies } from './wechat_support.mjs';

let sandbox;
let info;
let merchant;
let api;
let client;
before(async () => {
  [sandbox, merchant] = await Promise.all([openSandbox(), openMerchant()]);
  info = sandbox.info;
  // Orders go out in the mode of the public key, which no rotation touches.
  ({ client } = await openMerchantApi(info, { publicKey: true }));
});
beforeEach(async () => {
  merchant.received.length = 0;
  merchant.answer = () => ({ status: 204, body: '' });
  api = await openMerchantApi(info);
});
afterEach(() => sandbox.control('reset', {}));
after(() => Promise.all([sandbox.close(), merchant.close()]));

async function place(changes) {
  const given = order(info, merchant, changes);
  await client.v3.pay.transactions.native.post(given);
  return given.out_trade_no;
}
const pay = async (options = {}) => sandbox.control('wechat/pay', { out_trade_no: await place(), ...options });

test('paying notifies: signed by the certificate, encrypted with the APIv3 key', async () => {
  const paid = await pay();
  const [received] = merchant.received;
  assert.equal(received.url, '/payNotify/pay_method/wechat');
  assert.equal(received.headers['content-type'], 'application/json; charset=utf-8');
  assert.ok(verifies(received, api.allKeys));
  assert.match(received.headers['wechatpay-serial'], /^[0-9A-F]{40}$/);
  const facts = open(received, info);
  assert.deepEqual(
    [facts.out_trade_no, facts.transaction_id, facts.trade_state, facts.amount.total, facts.amount.currency, facts.mchid, facts.appid],
    [paid.out_trade_no, paid.paid_transaction_ids[0], 'SUCCESS', 6000, 'CNY', info.wechat_mch_id, info.wechat_app_id],
  );
  assert.equal(JSON.parse(received.body).event_type, 'TRANSACTION.SUCCESS');
});

test('a migration mixes the keys by its ratio', async () => {
  await sandbox.control('wechat', { notify: { sign_with: 'mixed', public_key_ratio: 0.25 } });
  for (let count = 0; count < 8; count += 1) await pay();
  const serials = merchant.received.map(({ headers }) => headers['wechatpay-serial']);
  assert.equal(serials.filter((serial) => serial === info.wechat_public_key_id).length, 2);
  assert.ok(merchant.received.every((received) => verifies(received, api.allKeys)));
  await sandbox.control('wechat', { keys: 'public_key', notify: { sign_with: 'certificate' } });
  assert.equal(await pay().then(() => merchant.received.at(-1).headers['wechatpay-serial']), info.wechat_public_key_id);
});

test('after a rotation the new certificate signs', async () => {
  const { current } = await sandbox.control('wechat/rotate', {});
  await pay();
  assert.equal(merchant.received[0].headers['wechatpay-serial'], current);
  assert.ok(!verifies(merchant.received[0], api.allKeys));
  assert.ok(verifies(merchant.received[0], await downloadCertificates(info, api.privateKey)));
});

test('repeated until the answer is 200 or 204, signed anew each time', async () => {
  merchant.answer = (count) => ({ status: [500, 302, 404, 200][count - 1], body: '{"code":"FAIL"}' });
  await sandbox.control('wechat', { notify: { retry_s: [0.01, 0.01, 0.01, 0.01, 0.01] } });
  const paid = await pay();
  await until(() => merchant.received.length === 4);
  await until(async () => (await sandbox.control(`wechat/orders?out_trade_no=${paid.out_trade_no}`)).orders[0].notifications.length === 4);
  assert.equal(new Set(merchant.received.map(({ body }) => JSON.parse(body).id)).size, 1);
  assert.equal(new Set(merchant.received.map(({ headers }) => headers['wechatpay-nonce'])).size, 4);
  assert.ok(merchant.received.every((received) => verifies(received, api.allKeys)));
});

test('dropped, multiplied, spoilt, changed, probed', async () => {
  const payWith = async (notify) => {
    await sandbox.control('wechat', { reset: true, notify: { retry_s: [], ...notify } });
    merchant.received.length = 0;
    await pay();
    return [...merchant.received];
  };
  assert.equal((await payWith({ drop: true })).length, 0);
  assert.equal(new Set((await payWith({ copies: 3 })).map(({ body }) => body)).size, 1);
  for (const corrupt of ['signature', 'body', 'ciphertext', 'serial', 'timestamp', 'nonce']) {
    const [spoilt] = await payWith({ corrupt });
    assert.ok(!verifies(spoilt, api.allKeys), corrupt);
    assert.ok(JSON.parse(spoilt.body), corrupt);
  }
  const [changed] = await payWith({ fields: { mchid: '1', amount: { total: 1, currency: 'USD' }, payer: null } });
  assert.ok(verifies(changed, api.allKeys));
  const { mchid, amount, payer } = open(changed, info);
  assert.deepEqual([mchid, amount.total, amount.payer_total, amount.currency, payer], ['1', 1, 6000, 'USD', undefined]);
  const [probe, real] = await payWith({ probes: 1 });
  assert.match(probe.headers['wechatpay-signature'], /^WECHATPAY\/SIGNTEST\//);
  assert.ok(!verifies(probe, api.allKeys) && verifies(real, api.allKeys));
});

test('WeChat Pay\'s clock can be wrong', async () => {
  const outTradeNo = await place();
  await sandbox.control('wechat', { clock_skew_s: 600 });
  await sandbox.control('wechat/pay', { out_trade_no: outTradeNo });
  const ahead = merchant.received[0].headers['wechatpay-timestamp'] - Date.now() / 1000;
  assert.ok(ahead > 590 && ahead < 610);
  await assert.rejects(place(), (error) => error.response.data.code === 'SIGN_ERROR');
});

test('refunds have their own event', async () => {
  const { out_trade_no: outTradeNo } = await pay();
  await sandbox.control('wechat/order', { out_trade_no: outTradeNo, event: 'refund', refund_fen: 1000 });
  const received = merchant.received[1];
  assert.equal(JSON.parse(received.body).event_type, 'REFUND.SUCCESS');
  const facts = open(received, info);
  assert.deepEqual([facts.amount.total, facts.amount.refund, facts.refund_status, facts.trade_state], [6000, 1000, 'SUCCESS', undefined]);
  await assert.rejects(sandbox.control('wechat/order', { out_trade_no: outTradeNo, event: 'refund', refund_fen: 5001 }), { status: 409 });
});

test('composed: many at once, other keys, other ages, none at all', async () => {
  const notify = (options) => sandbox.control('wechat/notify', { notify_url: `${merchant.url}/any`, fields: { out_trade_no: 'X00001' }, ...options });
  const sent = await notify({ copies: 20 });
  assert.deepEqual(sent.summary, { 204: 20 });
  assert.ok(merchant.received.every((received) => received.body === sent.body && verifies(received, api.allKeys)));
  const last = async (options) => {
    await notify(options);
    return merchant.received.at(-1);
  };
  assert.ok(verifies(await last({ sign_with: 'public_key' }), api.allKeys));
  for (const options of [{ sign_with: 'merchant' }, { sign_with: 'other' }, { sign_with: 'none' }, { probe: true }, { serial: 'AB' }]) {
    assert.ok(!verifies(await last(options), api.allKeys), JSON.stringify(options));
  }
  const old = await last({ age_s: 301 });
  assert.ok(verifies(old, api.allKeys) && Date.now() / 1000 - old.headers['wechatpay-timestamp'] > 300);
  assert.throws(() => open({ body: sent.body.replace('transaction', 'x') }, { wechat_api_v3_key: 'x'.repeat(32) }));
  const stranger = await last({ api_v3_key: 'k'.repeat(32) });
  assert.ok(verifies(stranger, api.allKeys));
  assert.throws(() => open(stranger, info));
  assert.equal(open(await last({ associated_data: '' }), info).out_trade_no, 'X00001');
  assert.equal(await last({ raw_body: 'no json' }).then(({ body }) => body), 'no json');
  assert.equal((await last({ headers: { 'Wechatpay-Nonce': null } })).headers['wechatpay-nonce'], undefined);
  await assert.rejects(notify({ unknown: 1 }), { status: 400 });
});
