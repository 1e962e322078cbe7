/**
 * Identical notifications at once, through nginx and php-fpm: one extension, one entry in the ledger and
 * in the log, one job at most, and each answer exactly "success".
 * CHATHUB_FLOOD_ROUNDS and CHATHUB_FLOOD_COPIES change the size.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, notify, provisioned, reset } from '../support/sandbox.mjs';
import { rows } from '../support/site.mjs';

const logsAreClean = suite();
const ROUNDS = Number(process.env.CHATHUB_FLOOD_ROUNDS ?? 20);
const COPIES = Number(process.env.CHATHUB_FLOOD_COPIES ?? 200);

/** What the tenant is like when the money comes. */
const TENANTS = {
    async active() {
        return { acme: await member.register(), jobs: [] };
    },
    async expired() {
        const acme = await member.register();
        await rows("UPDATE {tenant} SET status = 'suspended', suspend_reason = 'expired', expire_at = DATE_SUB(expire_at, INTERVAL 300 DAY) WHERE id = ?", [acme.tenant.id]);
        return { acme, jobs: ['activate'] };
    },
    async unprovisioned() {
        await control('provision', { mode: 'error_json_500', times: 1 });
        const acme = await member.register();
        assert.equal(acme.tenant.embed_code, null);
        return { acme, jobs: [] };
    },
};

async function round(kind) {
    const { acme, jobs } = await TENANTS[kind]();
    const open = await member.renew(acme);
    await member.openCashier(acme, open.order_no);
    await control('pay', { out_trade_no: open.order_no, notify: false });
    const jobsBefore = (await rows('SELECT id FROM {job} WHERE tenant_id = ?', [acme.tenant.id])).length;

    const { summary, answers } = await notify(open.order_no, { copies: COPIES });
    assert.deepEqual(summary, { '200 success': COPIES });
    assert.ok(answers.every((answer) => /^text\/plain/.test(answer.content_type)));

    const { order, payments, entries } = await member.ledger(open.order_no);
    assert.deepEqual(payments.map((p) => p.outcome), ['credited']);
    assert.deepEqual(entries.map((entry) => entry.status), ['success']);
    const base = kind === 'expired' ? order.paid_at : acme.tenant.expire_at;
    const tenant = await until('the tenant is active', async () => {
        const now = await member.tenant(acme.tenant.id);
        return (now.status === 'active' || kind === 'unprovisioned') && now;
    });
    assert.equal(member.daysBetween(base, tenant.expire_at), 30);
    const made = (await rows('SELECT kind FROM {job} WHERE tenant_id = ? ORDER BY id', [acme.tenant.id])).slice(jobsBefore);
    assert.deepEqual(made.map((job) => job.kind), jobs);
    assert.ok((await provisioned(acme.email)).length <= 1, 'nothing was provisioned twice');
}

describe(`${COPIES} identical notifications at once`, () => {
    const kinds = Object.keys(TENANTS);
    for (let number = 0; number < ROUNDS; number += 1) {
        const kind = kinds[number % kinds.length];
        test(`round ${number + 1}: ${kind}`, async () => {
            await round(kind);
            await reset();
        });
    }
});

logsAreClean();
