import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

const DAY_MS = 24 * 3600 * 1000;

/**
 * An authority of this run and a certificate of its for `localhost` and 127.0.0.1.
 *
 * @returns {{authority: string, certificate: string, key: string}} PEM
 */
export function issueMailCertificate() {
  const [authorityKeys, serverKeys] = [newKeys(), newKeys()];
  const names = { authority: 'Sandbox Mail CA', server: 'localhost' };
  const authority = issue(names.authority, authorityKeys.publicKey, names.authority, authorityKeys.privateKey, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const certificate = issue(names.server, serverKeys.publicKey, names.authority, authorityKeys.privateKey, [
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] },
  ]);
  return { authority, certificate, key: serverKeys.pem };
}

function newKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    publicKey: forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' })),
    privateKey: forge.pki.privateKeyFromPem(privateKey.export({ type: 'pkcs1', format: 'pem' })),
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function issue(subject, publicKey, issuer, issuerKey, extensions) {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(15))}`;
  certificate.publicKey = publicKey;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + 365 * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: subject }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  certificate.setExtensions(extensions);
  certificate.sign(issuerKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}
