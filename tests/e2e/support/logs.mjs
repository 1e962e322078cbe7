/** What PHP and the framework wrote since a mark: nothing of ours may raise as much as a notice. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { env, close } from './site.mjs';
import { reset } from './sandbox.mjs';

const COMPLAINT = /\b(?:notice|warning|deprecated|fatal error|parse error|uncaught|segfault|SIGSEGV)\b|\[ (?:error|notice) \] \[\d+\]/i;
/** Refusals and failures that the addon itself reports: a line of ours, with its reason. */
const REPORTED = /\[ (?:error|notice) \] chathub(?: \[[\w\\]+\]|, after the response)/;

function files(path) {
    try {
        return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => files(join(path, name))) : [path];
    } catch {
        return [];
    }
}

function everything() {
    const logs = [env.php_error_log, env.framework_log, join(env.php_error_log, '..', 'php-fpm.log')];
    return new Map(logs.flatMap(files).map((file) => [file, readFileSync(file, 'utf8')]));
}

/** Remembers how long the logs are; the function that it gives tells what was added. */
export function mark() {
    const start = everything();
    return () => [...everything()].flatMap(([file, text]) =>
        text.slice(start.get(file)?.length ?? 0).split('\n').map((line) => ({ file, line })));
}

export function complaints(lines) {
    return lines.filter(({ line }) => COMPLAINT.test(line) && !REPORTED.test(line)).map(({ file, line }) => `${file}: ${line}`);
}

/**
 * Begins a file of tests: the sandbox behaves, and afterwards the logs are clean.
 * @param {(line: string) => boolean} isHosts lines that the host itself writes about such requests
 */
export function suite(isHosts = () => false) {
    const added = mark();
    before(reset);
    after(async () => {
        await reset();
        await close();
    });
    return () => test('PHP and the framework had nothing to complain about', () => {
        assert.deepEqual(complaints(added()).filter((line) => !isHosts(line)), []);
    });
}
