import { readFile } from 'node:fs/promises';
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin';

let number = 0;

/** The merchant's side by npm wechatpay-axios-plugin: it signs, verifies and decrypts. */
export async function openMerchantApi(info, { publicKey = false } = {}) {
  const read = (path) => readFile(path, 'utf8');
  const [privateKey, publicKeyPem] = await Promise.all([read(info.wechat_key_path), read(info.wechat_public_key_path)]);
  const keys = { [info.wechat_public_key_id]: publicKeyPem };
  const certs = publicKey ? keys : await downloadCertificates(info, privateKey);
  const client = new Wechatpay({
    mchid: info.wechat_mch_id, serial: info.wechat_merchant_serial, privateKey, certs, baseURL: info.wechat_base,
    ...(publicKey && { headers: { 'Wechatpay-Serial': info.wechat_public_key_id } }),
  });
  return { client, privateKey, certs, allKeys: { ...certs, ...keys } };
}

/** A request by hand: every part of it can be wrong. */
export async function rawRequest(info, privateKey, { method = 'GET', path, body = '', headers = {}, fields = {}, signed = {} }) {
  const values = {
    mchid: info.wechat_mch_id, nonce_str: Formatter.nonce(), timestamp: String(Formatter.timestamp()),
    serial_no: info.wechat_merchant_serial, ...fields,
  };
  const text = Formatter.request(signed.method ?? method, signed.path ?? path, values.timestamp, values.nonce_str, signed.body ?? body);
  values.signature ??= Rsa.sign(text, privateKey);
  const authorization = Object.entries(values).filter(([, value]) => value !== null).map(([key, value]) => `${key}="${value}"`).join(',');
  const res = await fetch(`${info.wechat_base}${path}`, {
    method,
    headers: {
      Accept: 'application/json', 'User-Agent': 'test', ...(body && { 'Content-Type': 'application/json' }),
      Authorization: `WECHATPAY2-SHA256-RSA2048 ${authorization}`, ...headers,
    },
    ...(body && { body }),
  });
  const answer = await res.text();
  return { status: res.status, headers: res.headers, text: answer, json: () => JSON.parse(answer) };
}

/** Certificates by serial, decrypted with the APIv3 key. */
export async function downloadCertificates(info, privateKey) {
  const answer = (await rawRequest(info, privateKey, { path: '/v3/certificates' })).json();
  return Object.fromEntries(answer.data.map(({ serial_no: serial, encrypt_certificate: sealed }) => [
    serial, Aes.AesGcm.decrypt(sealed.ciphertext, info.wechat_api_v3_key, sealed.nonce, sealed.associated_data),
  ]));
}

export function order(info, merchant, changes = {}) {
  number += 1;
  return {
    appid: info.wechat_app_id, mchid: info.wechat_mch_id, description: '专业版 30天', out_trade_no: `CHW2024${number}`,
    notify_url: `${merchant.url}/payNotify/pay_method/wechat`, amount: { total: 6000, currency: 'CNY' }, ...changes,
  };
}

export function verifies({ headers, body }, keys) {
  const { 'wechatpay-serial': serial, 'wechatpay-timestamp': at, 'wechatpay-nonce': nonce, 'wechatpay-signature': signature } = headers;
  try {
    return keys[serial] !== undefined && Rsa.verify(Formatter.response(at, nonce, body), signature, keys[serial]);
  } catch {
    return false;
  }
}

export function open({ body }, info) {
  const { resource } = JSON.parse(body);
  return JSON.parse(Aes.AesGcm.decrypt(resource.ciphertext, info.wechat_api_v3_key, resource.nonce, resource.associated_data));
}
