import { Listener } from './http/listener.mjs';
import { pathOf } from './http/request.mjs';
import { sendJson } from './http/answer.mjs';
import { createControl } from './control.mjs';
import { RequestLog } from './request_log.mjs';
import { createAlipay } from './alipay/index.mjs';
import { createMail } from './mail/index.mjs';
import { createPlatforms } from './platforms/index.mjs';
import { createProvision } from './provision/index.mjs';
import { createWechat } from './wechat/index.mjs';

/**
 * Starts all stand-ins on loopback.
 *
 * @param {{host?: string, port?: number, dir?: string|null, provisionDelay?: number|string}} options
 *        dir: where files go that a client needs
 * @returns {Promise<{info: object, close: () => Promise<void>}>} info: what a client needs to know, with the keys of this run
 */
export async function startSandbox({ host = '127.0.0.1', port = 0, dir = null, provisionDelay = 300 } = {}) {
  const log = new RequestLog();
  const provision = createProvision({ host, delay: provisionDelay });
  const mail = createMail({ host, dir });
  // Payment providers and platforms share the first listener; each answers for its own paths.
  const providers = await Promise.all([createAlipay({ log }), createWechat({ log, dir }), createPlatforms({ log })]);

  const control = createControl({
    ...Object.assign({}, ...providers.map((provider) => provider.control), provision.control, mail.control),
    'GET requests': (_, query) => ({ requests: log.list(query.get('service')) }),
    'POST reset': async () => {
      for (const provider of providers) provider.reset();
      await provision.reset();
      mail.reset();
      log.clear();
    },
  });

  async function handle(req, res) {
    const path = pathOf(req);
    if (path.startsWith('/control/')) return control(req, res);
    for (const provider of providers) {
      if (await provider.handle(req, res, path)) return undefined;
    }
    return sendJson(res, 404, { error: 'not found' });
  }

  const listener = new Listener(handle, { host, port });
  await Promise.all([listener.open(), provision.open(), mail.open()]);
  return {
    info: {
      url: listener.url,
      pid: process.pid,
      control: `${listener.url}/control`,
      ...provision.publish(),
      ...mail.publish(),
      ...Object.assign({}, ...providers.map((provider) => provider.publish(listener.url))),
    },
    async close() {
      await Promise.all([...providers.map((provider) => provider.close()), listener.close(), provision.close(), mail.close()]);
    },
  };
}
