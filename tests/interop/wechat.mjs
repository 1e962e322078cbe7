// The other side of tests/wechat/interop.rs: npm wechatpay-axios-plugin and wechatpay-node-v3.
// Reads a JSON list of tasks from standard input and writes the list of their results.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import wechatpay from 'wechatpay-node-v3';

const WechatV3 = wechatpay.default ?? wechatpay;

const v3 = ({ mchId, certificate, privateKey, apiKey }) =>
  new WechatV3({
    appid: 'wx8888888888888888',
    mchid: mchId,
    publicKey: Buffer.from(certificate),
    privateKey: Buffer.from(privateKey),
    key: apiKey,
  });

const fields = (authorization) =>
  Object.fromEntries([...authorization.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));

// wechatpay-node-v3 fetches certificates that it does not know; here it is told them.
const accepts = async (merchant, { timestamp, nonce, serial, signature, body, publicKey }) => {
  WechatV3.certificates = { [serial]: publicKey };
  const bySecond = await v3(merchant).verifySign({ timestamp, nonce, body, serial, signature });
  const byFirst = Rsa.verify(Formatter.response(timestamp, nonce, body), signature, createPublicKey(publicKey));
  return byFirst && bySecond;
};

const tasks = {
  // Our Authorization header: is it accepted, and what would each library have sent?
  authorization({ authorization, method, path, body, merchant }) {
    const { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature } = fields(authorization);
    const text = Formatter.request(method, path, timestamp, nonce, body);
    const accepted = Rsa.verify(text, signature, createPublicKey(merchant.certificate));
    const first = Formatter.authorization(mchid, nonce, Rsa.sign(text, merchant.privateKey), timestamp, serial);
    const library = v3(merchant);
    const theirs = library.getSignature(method, nonce, timestamp, path, body === '' ? undefined : body);
    const second = library.getAuthorization(nonce, timestamp, theirs);
    return { accepted, ours: fields(authorization), first: fields(first), second: fields(second) };
  },

  // A message signed under `serial`; both libraries must accept it before we are asked to.
  async signed({ body, serial, privateKey, publicKey, merchant }) {
    const timestamp = String(Formatter.timestamp());
    const nonce = Formatter.nonce();
    const signature = Rsa.sign(Formatter.response(timestamp, nonce, body), privateKey);
    const accepted = await accepts(merchant, { timestamp, nonce, serial, signature, body, publicKey });
    const headers = {
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Serial': serial,
      'Wechatpay-Signature': signature,
    };
    return { headers, accepted };
  },

  // Contents encrypted by the first library, and as the second reads them.
  encrypted({ text, aad, merchant }) {
    const nonce = Formatter.nonce(12);
    const ciphertext = Aes.AesGcm.encrypt(text, merchant.apiKey, nonce, aad);
    const resource = { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce, associated_data: aad };
    return { resource, read: v3(merchant).decipher_gcm(ciphertext, aad, nonce, merchant.apiKey) };
  },

  // Whether the libraries accept what was signed elsewhere.
  async check({ message, publicKey, merchant }) {
    return { accepted: await accepts(merchant, { ...message, publicKey }) };
  },
};

const input = JSON.parse(readFileSync(0, 'utf8'));
const results = [];
for (const { task, ...values } of input) {
  results.push(await tasks[task](values));
}
process.stdout.write(JSON.stringify(results));
