/**
 * What nobody should send, to every action: the status is sensible, nothing is stored, nothing is shown
 * unescaped, and PHP has nothing to say about it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Visitor, encode, send } from '../support/http.mjs';
import { mark, suite } from '../support/logs.mjs';
import { withMail } from '../support/mail.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, notify } from '../support/sandbox.mjs';
import { forgetAttempts, INDEX, row, rows, withConfig } from '../support/site.mjs';

/** PHP's own remark, made before any script runs. */
const logsAreClean = suite((line) => line.includes('Input variables exceeded'));

const MEGABYTE = 'x'.repeat(1024 * 1024);
/** As the value of one field, in the ways in which a form can carry it. */
const VALUES = {
    'a list': (name) => [[`${name}[]`, '1']],
    'a list of lists': (name) => [[`${name}[a][b][]`, '1']],
    'both, a list last': (name) => [[name, '1'], [`${name}[]`, '1']],
    '1 MB': (name) => [[name, MEGABYTE]],
    'bytes that are not UTF-8': (name) => [[name, { raw: '%C3%28%FF%FE' }]],
    'half a character': (name) => [[name, { raw: '%E4%B8' }]],
    'an overlong slash': (name) => [[name, { raw: '%C0%AF' }]],
    'a NUL byte': (name) => [[name, 'a\0b']],
    'line breaks': (name) => [[name, 'a\r\nSet-Cookie: evil=1\r\n\r\n<script>']],
    'a negative number': (name) => [[name, '-1']],
    'a huge number': (name) => [[name, '99999999999999999999999999']],
    'a number beyond 32 bits': (name) => [[name, '4294967297']],
    'a fraction': (name) => [[name, '1.5']],
    'a number in words': (name) => [[name, '1e3']],
    'hexadecimal': (name) => [[name, '0x1']],
    'blanks': (name) => [[name, '   ']],
    'a word of the query builder': (name) => [[name, 'exp']],
    'SQL': (name) => [[name, "1' OR '1'='1' -- "]],
    'markup': (name) => [[name, '"><script>alert(1)</script><img src=x onerror=alert(1)>\'']],
    'an emoji': (name) => [[name, '😀']],
    'direction marks': (name) => [[name, '\u202e\u200bevil']],
};

/** [action, its fields, where they travel, a member's page?] */
const ACTIONS = [
    ['landing', ['lang', 'plan'], 'GET', false],
    ['registerPage', ['plan'], 'GET', false],
    ['register', ['company_name', 'email', 'domain', 'plan', 'seats', 'notes', '__token__'], 'POST', false],
    ['login', ['error'], 'GET', false],
    ['doLogin', ['email', 'password', '__token__'], 'POST', false],
    ['my', ['just_paid', 'provisioning', 'pending', 'error', 'order', 'page'], 'GET', true],
    ['status', ['order'], 'GET', true],
    ['changePassword', ['old_password', 'new_password', 'confirm_password', '__token__'], 'POST', true],
    ['forgotPassword', ['sent', 'email'], 'GET', false],
    ['forgotPassword', ['email', '__token__'], 'POST', false],
    ['resetPassword', ['token'], 'GET', false],
    ['resetPassword', ['token', 'new_password', 'confirm_password', '__token__'], 'POST', false],
    ['confirmEmail', ['token', 'done'], 'GET', false],
    ['confirmEmail', ['token', '__token__'], 'POST', false],
    ['resendConfirmation', ['__token__', 'x'], 'POST', true],
    ['mailLanguage', ['language', '__token__'], 'POST', true],
    ['renew', ['id'], 'GET', true],
    ['payAlipay', ['order'], 'GET', true],
    ['payReturn', ['order', 'out_trade_no', 'sign', 'total_amount'], 'GET', false],
    ['reprovision', ['ids', '__token__'], 'POST', true],
    ['channelList', ['tenant', 'channel', 'done', 'error'], 'GET', true],
    ['channelAuth', ['channel', 'tenant', 'account', 'start', 'app_id', 'app_secret', 'access_token', 'refresh_token', '__token__'], 'POST', true],
    ['channelCallback', ['code', 'spapi_oauth_code', 'selling_partner_id', 'state', 'error'], 'GET', true],
    ['channelPause', ['id', 'tenant', 'channel', '__token__'], 'POST', true],
    ['channelResume', ['id', 'tenant', 'channel', '__token__'], 'POST', true],
    ['channelUnbind', ['id', 'tenant', 'channel', '__token__'], 'POST', true],
    ['payNotify/pay_method/alipay', ['out_trade_no', 'sign', 'total_amount', 'trade_status'], 'POST', false],
];

