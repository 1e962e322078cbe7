import { Api, isApiPath } from './api.mjs';
import { Authorization } from './authorization.mjs';
import { wechatControl } from './control.mjs';
import { transaction } from './facts.mjs';
import { Identity, MERCHANT } from './identity.mjs';
import { Notifier } from './notifier.mjs';
import { Orders } from './orders.mjs';
import { isPhonePath, Phone } from './phone.mjs';
import { WechatSettings } from './settings.mjs';

/**
 * WeChat Pay's side of API v3, with keys of this run.
 * @param {{log: RequestLog, dir?: string|null}} options dir: where the merchant's files go; without, a temporary folder
 * @returns a provider: `handle` (true when the path was its own), `control`, `publish`, `reset`, `close`
 */
export async function createWechat({ log, dir = null }) {
  const identity = await Identity.create();
  const files = await identity.writeFiles(dir);
  const settings = new WechatSettings();
  const orders = new Orders();
  const notifier = new Notifier({ identity, settings });
  const authorization = new Authorization({ mchid: MERCHANT.mchid, merchant: identity.merchant });
  const announcePaid = (order, payment) => (
    notifier.announce(order, 'TRANSACTION.SUCCESS', transaction(MERCHANT, order, payment, 'SUCCESS'))
  );
  const api = new Api({ merchant: MERCHANT, identity, orders, authorization, settings, log, announcePaid });
  const phone = new Phone({ merchant: MERCHANT, orders, notifier });

  return {
    async handle(req, res, path) {
      if (isApiPath(path)) await api.handle(req, res, path);
      else if (isPhonePath(path)) await phone.handle(req, res);
      else return false;
      return true;
    },
    control: wechatControl({ merchant: MERCHANT, identity, orders, notifier, settings }),
    publish: (url) => ({
      wechat_base: url,
      wechat_app_id: MERCHANT.appid,
      wechat_mch_id: MERCHANT.mchid,
      wechat_api_v3_key: identity.apiV3Key,
      wechat_merchant_serial: identity.merchant.serial,
      wechat_public_key_id: identity.publicKeyId,
      wechat_scan: `${url}/wechat/scan`,
      ...files.paths,
    }),
    reset() {
      notifier.cancel();
      orders.clear();
      settings.reset();
    },
    async close() {
      notifier.cancel();
      await files.remove();
    },
  };
}
