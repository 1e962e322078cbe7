import { randomBytes, randomUUID } from 'node:crypto';
import { formatRfc3339 } from '../clock.mjs';
import { newNonce } from './identity.mjs';
import { answerText, corruptSignature, encrypt, probeSignature, rsaSign } from './signature.mjs';

const SUMMARIES = { 'TRANSACTION.SUCCESS': '支付成功', 'REFUND.SUCCESS': '退款成功' };

/** Laid over each other like settings: objects one level deep, null takes a field away. */
export function overlay(base, changes) {
  const merged = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete merged[name];
    else if (isObject(value) && isObject(merged[name])) merged[name] = overlay(merged[name], value);
    else merged[name] = value;
  }
  return merged;
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * A notification's body around encrypted facts.
 * @param {{key: string, id?: string, eventType?: string, at?: number, nonce?: string, associatedData?: string, resource?: object, envelope?: object}} options
 */
export function seal(plain, {
  key, id = randomUUID(), eventType = 'TRANSACTION.SUCCESS', at = Date.now(), nonce = newNonce().slice(0, 12),
  associatedData = eventType.split('.')[0].toLowerCase(), resource = {}, envelope = {},
}) {
  const text = typeof plain === 'string' ? plain : JSON.stringify(plain);
  return JSON.stringify(overlay({
    id,
    create_time: formatRfc3339(at),
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary: SUMMARIES[eventType] ?? eventType,
    resource: {
      original_type: eventType.split('.')[0].toLowerCase(),
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: encrypt(text, { key, nonce, associatedData }),
      associated_data: associatedData,
      nonce,
      ...resource,
    },
  }, envelope));
}

/**
 * The headers under which WeChat Pay sends a body.
 * @param {{serial: string, privateKey: KeyObject}} signer
 * @param {{now: number, nonce?: string, probe?: boolean}} options now: WeChat Pay's clock, in milliseconds
 */
export function signedHeaders(body, signer, { now, nonce = newNonce(), probe = false }) {
  const timestamp = String(Math.floor(now / 1000));
  const signature = rsaSign(answerText(timestamp, nonce, body), signer.privateKey);
  return {
    'Request-ID': `08${randomBytes(24).toString('hex').toUpperCase()}`,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': signer.serial,
    'Wechatpay-Signature': probe ? probeSignature(signature) : signature,
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    'Wechatpay-Timestamp': timestamp,
  };
}

/** Spoils what was signed; the rest stays as it was. */
export function corrupted({ body, headers }, what) {
  switch (what) {
    case null: return { body, headers };
    case 'signature': return { body, headers: { ...headers, 'Wechatpay-Signature': corruptSignature(headers['Wechatpay-Signature']) } };
    case 'body': return { body: body.replace('"resource_type"', ' "resource_type"'), headers };
    case 'ciphertext': return { body: withOtherCiphertext(body), headers };
    case 'serial': return { body, headers: { ...headers, 'Wechatpay-Serial': '5F'.repeat(20) } };
    case 'timestamp': return { body, headers: { ...headers, 'Wechatpay-Timestamp': String(Number(headers['Wechatpay-Timestamp']) + 1) } };
    case 'nonce': return { body, headers: { ...headers, 'Wechatpay-Nonce': newNonce() } };
    default: throw new Error(`unknown corruption ${what}`);
  }
}

/** Another byte in the middle of the ciphertext: the body is still JSON. */
function withOtherCiphertext(body) {
  const envelope = JSON.parse(body);
  const bytes = Buffer.from(envelope.resource.ciphertext, 'base64');
  bytes[bytes.length >> 1] ^= 1;
  envelope.resource.ciphertext = bytes.toString('base64');
  return JSON.stringify(envelope);
}
