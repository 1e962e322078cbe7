import { generateRsa, pkcs1Line, pkcs8Line, spkiLine } from '../keys.mjs';
import { createRequestVerifier } from './signature.mjs';
import { AlipaySettings } from './settings.mjs';
import { Trades } from './trades.mjs';
import { Notifier } from './notifier.mjs';
import { Gateway } from './gateway.mjs';
import { Cashier, isCashierPath } from './cashier.mjs';
import { alipayControl } from './control.mjs';

const MERCHANT = { app_id: '9021000100000001', seller_id: '2088000100000001' };

/**
 * Alipay's side of `gateway.do`, with keys of this run.
 * @returns a provider: `handle` (true when the path was its own), `control`, `publish`, `reset`, `close`
 */
export async function createAlipay({ log }) {
  const [appKeys, alipayKeys, otherKeys] = await Promise.all([generateRsa(), generateRsa(), generateRsa()]);
  const keys = { alipay: alipayKeys.privateKey, app: appKeys.privateKey, other: otherKeys.privateKey };
  const settings = new AlipaySettings();
  const notifier = new Notifier({ merchant: MERCHANT, keys, settings });
  const trades = new Trades({ onEvent: (trade, kind, detail) => notifier.announce(trade, { kind, ...detail }) });
  const verify = createRequestVerifier({ appId: MERCHANT.app_id, alipayKeys, appKeys });
  const announcePaid = (trade, payment) => notifier.announce(trade, {
    kind: 'paid', trade_no: payment.trade_no, paidAt: payment.at,
  });
  const gateway = new Gateway({ appId: MERCHANT.app_id, verify, keys, trades, settings, log, announcePaid });
  const cashier = new Cashier({ merchant: MERCHANT, keys, trades, notifier, settings });

  return {
    async handle(req, res, path) {
      if (path === '/gateway.do') await gateway.handle(req, res);
      else if (isCashierPath(path)) await cashier.handle(req, res, path);
      else return false;
      return true;
    },
    control: alipayControl({ merchant: MERCHANT, keys, trades, gateway, cashier, notifier, settings }),
    publish: (url) => ({
      alipay_gateway: `${url}/gateway.do`,
      ...MERCHANT,
      app_private_key: pkcs8Line(appKeys.privateKey),
      app_private_key_pkcs1: pkcs1Line(appKeys.privateKey),
      app_public_key: spkiLine(appKeys.publicKey),
      alipay_public_key: spkiLine(alipayKeys.publicKey),
      alipay_private_key: pkcs8Line(alipayKeys.privateKey),
    }),
    reset() {
      notifier.cancel();
      trades.clear();
      settings.reset();
    },
    close: () => notifier.cancel(),
  };
}
