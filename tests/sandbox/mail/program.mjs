#!/usr/bin/env node
// The mail server alone, for as long as its standard input is open; says in one line where it is.
import { createControl } from '../control.mjs';
import { Listener } from '../http/listener.mjs';
import { createMail } from './index.mjs';

const mail = createMail({ dir: process.argv[2] ?? null });
await mail.open();
const listener = new Listener(createControl(mail.control), { host: '127.0.0.1' });
await listener.open();
console.log(JSON.stringify({ control: `${listener.url}/control`, ...mail.publish() }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
