#!/usr/bin/env node
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox.mjs';

const USAGE = 'usage: server.mjs --dir DIR [--port N] [--host 127.0.0.1] [--provision-delay MS|MIN-MAX]';

function readArguments() {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      'provision-delay': { type: 'string', default: '300' },
    },
  });
  const port = Number(values.port);
  if (!values.dir || !Number.isInteger(port) || port < 0 || port > 65535) throw new Error('--dir or --port is missing or wrong');
  return { dir: values.dir, port, host: values.host, provisionDelay: values['provision-delay'] };
}

async function main() {
  const options = readArguments();
  const { dir } = options;
  const file = join(dir, 'sandbox.json');
  await mkdir(dir, { recursive: true });
  // A file of an earlier run would name ports and keys that are gone.
  await rm(file, { force: true });
  const sandbox = await startSandbox(options);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await rm(file, { force: true });
    await sandbox.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  // Readers wait for the file to appear: it appears whole, and only now that both sockets listen.
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(sandbox.info, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
  console.log(`sandbox at ${sandbox.info.url}, provisioning service at ${sandbox.info.provision_url}`);
}

main().catch((error) => {
  console.error(`${error.message}\n${USAGE}`);
  process.exit(1);
});
