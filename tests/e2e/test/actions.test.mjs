/** Every public address: verbs, status codes, redirects, headers, and the JSON contract. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Visitor, send } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { forgetAttempts, INDEX } from '../support/site.mjs';

const logsAreClean = suite();
const isPage = (answer, title) => {
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^text\/html; ?charset=utf-8$/i);
    assert.match(answer.text, new RegExp(`<title>${title} ·`));
};
const redirects = (answer, to) => {
    assert.equal(answer.status, 302, answer.text);
    assert.equal(answer.location, `${INDEX}${to}`);
};

describe('public pages', () => {
    test('landing shows the three plans with their prices', async () => {
        const page = await send('landing');
        isPage(page, '智能客服，一段代码接入');
        for (const [plan, price] of [['basic', '¥50'], ['pro', '¥60'], ['enterprise', '¥70']]) {
            assert.match(page.text, new RegExp(`registerPage\\?plan=${plan}`));
            assert.ok(page.text.includes(price), price);
        }
        assert.deepEqual(page.cookies, [], 'a visitor is given no session');
    });

    for (const plan of ['basic', 'pro', 'enterprise']) {
        test(`registerPage preselects ${plan}`, async () => {
            for (const path of [`registerPage?plan=${plan}`, `register?plan=${plan}`, `registerPage/plan/${plan}`]) {
                const page = await send(path);
                isPage(page, '注册');
                assert.match(page.text, new RegExp(`value="${plan}" checked`));
                assert.equal(page.text.match(/name="plan"[^>]* checked/g).length, 1);
            }
        });
    }

    test('an unknown plan preselects the cheapest', async () => {
        assert.match((await send('registerPage?plan=gold')).text, /value="basic" checked/);
    });

    test('login shows the text of a known error and a general one otherwise', async () => {
        isPage(await send('login'), '登录');
        assert.match((await send('login?error=wrong_password')).text, /邮箱或密码不正确/);
        const other = await send('login?error=%3Cb%3Eyour+bank%3C/b%3E');
        assert.match(other.text, /操作没有完成/);
        assert.ok(!other.text.includes('your bank'));
    });

    test('a GET to doLogin leads to the form, logout to the landing page', async () => {
        redirects(await send('doLogin'), 'login');
        redirects(await send('logout'), 'landing');
    });

    test('an unknown action is 404', async () => {
        for (const path of ['nosuch', 'guard', 'backToLogin', 'pay_notify', 'asMember']) {
            assert.equal((await send(path)).status, 404, path);
        }
    });
});

describe('names', () => {
    for (const name of ['doLogin', 'dologin', 'DOLOGIN', 'doLogin.html', 'dologin.html', 'doLogin/']) {
        test(`${name} reaches doLogin`, async () => {
            const answer = await new Visitor().submit('login', name, { email: 'nobody@example.com', password: 'wrong' });
            redirects(answer, 'login?error=wrong_password');
        });
    }

    for (const name of ['registerpage', 'registerPage.html', 'REGISTERPAGE']) {
        test(`${name} reaches registerPage`, async () => isPage(await send(name), '注册'));
    }
});

describe('verbs', () => {
    for (const action of ['landing', 'registerPage', 'register', 'login', 'forgotPassword']) {
        test(`HEAD ${action} is GET without a body`, async () => {
            const answer = await send(action, { method: 'HEAD' });
            assert.equal(answer.status, 200);
            assert.equal(answer.bytes.length, 0);
        });
        test(`PUT, DELETE and PATCH ${action} change nothing and are no error`, async () => {
            for (const method of ['PUT', 'DELETE', 'PATCH']) {
                assert.ok((await send(action, { method, body: 'company_name=x' })).status < 500, method);
            }
        });
    }

    test('a verb in the body or a header does not count', async () => {
        const visitor = new Visitor();
        await visitor.send('registerPage');
        const email = member.address();
        const form = { company_name: 'Acme', email, domain: 'a.example', __token__: visitor.token };
        await visitor.send('register', { form, method: 'PUT' });
        await visitor.send(`register?${new URLSearchParams({ ...form, _method: 'POST' })}`, {
            headers: { 'X-HTTP-Method-Override': 'POST' },
        });
        assert.equal(await member.tenantOf(email), undefined);
        await visitor.send('doLogin', { form: { _method: 'DELETE' } });
    });
});

describe('register as JSON', () => {
    const KEYS = ['awaits_confirmation', 'company_name', 'plan', 'price', 'seats', 'embed_code', 'initial_password', 'expire_at'];

    async function post(values, headers = {}) {
        await forgetAttempts();
        return send('register', { json: { company_name: 'Acme', domain: 'www.acme.example', ...values }, headers });
    }

    test('the preflight has exactly the headers of the contract', async () => {
        const answer = await send('register', {
            method: 'OPTIONS',
            headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
        });
        assert.equal(answer.status, 204);
        assert.equal(answer.bytes.length, 0);
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.equal(answer.headers['access-control-allow-methods'], 'POST, OPTIONS');
        assert.equal(answer.headers['access-control-allow-headers'], 'Content-Type');
        assert.equal(answer.headers['access-control-allow-credentials'], undefined);
        assert.deepEqual(answer.cookies, []);
    });

    test('only register may be called from other sites', async () => {
        for (const action of ['landing', 'login', 'my', 'status', 'changePassword']) {
            const answer = await send(action, { headers: { Origin: 'https://shop.example' } });
            assert.equal(answer.headers['access-control-allow-origin'], undefined, action);
        }
    });

    test('success is flat, and repeated in data', async () => {
        const email = member.address();
        const answer = await post({ email, plan: 'enterprise', seats: 2, notes: '你好 & "x"' }, { Origin: 'https://shop.example' });
        assert.equal(answer.status, 200);
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.deepEqual(answer.cookies, [], 'a script of another site gets no session');
        const made = answer.json();
        assert.equal(made.code, 1);
        assert.equal(typeof made.msg, 'string');
        for (const key of KEYS) {
            assert.deepEqual(made[key], made.data[key], key);
        }
        assert.equal(made.company_name, 'Acme');
        assert.equal(made.awaits_confirmation, false);
        assert.equal(made.plan, 'enterprise');
        assert.equal(Number(made.price), 90);
        assert.equal(made.seats, 5);
        assert.match(made.embed_code, /<script/);
        assert.match(made.initial_password, /^[0-9A-Z]{12}$/);
        assert.match(made.expire_at, /^\d{4}-\d\d-\d\d$/);
        const tenant = await member.tenantOf(email);
        assert.equal(tenant.expire_at.slice(0, 10), made.expire_at);
        const config = JSON.parse(tenant.config);
        assert.equal(config.plan, 'enterprise');
        assert.equal(config.notes, '你好 & "x"');
        assert.ok(!tenant.config.includes(made.initial_password));
    });

    test('a refusal says no in code, and why', async () => {
        const answer = await post({ email: 'not an address' });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        const { code, msg, field } = answer.json();
        assert.deepEqual([code, field], [0, 'email']);
        assert.match(msg, /邮箱/);
    });

    test('a form sent by script (X-Requested-With) gets JSON as well', async () => {
        await forgetAttempts();
        const answer = await send('register', {
            form: { company_name: 'Acme', email: member.address(), domain: 'a.example' },
            headers: { 'X-Requested-With': 'XMLHttpRequest' },
        });
        assert.equal(answer.json().code, 1);
        assert.equal(answer.json().plan, 'basic');
        assert.equal(answer.json().seats, 1);
    });

    test('one attempt under way says so', async () => {
        await control('provision', { mode: 'error_json_500', times: 1 });
        const answer = (await post({ email: member.address() })).json();
        assert.equal(answer.code, 1);
        assert.equal(answer.embed_code, null);
        assert.equal(answer.status, 'pending');
        await reset();
    });
});

describe('member pages', () => {
    const PAGES = ['my', 'changePassword', 'renew?id=1', 'payAlipay?order=CH1', 'reprovision?ids=1', 'channelList', 'channelAuth?channel=jd', 'channelCallback?code=x&state=y'];

    for (const path of PAGES) {
        test(`${path} without a session leads to login`, async () => {
            redirects(await send(path), 'login');
            redirects(await send(path, { headers: { Cookie: 'PHPSESSID=abcdefghijklmnopqrstuvwxyz' } }), 'login');
        });
    }

    test('POST without a session leads to login', async () => {
        for (const action of ['changePassword', 'reprovision', 'renew', 'my', 'channelAuth', 'channelPause', 'channelResume', 'channelUnbind']) {
            redirects(await send(action, { form: { ids: 1 } }), 'login');
        }
    });

    test('status without a session is 401 JSON', async () => {
        const answer = await send('status');
        assert.equal(answer.status, 401);
        assert.equal(answer.json().code, 0);
    });

    test('signed in, each has its page', async () => {
        const acme = await member.register();
        isPage(await acme.visitor.send('my'), '会员中心');
        isPage(await acme.visitor.send('changePassword'), '修改密码');
        isPage(await acme.visitor.send(`renew?id=${acme.tenant.id}`), '续费');
        isPage(await acme.visitor.send(`renew/id/${acme.tenant.id}`), '续费');
        isPage(await acme.visitor.send('channelList'), '店铺渠道');
        isPage(await acme.visitor.send('channelAuth?channel=jd'), '绑定店铺');
        redirects(await acme.visitor.send('login'), 'my');
        const status = (await acme.visitor.send('status')).json();
        assert.deepEqual(status.tenants.map(({ id, status: s, has_embed_code: h }) => [id, s, h]), [[acme.tenant.id, 'active', true]]);
        assert.equal(status.pending_work, false);
        redirects(await acme.visitor.send('logout'), 'landing');
        redirects(await acme.visitor.send('my'), 'login');
    });

    test('renew does not pile up orders', async () => {
        const acme = await member.register();
        const first = await member.renew(acme);
        assert.equal((await member.renew(acme)).order_no, first.order_no);
        assert.match(first.order_no, /^[0-9A-Za-z_|*-]{6,32}$/);
        await Promise.all(Array.from({ length: 10 }, () => member.renew(acme)));
        assert.equal((await member.ledger(first.order_no)).order.amount, '50.00');
        const my = await acme.visitor.send('my');
        assert.equal(my.text.match(/data-order="/g).length, 1);
    });

    test('payAlipay leads to the signed cashier, by phone to the phone\'s', async () => {
        const acme = await member.register();
        const { order_no: no } = await member.renew(acme);
        const methods = { 'Mozilla/5.0 (X11; Linux x86_64)': 'page', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile': 'wap' };
        for (const [agent, product] of Object.entries(methods)) {
            for (const path of [`payAlipay?order=${no}`, `payAlipay/order/${no}`]) {
                const away = await acme.visitor.send(path, { headers: { 'User-Agent': agent } });
                assert.equal(away.status, 302);
                const url = new URL(away.location);
                assert.equal(url.searchParams.get('method'), `alipay.trade.${product}.pay`);
                assert.equal(JSON.parse(url.searchParams.get('biz_content')).total_amount, '50.00');
            }
        }
    });

    test('reprovision of what has its code already', async () => {
        const acme = await member.register();
        redirects(await acme.visitor.send(`reprovision?ids=${acme.tenant.id}`), 'my?error=already_provisioned');
        redirects(await acme.visitor.send(`reprovision/ids/${acme.tenant.id}`), 'my?error=already_provisioned');
    });

    test('reprovision heals what the service refused', async () => {
        await control('provision', { mode: 'error_json_500', times: 2 });
        const acme = await member.register();
        assert.equal(acme.tenant.status, 'pending');
        redirects(await acme.visitor.send(`reprovision?ids=${acme.tenant.id}`), 'my?error=provision_refused');
        const my = await acme.visitor.send('my');
        assert.match(my.text, /action="[^"]*reprovision"/);
        const done = await acme.visitor.send('reprovision', { form: { ids: acme.tenant.id, __token__: acme.visitor.token } });
        redirects(done, 'my?just_paid=1');
        assert.match((await acme.visitor.send('my?just_paid=1')).text, /客服已经开通/);
        await reset();
    });
});

describe('headers', () => {
    test('every page of ours forbids framing, sniffing and foreign sources', async () => {
        const acme = await member.register();
        for (const path of ['landing', 'registerPage', 'login', 'my', 'changePassword', 'renew?id=0', 'channelList', 'channelAuth?channel=jd']) {
            const { headers } = path === 'login' ? await send(path) : await acme.visitor.send(path);
            assert.match(headers['content-security-policy'], /default-src 'self'/, path);
            assert.match(headers['content-security-policy'], /frame-ancestors/, path);
            assert.equal(headers['x-content-type-options'], 'nosniff', path);
            assert.equal(headers['cache-control'], path === 'landing' ? 'private, no-cache' : 'no-store', path);
        }
    });
});

logsAreClean();
