import { createCipheriv, createSign, createVerify } from 'node:crypto';

/** What a merchant signs: five lines, the body last and possibly empty. */
export const requestText = (method, pathAndQuery, timestamp, nonce, body) => (
  Buffer.concat([Buffer.from(`${method}\n${pathAndQuery}\n${timestamp}\n${nonce}\n`), body, Buffer.from('\n')])
);

/** What WeChat Pay signs, in its answers and notifications alike: three lines. */
export const answerText = (timestamp, nonce, body) => (
  Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), Buffer.from(body), Buffer.from('\n')])
);

export const rsaSign = (text, privateKey) => createSign('RSA-SHA256').update(text).sign(privateKey, 'base64');

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export const rsaVerify = (text, signature, publicKey) => (
  BASE64.test(signature) && createVerify('RSA-SHA256').update(text).verify(publicKey, signature, 'base64')
);

/** A signature of the right length and alphabet that fits nothing. */
export function corruptSignature(signature) {
  const bytes = Buffer.from(signature, 'base64');
  bytes[bytes.length - 1] ^= 1;
  return bytes.toString('base64');
}

/** With these WeChat Pay tests whether a merchant verifies at all. */
export const probeSignature = (signature) => `WECHATPAY/SIGNTEST/${signature.slice('WECHATPAY/SIGNTEST/'.length)}`;

/** AES-256-GCM, the tag behind the text, in base64. */
export function encrypt(plain, { key, nonce, associatedData }) {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), Buffer.from(nonce));
  cipher.setAAD(Buffer.from(associatedData));
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}
