import { createServer } from 'node:http';
import { once } from 'node:events';
import { AlipaySdk } from 'alipay-sdk';
import { startSandbox } from '../sandbox.mjs';
import { formatShanghai } from '../clock.mjs';

// alipay-sdk stamps its requests in the process's zone; the gateway expects Shanghai's.
process.env.TZ = 'Asia/Shanghai';

/** A running sandbox with its control calls. */
export async function openSandbox(options) {
  const sandbox = await startSandbox({ provisionDelay: 20, ...options });
  const { info } = sandbox;

  async function control(name, body) {
    const res = await fetch(`${info.control}/${name}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
    const answer = await res.json();
    return res.ok ? answer : Promise.reject(Object.assign(new Error(answer.error), { status: res.status }));
  }

  return { ...sandbox, info, control };
}

/** Alipay's SDK as the merchant configures it. */
export function merchantSdk(info, changes = {}) {
  return new AlipaySdk({
    appId: info.app_id,
    privateKey: info.app_private_key_pkcs1,
    alipayPublicKey: info.alipay_public_key,
    gateway: info.alipay_gateway,
    camelcase: false,
    ...changes,
  });
}

/** A merchant's server: keeps what it is sent and answers what `answer(count)` says. */
export async function openMerchant() {
  const received = [];
  const merchant = { received, answer: () => ({ status: 200, body: 'success' }) };
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    received.push({ url: req.url, headers: req.headers, body, fields: Object.fromEntries(new URLSearchParams(body)) });
    const { status, body: text, headers } = merchant.answer(received.length);
    res.writeHead(status, headers);
    res.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  merchant.url = `http://127.0.0.1:${server.address().port}`;
  merchant.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return merchant;
}

let serial = 0;

/** A cashier URL made by Alipay's SDK. */
export function cashierUrl(sdk, merchant, changes = {}) {
  const { method = 'alipay.trade.page.pay', biz = {}, ...params } = changes;
  serial += 1;
  const outTradeNo = biz.out_trade_no ?? `CH2024${serial}`;
  const url = sdk.pageExec(method, 'GET', {
    notify_url: `${merchant.url}/notify`,
    return_url: `${merchant.url}/payReturn/order/${outTradeNo}`,
    ...params,
    bizContent: {
      out_trade_no: outTradeNo,
      total_amount: '60.00',
      subject: '专业版 30天 + 100% & <b>"好"</b> 😀',
      product_code: method === 'alipay.trade.wap.pay' ? 'QUICK_WAP_WAY' : 'FAST_INSTANT_TRADE_PAY',
      time_expire: formatShanghai(Date.now() + 7200_000),
      ...biz,
    },
  });
  return { url, outTradeNo };
}

const PATIENCE_MS = 15_000;

/** Waits until `condition()` is true, and fails when that never happens. */
export async function until(condition) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never became true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
