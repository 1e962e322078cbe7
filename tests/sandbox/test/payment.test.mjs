import assert from 'node:assert/strict';
import { createVerify } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { Trades } from '../alipay/trades.mjs';
import { cashierUrl, merchantSdk, openMerchant, openSandbox, until } from './support.mjs';

let sandbox;
let merchant;
let sdk;
before(async () => {
  [sandbox, merchant] = await Promise.all([openSandbox(), openMerchant()]);
  sdk = merchantSdk(sandbox.info);
});
afterEach(async () => {
  await sandbox.control('reset', {});
  merchant.received.length = 0;
  merchant.answer = () => ({ status: 200, body: 'success' });
});
after(() => Promise.all([sandbox.close(), merchant.close()]));

/** Opens the cashier and presses the button. */
async function payInCashier(changes) {
  const { url, outTradeNo } = cashierUrl(sdk, merchant, changes);
  const page = await (await fetch(url)).text();
  const [, action] = /<form method="post" action="([^"]+)"/.exec(page);
  const res = await fetch(`${sandbox.info.url}${action}`, { method: 'POST', redirect: 'manual' });
  return { outTradeNo, res, location: res.headers.get('location'), action };
}

async function openOrder(changes) {
  const { url, outTradeNo } = cashierUrl(sdk, merchant, changes);
  await (await fetch(url)).text();
  return outTradeNo;
}

const statuses = () => merchant.received.map(({ fields }) => fields.trade_status);
const query = (outTradeNo) => sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: outTradeNo } }, { validateSign: true });

