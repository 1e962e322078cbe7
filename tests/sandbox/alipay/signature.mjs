import { createSign } from 'node:crypto';
import { AlipaySdk } from 'alipay-sdk';
import { pkcs1Line, spkiLine } from '../keys.mjs';

const HASHES = { sha256: 'RSA-SHA256', sha1: 'RSA-SHA1' };
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * `k=v` joined with `&`, sorted by byte, nothing encoded.
 * @param {{without: string[], keepEmpty?: boolean}} options fields left out, and whether empty values count
 */
export function stringToSign(fields, { without, keepEmpty = true }) {
  return Object.keys(fields)
    .filter((key) => !without.includes(key) && (keepEmpty || fields[key] !== ''))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((key) => `${key}=${fields[key]}`)
    .join('&');
}

export function rsaSign(text, privateKey, hash = 'sha256') {
  return createSign(HASHES[hash]).update(text, 'utf8').sign(privateKey, 'base64');
}

/** A signature of the right length and alphabet that fits nothing. */
export function corruptSignature(sign) {
  const bytes = Buffer.from(sign, 'base64');
  bytes[bytes.length - 1] ^= 1;
  return bytes.toString('base64');
}

/**
 * Checks what the application signed, by Alipay's own SDK. A request keeps `sign_type` in the
 * signed text and leaves out `sign` and empty values.
 */
export function createRequestVerifier({ appId, alipayKeys, appKeys }) {
  const sdk = new AlipaySdk({
    appId,
    privateKey: pkcs1Line(alipayKeys.privateKey),
    alipayPublicKey: spkiLine(appKeys.publicKey),
  });
  return (params) => BASE64.test(params.sign)
    && sdk.rsaCheck(stringToSign(params, { without: ['sign'], keepEmpty: false }), params.sign, 'RSA2');
}
