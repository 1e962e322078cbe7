import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateRsa } from '../keys.mjs';
import { issueCertificate } from './certificate.mjs';

export const MERCHANT = { appid: 'wx5a2d0b0000000001', mchid: '1900000109' };
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const text = (length) => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
const digits = (length) => Array.from({ length }, () => randomInt(10)).join('');

/**
 * The keys and certificates of one run: the merchant's, and WeChat Pay's own. WeChat Pay signs with a platform
 * certificate, of which there may be several, or with its public key's private half.
 */
export class Identity {
  apiV3Key = text(32);
  publicKeyId = `PUB_KEY_ID_0${MERCHANT.mchid}${digits(22)}`;
  merchant;
  other;
  /** @type {{privateKey: KeyObject, publicKey: KeyObject}} the pair whose public half the merchant downloads */
  wechatpay;
  /** @type {{serial: string, pem: string, privateKey: KeyObject, effective: number, expire: number, published: boolean}[]} oldest first */
  platform = [];
  /** The certificate that signs. */
  current;
  #authority;

  static async create() {
    const identity = new Identity();
    const [authority, merchant, wechatpay, other] = await Promise.all([1, 2, 3, 4].map(generateRsa));
    identity.#authority = authority;
    identity.wechatpay = wechatpay;
    identity.other = other;
    identity.merchant = {
      ...merchant,
      ...issueCertificate({ publicKey: merchant.publicKey, authorityKey: authority.privateKey, commonName: MERCHANT.mchid }),
    };
    await identity.addPlatform({});
    return identity;
  }

  /**
   * A new platform certificate.
   * @param {{sign?: boolean, publish?: boolean, keepOld?: boolean, days?: number}} options sign: it signs from now on;
   *        publish: it is in the list that merchants download; keepOld: the older ones stay in that list
   */
  async addPlatform({ sign = true, publish = true, keepOld = true, days = 1825 }) {
    const pair = await generateRsa();
    const certificate = {
      ...issueCertificate({
        publicKey: pair.publicKey, authorityKey: this.#authority.privateKey, commonName: 'Tenpay.com sign', days,
      }),
      privateKey: pair.privateKey,
      published: publish,
    };
    if (!keepOld) for (const each of this.platform) each.published = false;
    this.platform.push(certificate);
    if (sign) this.current = certificate;
    return certificate;
  }

  /** The files that a merchant keeps on the server. */
  async writeFiles(folder = null) {
    const target = folder ?? await mkdtemp(join(tmpdir(), 'wechatpay-'));
    const { privateKey, pem } = this.merchant;
    const paths = {
      wechat_cert_path: join(target, 'apiclient_cert.pem'),
      wechat_key_path: join(target, 'apiclient_key.pem'),
      wechat_public_key_path: join(target, 'pub_key.pem'),
    };
    await Promise.all([
      writeFile(paths.wechat_cert_path, pem, { mode: 0o600 }),
      writeFile(paths.wechat_key_path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 }),
      writeFile(paths.wechat_public_key_path, this.wechatpay.publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 }),
    ]);
    const remove = () => Promise.all(folder === null
      ? [rm(target, { recursive: true, force: true })]
      : Object.values(paths).map((path) => rm(path, { force: true })));
    return { paths, remove };
  }
}

export const newNonce = () => randomBytes(16).toString('hex').toUpperCase();
