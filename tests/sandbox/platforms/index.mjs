import { sendJson } from '../http/answer.mjs';
import { Authorize } from './authorize.mjs';
import { PLATFORMS } from './catalogue/index.mjs';
import { platformControl } from './control.mjs';
import { Grants } from './grants.mjs';
import { PlatformSettings } from './settings.mjs';
import { Tokens } from './tokens.mjs';

const PATH = /^\/platforms\/([a-z]+)\/(authorize|token|refresh)$/;

/**
 * The five shop platforms' side of OAuth 2.0, with applications of this run.
 * @returns a provider: `handle` (true when the path was its own), `control`, `publish`, `reset`, `close`
 */
export function createPlatforms({ log }) {
  const applications = Object.fromEntries(Object.entries(PLATFORMS).map(([channel, { application }]) => [channel, application()]));
  const settings = new PlatformSettings();
  const grants = new Grants(settings);
  const addresses = { registered: [] };
  const authorize = new Authorize({ applications, grants, addresses, log });
  const tokens = new Tokens({ applications, grants, settings, log });

  return {
    async handle(req, res, path) {
      if (!path.startsWith('/platforms/')) return false;
      const [, channel, endpoint] = PATH.exec(path) ?? [];
      if (!Object.hasOwn(PLATFORMS, channel ?? '')) sendJson(res, 404, { error: 'no such platform or address' });
      else if (endpoint === 'authorize') await authorize.handle(req, res, channel);
      else await tokens.handle(req, res, channel, endpoint);
      return true;
    },
    control: platformControl({ grants, settings, addresses, applications }),
    // The names are those of the addon's configuration.
    publish: (url) => ({
      oauth_base: `${url}/platforms`,
      ...Object.fromEntries(Object.entries(applications).flatMap(([channel, fields]) => (
        Object.entries(fields).map(([name, value]) => [`${channel}_${name}`, value])
      ))),
    }),
    reset() {
      authorize.clear();
      grants.clear();
      settings.reset();
    },
    close() {},
  };
}
