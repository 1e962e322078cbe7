import { randomBytes } from 'node:crypto';
import forge from 'node-forge';

const DAY_MS = 24 * 3600 * 1000;
const SUBJECT_OF_AUTHORITY = [
  { name: 'commonName', value: 'Sandbox Tenpay Root CA' },
  { name: 'organizationName', value: 'Sandbox' },
  { name: 'countryName', value: 'CN' },
];

/** Upper-case hexadecimal, 20 bytes, positive: as WeChat Pay writes serial numbers. */
export function newSerial() {
  const bytes = randomBytes(20);
  bytes[0] = 0x40 | (bytes[0] & 0x3f);
  return bytes.toString('hex').toUpperCase();
}

/**
 * Issues an X.509 certificate for a key of node:crypto.
 *
 * @param {{publicKey: KeyObject, authorityKey: KeyObject, commonName: string, days?: number, from?: number}} options
 *        from: Unix milliseconds
 * @returns {{serial: string, pem: string, effective: number, expire: number}} times in Unix milliseconds
 */
export function issueCertificate({ publicKey, authorityKey, commonName, days = 1825, from = Date.now() }) {
  const certificate = forge.pki.createCertificate();
  const serial = newSerial();
  // Certificates count in seconds.
  const effective = Math.floor(from / 1000) * 1000;
  const expire = effective + days * DAY_MS;
  certificate.serialNumber = serial.toLowerCase();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }));
  certificate.validity.notBefore = new Date(effective);
  certificate.validity.notAfter = new Date(expire);
  certificate.setSubject([
    { name: 'commonName', value: commonName },
    { name: 'organizationName', value: 'Sandbox' },
    { name: 'countryName', value: 'CN' },
  ]);
  certificate.setIssuer(SUBJECT_OF_AUTHORITY);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, nonRepudiation: true, keyEncipherment: true },
  ]);
  const key = forge.pki.privateKeyFromPem(authorityKey.export({ type: 'pkcs1', format: 'pem' }));
  certificate.sign(key, forge.md.sha256.create());
  return { serial, pem: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'), effective, expire };
}
