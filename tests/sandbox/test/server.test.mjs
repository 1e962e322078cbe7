import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { cashierUrl, merchantSdk, until } from './support.mjs';

const SERVER = fileURLToPath(new URL('../server.mjs', import.meta.url));
const exists = (file) => access(file).then(() => true, () => false);

test('the program writes sandbox.json, serves in any zone, and stops on SIGTERM', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const file = join(dir, 'sandbox.json');
  const child = spawn(process.execPath, [SERVER, '--dir', dir, '--provision-delay', '10-20'], {
    env: { ...process.env, TZ: 'America/New_York' }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await until(() => exists(file));
    const info = JSON.parse(await readFile(file, 'utf8'));
    assert.deepEqual(Object.keys(info).sort(), [
      'alipay_gateway', 'alipay_private_key', 'alipay_public_key', 'amazon_application_id', 'amazon_client_id',
      'amazon_client_secret', 'app_id', 'app_private_key', 'app_private_key_pkcs1', 'app_public_key', 'control',
      'jd_app_key', 'jd_app_secret', 'mail_ca_path', 'mail_host', 'mail_password', 'mail_port_plain', 'mail_port_starttls',
      'mail_port_tls', 'mail_user', 'oauth_base', 'pdd_client_id', 'pdd_client_secret', 'pid', 'provision_api_key',
      'provision_url', 'seller_id', 'taobao_app_key', 'taobao_app_secret', 'tiktok_client_key', 'tiktok_client_secret',
      'url',
      'wechat_api_v3_key', 'wechat_app_id', 'wechat_base', 'wechat_cert_path', 'wechat_key_path', 'wechat_mch_id',
      'wechat_merchant_serial', 'wechat_public_key_id', 'wechat_public_key_path', 'wechat_scan',
    ]);
    assert.equal(info.pid, child.pid);
    const { url } = cashierUrl(merchantSdk(info), { url: 'http://127.0.0.1:9' });
    assert.match(await (await fetch(url)).text(), /立即付款/);
    assert.equal((await fetch(`${info.provision_url}/health`)).status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(await exists(file), false);
  } finally {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  }
});

test('wrong arguments end the program with its usage', async () => {
  for (const args of [[], ['--dir', '/nowhere', '--port', 'x'], ['--unknown']]) {
    const child = spawn(process.execPath, [SERVER, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let message = '';
    child.stderr.on('data', (chunk) => { message += chunk; });
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.match(message, /usage: server\.mjs/);
  }
});