/** Alipay's rule, by node:crypto alone: neither `sign` nor `sign_type` is signed. */
function verifies(fields, publicKey = sandbox.info.alipay_public_key, hash = 'RSA-SHA256') {
  const text = Object.keys(fields).filter((key) => key !== 'sign' && key !== 'sign_type').sort()
    .map((key) => `${key}=${fields[key]}`).join('&');
  const key = { key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' };
  return createVerify(hash).update(text, 'utf8').verify(key, fields.sign, 'base64');
}

test('paying notifies and sends the browser back, both signed', async () => {
  const { outTradeNo, res, location } = await payInCashier();
  await until(() => merchant.received.length === 1);
  const [{ url, headers, fields }] = merchant.received;
  assert.equal(url, '/notify');
  assert.equal(headers['content-type'], 'application/x-www-form-urlencoded; charset=utf-8');
  assert.ok(sdk.checkNotifySignV2(fields));
  assert.ok(verifies(fields));
  assert.deepEqual(
    [fields.trade_status, fields.out_trade_no, fields.total_amount, fields.app_id, fields.seller_id, fields.sign_type],
    ['TRADE_SUCCESS', outTradeNo, '60.00', sandbox.info.app_id, sandbox.info.seller_id, 'RSA2'],
  );
  assert.deepEqual(JSON.parse(fields.fund_bill_list), [{ amount: '60.00', fundChannel: 'ALIPAYACCOUNT' }]);
  assert.match(fields.subject, /\+ 100% & <b>"好"<\/b> 😀/);

  assert.equal(res.status, 303);
  const back = new URL(location);
  assert.equal(back.pathname, `/payReturn/order/${outTradeNo}`);
  const returned = Object.fromEntries(back.searchParams);
  assert.ok(sdk.checkNotifySignV2(returned));
  assert.ok(verifies(returned));
  assert.equal(returned.method, 'alipay.trade.page.pay.return');
  assert.equal(returned.trade_no, fields.trade_no);
  assert.equal(returned.trade_status, undefined);

  const answer = await query(outTradeNo);
  assert.deepEqual([answer.trade_status, answer.trade_no], ['TRADE_SUCCESS', fields.trade_no]);
});

test('checkNotifySign, the decoding variant, passes as well where no % is in a value', async () => {
  const outTradeNo = await openOrder({ biz: { subject: '基础版 + 续费' } });
  await sandbox.control('pay', { out_trade_no: outTradeNo });
  assert.ok(sdk.checkNotifySign(merchant.received[0].fields));
  assert.ok(!sdk.checkNotifySign({ ...merchant.received[0].fields, total_amount: '0.01' }));
});

test('a query and a fragment in return_url stay', async () => {
  const { location } = await payInCashier({ return_url: `${merchant.url}/back?order=1#top` });
  assert.match(location, /\/back\?order=1&charset=utf-8&out_trade_no=[^#]+#top$/);
});

test('a trade is paid once', async () => {
  const { action } = await payInCashier();
  const again = await fetch(`${sandbox.info.url}${action}`, { method: 'POST', redirect: 'manual' });
  assert.equal(again.status, 200);
  assert.match(await again.text(), /TRADE_HAS_SUCCESS/);
});

test('a trade that ran out cannot be paid, and says so to the merchant', async () => {
  const outTradeNo = await openOrder();
  await sandbox.control('trade', { out_trade_no: outTradeNo, event: 'expire' });
  assert.deepEqual(statuses(), ['TRADE_CLOSED']);
  await assert.rejects(sandbox.control('pay', { out_trade_no: outTradeNo }), { status: 409, message: /ACQ\.TRADE_HAS_CLOSE/ });
  const late = await sandbox.control('pay', { out_trade_no: outTradeNo, force: true });
  assert.equal(late.status, 'TRADE_SUCCESS');
});

test('a trade runs out by itself, or at the latest when somebody looks', async () => {
  const events = [];
  const trades = new Trades({ onEvent: (trade, event) => events.push([trade.out_trade_no, event]) });
  const order = { total_fen: 1, subject: 'x' };
  trades.open({ ...order, out_trade_no: 'A', expires_at: Date.now() + 20 });
  await until(() => events.length === 1);
  assert.deepEqual(events, [['A', 'closed']]);
  const past = trades.open({ ...order, out_trade_no: 'B', expires_at: null });
  past.expires_at = Date.now() - 1;
  assert.equal(trades.find({ out_trade_no: 'B' }).status, 'TRADE_CLOSED');
});

test('a notification is repeated with its notify_id until the answer is exactly success', async () => {
  const answers = [
    { status: 500, body: 'success' },
    { status: 200, body: 'success\n' },
    { status: 302, body: 'success', headers: { Location: '/elsewhere' } },
    { status: 200, body: 'success' },
  ];
  merchant.answer = (count) => answers[count - 1];
  await sandbox.control('alipay', { notify: { retry_s: [0.01, 0.01, 0.01, 0.01, 0.01] } });
  const outTradeNo = await openOrder();
  await sandbox.control('pay', { out_trade_no: outTradeNo });
  await until(() => merchant.received.length === 4);
  const ids = new Set(merchant.received.map(({ fields }) => fields.notify_id));
  assert.equal(ids.size, 1);
  await until(async () => (await sandbox.control('trades')).trades[0].notifications.length === 4);
  const [trade] = (await sandbox.control(`trades?out_trade_no=${outTradeNo}`)).trades;
  assert.deepEqual(trade.notifications.map(({ attempt, status }) => [attempt, status]), [[0, 500], [1, 200], [2, 302], [3, 200]]);
});

test('notifications can be dropped, multiplied, spoilt and given other fields', async () => {
  const payWith = async (notify) => {
    await sandbox.control('alipay', { reset: true, notify: { retry_s: [], ...notify } });
    merchant.received.length = 0;
    await sandbox.control('pay', { out_trade_no: await openOrder() });
    return merchant.received.map(({ fields }) => fields);
  };
  assert.equal((await payWith({ drop: true })).length, 0);
  const copies = await payWith({ copies: 3 });
  assert.equal(copies.length, 3);
  assert.equal(new Set(copies.map((fields) => JSON.stringify(fields))).size, 1);
  assert.ok(!verifies((await payWith({ corrupt: 'signature' }))[0]));
  const [cheap] = await payWith({ corrupt: 'amount' });
  assert.equal(cheap.total_amount, '60.01');
  assert.ok(!verifies(cheap));
  const [withFee] = await payWith({ fields: { refund_fee: '0.00' } });
  assert.equal(withFee.refund_fee, '0.00');
  assert.ok(verifies(withFee));
});

test('reorder delivers the newer notification first', async () => {
  await sandbox.control('alipay', { notify: { reorder: true } });
  const outTradeNo = await openOrder();
  await sandbox.control('pay', { out_trade_no: outTradeNo });
  assert.deepEqual(statuses(), []);
  await sandbox.control('trade', { out_trade_no: outTradeNo, event: 'finish' });
  assert.deepEqual(statuses(), ['TRADE_FINISHED', 'TRADE_SUCCESS']);
});

test('what reorder holds back goes out when it is switched off', async () => {
  await sandbox.control('alipay', { notify: { reorder: true } });
  await sandbox.control('pay', { out_trade_no: await openOrder() });
  await sandbox.control('alipay', { reset: true });
  await until(() => merchant.received.length === 1);
});

test('the browser may be back before or after the notification', async () => {
  await sandbox.control('alipay', { sync_return: 'first' });
  await payInCashier();
  assert.equal(merchant.received.length, 0);
  await until(() => merchant.received.length === 1);
  await sandbox.control('alipay', { sync_return: 'late', notify: { delay_ms: 50 } });
  await payInCashier();
  assert.equal(merchant.received.length, 2);
});

test('refunds: part, repetition, rest, too much', async () => {
  const outTradeNo = await openOrder();
  await sandbox.control('pay', { out_trade_no: outTradeNo });
  const refund = (amount, requestNo) => sdk.exec('alipay.trade.refund', {
    bizContent: { out_trade_no: outTradeNo, refund_amount: amount, out_request_no: requestNo },
  }, { validateSign: true });
  assert.deepEqual(pick(await refund('10.00', 'R1')), ['10000', 'Y', '10.00']);
  assert.deepEqual(pick(await refund('10.00', 'R1')), ['10000', 'N', '10.00']);
  assert.equal((await refund('11.00', 'R1')).sub_code, 'ACQ.DISCORDANT_REPEAT_REQUEST');
  assert.equal((await refund('50.01', 'R2')).sub_code, 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
  assert.deepEqual(pick(await refund('50.00', 'R2')), ['10000', 'Y', '60.00']);
  await until(() => merchant.received.length === 3);
  const refunds = merchant.received.slice(1).map(({ fields }) => [fields.trade_status, fields.refund_fee, fields.out_biz_no]);
  assert.deepEqual(refunds, [['TRADE_SUCCESS', '10.00', 'R1'], ['TRADE_CLOSED', '60.00', 'R2']]);
  assert.ok(merchant.received.every(({ fields }) => verifies(fields)));
});

const pick = (answer) => [answer.code, answer.fund_change, answer.refund_fee];

test('paying twice makes two trade numbers', async () => {
  const { url } = cashierUrl(sdk, merchant);
  const paid = await sandbox.control('pay', { url, times: 2, trade_no: '2024010122001000000000000001' });
  assert.equal(paid.paid_trade_nos[0], '2024010122001000000000000001');
  assert.deepEqual(merchant.received.map(({ fields }) => fields.trade_no), paid.paid_trade_nos);
  assert.equal(new Set(paid.paid_trade_nos).size, 2);
  assert.ok(verifies(Object.fromEntries(new URL(paid.sync_return_url).searchParams)));
});

test('composed notifications: many at once, each answer reported', async () => {
  merchant.answer = (count) => (count % 2 ? { status: 200, body: 'success' } : { status: 500, body: 'fail' });
  const sent = await sandbox.control('notify', {
    notify_url: `${merchant.url}/any`, fields: { out_trade_no: 'X1', total_amount: '5.00', empty: '', subject: null }, copies: 20,
  });
  assert.deepEqual(sent.summary, { '200 success': 10, '500 fail': 10 });
  assert.equal(sent.answers.length, 20);
  assert.ok(merchant.received.every(({ body }) => body === sent.form));
  const { fields } = merchant.received[0];
  assert.ok(verifies(fields));
  assert.equal(fields.empty, '');
  assert.ok(!Object.hasOwn(fields, 'subject'));
});

test('forged notifications: other key, weaker hash, kept sign_type, duplicate, raw', async () => {
  const sign = async (options) => {
    const { form } = await sandbox.control('sign', { fields: { out_trade_no: 'X1' }, ...options });
    return Object.fromEntries(new URLSearchParams(form));
  };
  assert.ok(verifies(await sign({})));
  assert.ok(!verifies(await sign({ sign_with: 'other' })));
  const app = await sign({ sign_with: 'app' });
  assert.ok(!verifies(app));
  assert.ok(verifies(app, sandbox.info.app_public_key));
  const weak = await sign({ hash: 'sha1' });
  assert.equal(weak.sign_type, 'RSA');
  assert.ok(!verifies(weak));
  assert.ok(verifies(weak, sandbox.info.alipay_public_key, 'RSA-SHA1'));
  const kept = await sign({ keep_sign_type: true });
  assert.ok(!verifies(kept));
  assert.ok(sdk.checkNotifySignV2(kept));
  assert.ok(!verifies(await sign({ sign_empty: false, fields: { body: '' } })));
  assert.equal((await sign({ sign_with: 'none' })).sign, undefined);
  const { form } = await sandbox.control('sign', { append: '&total_amount=0.01' });
  assert.equal(new URLSearchParams(form).getAll('total_amount').length, 2);
  await sandbox.control('notify', { notify_url: `${merchant.url}/n`, raw_body: 'a=%00&b', content_type: 'text/plain' });
  assert.equal(merchant.received[0].body, 'a=%00&b');
  assert.equal(merchant.received[0].headers['content-type'], 'text/plain');
});

test('a receiver that is not there is an answer with status 0', async () => {
  const { answers } = await sandbox.control('notify', { notify_url: 'http://127.0.0.1:9/', fields: {} });
  assert.equal(answers[0].status, 0);
  assert.match(answers[0].error, /ECONNREFUSED/);
});
