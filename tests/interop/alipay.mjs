// The other side of tests/alipay/interop.rs: signs and verifies with npm alipay-sdk and node:crypto.
// Reads a JSON list of tasks from standard input and writes the list of their results.

import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AlipaySdk } from 'alipay-sdk';

const sdk = ({ appId = '2021000000000000', privateKey, keyType = 'PKCS8', alipayPublicKey }) =>
  new AlipaySdk({ appId, privateKey, keyType, alipayPublicKey, gateway: 'https://gateway.example/gateway.do' });

const rsa2 = (text, key) => createSign('RSA-SHA256').update(text, 'utf8').sign(key, 'base64');

const tasks = {
  // A notification as Alipay posts it; the library must accept it before we are asked to.
  notification({ fields, dropEmpty, alipayPrivateKey, alipayPublicKey, privateKey }) {
    const names = Object.keys(fields).filter((name) => name !== 'sign_type').sort();
    const text = names
      .filter((name) => !dropEmpty || fields[name] !== '')
      .map((name) => `${name}=${fields[name]}`)
      .join('&');
    const signed = { ...fields, sign: rsa2(text, alipayPrivateKey) };
    const accepted = sdk({ privateKey, alipayPublicKey }).checkNotifySignV2(signed);
    return { body: new URLSearchParams(signed).toString(), accepted };
  },

  // A request that the library signs.
  request({ method, bizContent, notifyUrl, returnUrl, privateKey, keyType, alipayPublicKey }) {
    const client = sdk({ privateKey, keyType, alipayPublicKey });
    const url = client.pageExecute(method, 'GET', { bizContent, notifyUrl, returnUrl });
    return { query: new URL(url).search.slice(1) };
  },

  // A query string that we signed: what the library decodes and whether it accepts it.
  check({ query, privateKey, alipayPublicKey }) {
    const fields = Object.fromEntries(new URLSearchParams(query));
    const accepted = sdk({ privateKey, alipayPublicKey }).checkNotifySignV2(fields);
    return { fields, accepted };
  },

  // A gateway answer around `node`; the library throws when it would not accept it.
  answer({ name, node, alipayPrivateKey, alipayPublicKey, privateKey }) {
    const sign = rsa2(node, alipayPrivateKey);
    const text = `{"${name}":${node},"sign":"${sign}"}`;
    sdk({ privateKey, alipayPublicKey }).checkResponseSign(text, name, sign);
    return { text };
  },
};

const input = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(input.map(({ task, ...values }) => tasks[task](values))));
