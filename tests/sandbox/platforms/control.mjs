import { mergeSettings, requireOneOf } from '../settings.mjs';
import { ControlError } from '../control.mjs';
import { CHANNELS } from './catalogue/index.mjs';

const END = { channel: null, shop_id: null, what: null };
const REGISTER = { redirect_uris: null };

/** The platforms' part of the control table. */
export function platformControl({ grants, settings, addresses, applications }) {
  const described = (query) => ({
    settings: settings.snapshot(),
    applications,
    redirect_uris: addresses.registered,
    shops: grants.list()
      .filter((shop) => !query.has('channel') || shop.channel === query.get('channel'))
      .filter((shop) => !query.has('shop_id') || shop.id === query.get('shop_id'))
      .map(describe),
  });

  return {
    'POST platforms': ({ reset = false, ...patch }) => {
      if (reset) settings.reset();
      settings.apply(patch);
      return settings.snapshot();
    },
    'GET platforms': (_, query) => described(query),
    'POST platforms/register': (given) => {
      const { redirect_uris: uris } = mergeSettings(REGISTER, REGISTER, given, 'register');
      if (!Array.isArray(uris) || !uris.every((uri) => URL.canParse(uri))) throw new ControlError(400, 'redirect_uris must be a list of addresses');
      addresses.registered = uris;
      return { redirect_uris: uris };
    },
    'POST platforms/end': (given) => {
      const { channel, shop_id: id, what } = mergeSettings(END, END, given, 'end');
      requireOneOf(channel, CHANNELS, 'channel');
      requireOneOf(what, ['grant', 'access_token', 'refresh_token'], 'what');
      const shop = grants.list().find((each) => each.channel === channel && each.id === id);
      if (!shop) throw new ControlError(404, `no shop ${id} of ${channel}`);
      grants.end(shop, what);
      return describe(shop);
    },
  };
}

/** A grant knows its shop; on the wire it lies inside it. */
const describe = ({ grants, ...shop }) => ({ ...shop, grants: grants.map(({ revoked, tokens }) => ({ revoked, tokens })) });
