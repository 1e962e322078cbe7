import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** @returns {Promise<{privateKey: KeyObject, publicKey: KeyObject}>} a fresh RSA-2048 pair */
export function generateRsa() {
  return generate('rsa', { modulusLength: 2048 });
}

const line = (key, type) => key.export({ type, format: 'der' }).toString('base64');

// The one-line base64 forms in which Alipay's key tool hands keys to merchants.
export const pkcs8Line = (privateKey) => line(privateKey, 'pkcs8');
export const pkcs1Line = (privateKey) => line(privateKey, 'pkcs1');
export const spkiLine = (publicKey) => line(publicKey, 'spki');