const SENSIBLE = [200, 302, 400, 403, 404, 413, 414, 429];

function isSensible(answer, what) {
    assert.ok(SENSIBLE.includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
    assert.ok(!answer.text.includes('<script>alert') && !answer.text.includes('<img src=x'), `${what}: unescaped`);
    assert.ok(!/onerror=alert\(1\)>'/.test(answer.text.replaceAll('&gt;', '')), what);
    assert.ok(!/\b(?:SQLSTATE|PDOException|Stack trace|thinkphp\/)/i.test(answer.text), `${what}: internals`);
    assert.equal(answer.cookies.filter((cookie) => cookie.startsWith('evil')).length, 0, what);
    assert.ok(answer.text.length < 300_000, `${what}: does not read a megabyte back`);
    if (answer.location !== null) {
        assert.ok(answer.location.startsWith(INDEX) || answer.location.startsWith('http://127.0.0.1'), `${what}: ${answer.location}`);
        assert.ok(!/[\r\n<>"]/.test(answer.location), what);
    }
}

async function counts() {
    const tables = ['tenant', 'order', 'payment', 'job', 'user', 'member', 'token', 'channel_account'];
    return JSON.stringify(await Promise.all(tables.map(async (t) => (await row(`SELECT COUNT(*) AS n FROM {${t}}`)).n)));
}

describe('one bad value at a time', () => {
    for (const [action, fields, method, isMembers] of ACTIONS) {
        test(`${method} ${action}`, () => withMail(async () => {
            const acme = await member.register();
            const valid = {
                register: { company_name: 'Acme', email: 'bad@example.com', domain: 'a.example' },
                changePassword: { old_password: acme.password, new_password: 'Neu-12345', confirm_password: 'Neu-12345' },
                reprovision: { ids: acme.tenant.id },
                resetPassword: { token: 'X'.repeat(52), new_password: 'Neu-12345', confirm_password: 'Neu-12345' },
                doLogin: { email: acme.email, password: acme.password },
                channelAuth: { channel: 'jd', tenant: acme.tenant.id },
            }[action] ?? {};
            // Right values beside the bad one, except where that would do what the action is for.
            const before = await counts();
            for (const field of fields) {
                const others = Object.entries(valid).filter(([name]) => name !== field && !(action === 'register' && name === 'email'));
                for (const [what, bad] of Object.entries(VALUES)) {
                    await forgetAttempts();
                    const visitor = isMembers ? acme.visitor : new Visitor();
                    if (method === 'POST' && field !== '__token__' && !action.startsWith('payNotify')) {
                        await visitor.send(isMembers ? 'changePassword' : 'login');
                    }
                    const pairs = [...others, ...(field === '__token__' ? [] : [['__token__', visitor.token]]), ...bad(field)];
                    const label = `${action} ${field}: ${what}`;
                    if (method === 'POST') {
                        isSensible(await visitor.send(action, { form: pairs }), label);
                    } else if (what === '1 MB') {
                        isSensible(await visitor.send(`${action}?${encode([[field, 'x'.repeat(6000)]])}`), label);
                    } else {
                        isSensible(await visitor.send(`${action}?${encode(bad(field))}`), label);
                    }
                }
            }
            assert.equal(await counts(), before, `${action} stored something`);
        }));
    }
});

describe('bodies of the wrong kind', () => {
    const BODIES = {
        nothing: ['', undefined],
        'a JSON list': ['[1,2]', 'application/json'],
        'a JSON string': ['"x"', 'application/json'],
        'a JSON number': ['1', 'application/json'],
        'JSON null': ['null', 'application/json'],
        'a JSON object of lists': ['{"company_name":["a"],"email":{"a":1},"domain":null,"plan":true,"seats":[[1]],"notes":1.5}', 'application/json'],
        'deep JSON': ['{"company_name":'.repeat(600) + '1' + '}'.repeat(600), 'application/json'],
        'broken JSON': ['{"company_name":', 'application/json'],
        'JSON with half a character': [Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe4, 0xb8, 0x22, 0x7d]), 'application/json'],
        'JSON with an escaped NUL': ['{"company_name":"a\\u0000b","email":"x@example.com","domain":"a.example"}', 'application/json'],
        'JSON with half a surrogate': ['{"company_name":"\\ud800","email":"x@example.com","domain":"a.example"}', 'application/json'],
        '1 MB of JSON': [`{"company_name":"${MEGABYTE}"}`, 'application/json'],
        'JSON that says it is a form': ['{"company_name":"Acme"}', 'application/x-www-form-urlencoded'],
        'a form that says it is JSON': ['company_name=Acme', 'application/json; charset=utf-8'],
        'plain text': ['company_name=Acme', 'text/plain'],
        'XML': ['<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', 'text/xml'],
        'a broken multipart form': ['--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n', 'multipart/form-data; boundary=y'],
        'a multipart form with a file': ['--y\r\nContent-Disposition: form-data; name="company_name"; filename="a.php"\r\n\r\n<?php\r\n--y--\r\n', 'multipart/form-data; boundary=y'],
        'zero bytes': [Buffer.alloc(1024), 'application/octet-stream'],
        'ampersands': ['&&&=&=&a&=b&[]=1&[=2', 'application/x-www-form-urlencoded'],
        'an unknown charset': ['company_name=Acme', 'application/x-www-form-urlencoded; charset=utf-16'],
    };
    const POSTED = ['register', 'doLogin', 'changePassword', 'forgotPassword', 'resetPassword', 'confirmEmail', 'resendConfirmation', 'mailLanguage', 'reprovision', 'payNotify/pay_method/alipay', 'payReturn', 'my', 'landing', 'status', 'renew',
        'channelAuth', 'channelCallback', 'channelPause', 'channelUnbind', 'channelList'];

    for (const [what, [body, type]] of Object.entries(BODIES)) {
        test(what, async () => {
            await forgetAttempts();
            const acme = await member.register();
            const before = await counts();
            for (const action of POSTED) {
                const headers = type === undefined ? {} : { 'Content-Type': type };
                const isMembers = action.startsWith('channel') || ['changePassword', 'resendConfirmation', 'mailLanguage', 'reprovision', 'my', 'status', 'renew'].includes(action);
                const visitor = isMembers ? acme.visitor : new Visitor();
                isSensible(await visitor.send(action, { method: 'POST', body, headers }), `${action}: ${what}`);
            }
            assert.equal(await counts(), before);
        });
    }

    test('register answers JSON with JSON, and names the field', async () => {
        await forgetAttempts();
        const answer = await send('register', { body: BODIES['a JSON object of lists'][0], headers: { 'Content-Type': 'application/json' } });
        assert.equal(answer.status, 200);
        assert.deepEqual([answer.json().code, answer.json().field], [0, 'company_name']);
    });

    test('more fields than PHP takes', async () => {
        const body = Array.from({ length: 1200 }, (_, n) => `f${n}=1`).join('&');
        isSensible(await send('register', { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }), '1200 fields');
    });
});

describe('paths and headers', () => {
    test('odd paths are 404 or the page', async () => {
        for (const path of ['renew/id/', 'renew/id/1/2/3', 'renew/id/%00', 'renew/id/%FF', 'renew/id/-1', `renew/id/${'9'.repeat(300)}`, 'renew/%2e%2e/my',
            'payNotify/pay_method/%00', 'payReturn/order/%E4%B8', 'payReturn/order/a%20b', 'registerPage/plan/%3Cscript%3E', 'landing/0/x', 'my/error/<b>']) {
            isSensible(await send(path), path);
        }
    });

    test('a session id of strange characters', async () => {
        for (const id of ['', '../../etc/passwd', 'a'.repeat(300), '<script>', '%00', 'a b']) {
            const answer = await send('my', { headers: { Cookie: `PHPSESSID=${id}` } });
            assert.equal(answer.status, 302, id);
        }
    });

    test('a Host that is none', async () => {
        const acme = await member.register();
        const { order_no: orderNo } = await member.renew(acme);
        await withConfig({ public_base_url: '' }, async () => {
            for (const host of ['evil.example/x', 'a b', '<script>', `${'a'.repeat(500)}.example`, 'x:99999', '[::1]', 'user@evil.example']) {
                const answer = await acme.visitor.send(`payAlipay?order=${orderNo}`, { headers: { Host: host } });
                assert.ok([302, 400, 503].includes(answer.status), `${host}: ${answer.status}`);
            }
        });
    });

    test('a user agent that is none', async () => {
        const acme = await member.register();
        const { order_no: orderNo } = await member.renew(acme);
        for (const agent of ['', 'x'.repeat(5000), Buffer.from([0xff, 0xfe, 0x80]).toString('latin1')]) {
            assert.equal((await acme.visitor.send(`payAlipay?order=${orderNo}`, { headers: { 'User-Agent': agent } })).status, 302);
        }
    });
});

describe('hostile texts in their place', () => {
    const XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'{{7*7}}</textarea>';

    test('company, notes and embed code are stored as they are, and shown as text', async () => {
        const acme = await member.register({ company_name: XSS, notes: XSS });
        assert.equal(acme.tenant.tenant_name, XSS);
        assert.equal(JSON.parse(acme.tenant.config).notes, XSS);
        isSensible(acme.page, 'registered');
        await rows('UPDATE {tenant} SET embed_code = ? WHERE id = ?', [`<script>alert(1)</script></code></pre>${XSS}`, acme.tenant.id]);
        await member.pay(acme);
        await rows('UPDATE {user} SET nickname = ?, email = ? WHERE id = ?', [XSS.slice(0, 40), `${acme.tenant.id}<script>alert(1)</script>`, acme.tenant.user_id]);
        for (const path of ['my', `renew?id=${acme.tenant.id}`, 'registerPage']) {
            const page = await acme.visitor.send(path);
            isSensible(page, path);
            assert.ok(path === 'registerPage' || page.text.includes('&lt;script&gt;alert(1)'), path);
        }
    });

    test('what a form reads back', async () => {
        for (const field of ['company_name', 'email', 'domain', 'seats', 'notes', 'plan']) {
            await forgetAttempts();
            const page = await new Visitor().submit('registerPage', 'register', { company_name: '', email: '', domain: '', [field]: XSS });
            assert.equal(page.status, 400);
            isSensible(page, field);
        }
    });

    test('codes in an address are looked up, never shown', async () => {
        const acme = await member.register();
        for (const path of [`my?error=${encodeURIComponent(XSS)}`, `login?error=${encodeURIComponent(XSS)}`, 'my?error=wrong_password.x', 'login?error=../x', 'my?error=generic']) {
            isSensible(await (path.startsWith('login') ? new Visitor() : acme.visitor).send(path), path);
        }
    });

    test('the site\'s own settings', async () => {
        await withConfig({ site_name: XSS, support_email: '"><script>alert(1)</script>@x' }, async () => {
            const page = await send('login');
            isSensible(page, 'login');
            assert.ok(page.text.includes('&lt;script&gt;alert(1)'));
        });
    });
});

describe('the log explains', () => {
    test('a refusal has its reason and no secret', async () => {
        await forgetAttempts();
        const added = mark();
        const acme = await member.register();
        await member.login(acme.email, 'MY-SECRET-WORD');
        await acme.visitor.send('renew?id=77777777');
        await new Visitor().submit('registerPage', 'register', { company_name: 'Acme', email: 'nope', domain: 'a.example' });
        const text = () => added().map(({ line }) => line).join('\n');
        for (const reason of ['wrong_password', 'tenant', 'invalid_email']) {
            // The host writes its log when the answer is out.
            await until(`the log names ${reason}`, () => text().includes(`chathub [${reason}]`), { seconds: 5 });
        }
        assert.ok(!text().includes('MY-SECRET-WORD') && !text().includes(acme.password));
    });

    test('so does a notification that was refused', async () => {
        await forgetAttempts();
        const acme = await member.register();
        const open = await member.renew(acme);
        await notify(open.order_no, { raw_body: 'sign=x&sign=y' });
        const entry = await row("SELECT * FROM {log} WHERE status = 'failed' ORDER BY id DESC LIMIT 1");
        assert.match(entry.detail, /refused/);
        await control('alipay', { reset: true });
    });
});

logsAreClean();
