import { Refusal } from './refusal.mjs';
import { letters } from './random.mjs';
import { PLATFORMS } from './catalogue/index.mjs';

/**
 * Who agreed to what: shops, codes, and the tokens that came of them. A grant is one consent; its tokens are a list,
 * the newest last.
 */
export class Grants {
  #settings;
  #shops = new Map();
  #codes = new Map();
  #byRefreshToken = new Map();

  constructor(settings) {
    this.#settings = settings;
  }

  /** The shop of that name, opened when there is none; without a name the platform's usual one. */
  shop(channel, name = null) {
    const key = `${channel}|${name ?? ''}`;
    if (!this.#shops.has(key)) {
      this.#shops.set(key, {
        channel, ...PLATFORMS[channel].shop(name), grants: [], exchanges: 0, refreshes: 0, refused: 0, in_flight: 0, max_in_flight: 0,
      });
    }
    return this.#shops.get(key);
  }

  list() {
    return [...this.#shops.values()];
  }

  /** The seller pressed 同意. */
  agree(channel, shop, redirectUri) {
    const code = letters(24);
    this.#codes.set(code, { channel, shop, redirectUri, at: Date.now(), used: false });
    return code;
  }

  /** A code opens one grant, once, within its life, and for the address that it was sent to. */
  exchange(channel, code, redirectUri) {
    const issued = this.#codes.get(code);
    if (issued?.channel !== channel || issued.used) throw new Refusal('code', 'unknown or used');
    const life = this.#settings.lifetimes(channel).code_s * 1000;
    if (Date.now() >= issued.at + life) throw new Refusal('code', 'expired');
    if (redirectUri !== undefined && redirectUri !== issued.redirectUri) throw new Refusal('redirect_uri');
    issued.used = true;
    const { shop } = issued;
    shop.exchanges += 1;
    if (PLATFORMS[channel].endsOlderGrants) shop.grants.forEach((grant) => { grant.revoked = true; });
    const grant = { shop, revoked: false, tokens: [] };
    shop.grants.push(grant);
    return this.#issue(grant, 'code');
  }

  /** The shop that a refresh token speaks for; null when nobody knows the token. */
  shopOf(channel, refreshToken) {
    const found = this.#byRefreshToken.get(refreshToken);
    return found?.grant.shop.channel === channel ? found.grant.shop : null;
  }

  refresh(channel, refreshToken) {
    const shop = this.shopOf(channel, refreshToken);
    if (shop === null) throw new Refusal('refresh_token', 'unknown');
    const { grant, token } = this.#byRefreshToken.get(refreshToken);
    const now = Date.now();
    if (grant.revoked) throw new Refusal('refresh_token', 'revoked');
    if (token.replaced_at !== null && now >= token.replaced_at + this.#settings.oldTokenSeconds * 1000) {
      throw new Refusal('refresh_token', 'replaced');
    }
    if (token.refresh_expires_at !== null && now >= token.refresh_expires_at) {
      const { refresh_s: seconds } = this.#settings.lifetimes(channel);
      throw new Refusal(seconds === 0 ? 'cannot_refresh' : 'refresh_expired');
    }
    shop.refreshes += 1;
    return this.#issue(grant, 'refresh', this.#settings.rotates(channel) ? null : token, token);
  }

  /** The seller withdrew the consent, or time went by. */
  end(shop, what) {
    for (const grant of shop.grants) {
      if (what === 'grant') grant.revoked = true;
      for (const token of grant.tokens) {
        if (what === 'access_token') token.access_expires_at = Date.now();
        if (what === 'refresh_token') token.refresh_expires_at = Date.now();
      }
    }
  }

  clear() {
    this.#shops.clear();
    this.#codes.clear();
    this.#byRefreshToken.clear();
  }

  /** @param kept the token whose refresh token goes on, on platforms where it stays the same */
  #issue(grant, from, kept = null, replaced = null) {
    const { channel } = grant.shop;
    const now = Date.now();
    const { access_s: accessSeconds, refresh_s: refreshSeconds } = this.#settings.lifetimes(channel);
    const made = PLATFORMS[channel].tokens();
    const token = {
      from, issued_at: now, replaced_at: null,
      access_token: made.access, access_expires_at: now + accessSeconds * 1000,
      refresh_token: kept?.refresh_token ?? made.refresh,
      refresh_expires_at: kept ? kept.refresh_expires_at : refreshSeconds === null ? null : now + refreshSeconds * 1000,
    };
    if (replaced !== null && kept === null && replaced.replaced_at === null) replaced.replaced_at = now;
    grant.tokens.push(token);
    this.#byRefreshToken.set(token.refresh_token, { grant, token });
    return PLATFORMS[channel].answer({
      access: token.access_token, refresh: token.refresh_token, accessSeconds, shop: grant.shop, now,
      refreshSeconds: token.refresh_expires_at === null ? 0 : Math.round((token.refresh_expires_at - now) / 1000),
    });
  }
}
