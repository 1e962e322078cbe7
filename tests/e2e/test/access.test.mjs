/** Who may do what: sessions, CSRF tokens, other members' rows, passwords, limits. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Visitor, send } from '../support/http.mjs';
import { suite } from '../support/logs.mjs';
import * as member from '../support/member.mjs';
import { control, reset } from '../support/sandbox.mjs';
import { forgetAttempts, INDEX, place, row, rows } from '../support/site.mjs';

const logsAreClean = suite();
const sessionText = (id) => readFileSync(join(place, 'sessions', `sess_${id}`), 'utf8');
const redirects = (answer, to) => assert.deepEqual([answer.status, answer.location], [302, `${INDEX}${to}`], answer.text);

describe('session', () => {
    test('its id changes at login, and the old one is worth nothing', async () => {
        const acme = await member.register();
        const visitor = new Visitor();
        await visitor.send('login');
        const before = visitor.sessionId;
        const token = visitor.token;
        redirects(await visitor.submit('login', 'doLogin', { email: acme.email, password: acme.password }), 'my');
        assert.notEqual(visitor.sessionId, before);
        assert.equal((await visitor.send('my')).status, 200);
        await visitor.send('changePassword');
        assert.notEqual(visitor.token, token, 'the CSRF token is new as well');
        redirects(await send('my', { headers: { Cookie: `PHPSESSID=${before}` } }), 'login');
    });

    test('an id that somebody else made up is not kept', async () => {
        const acme = await member.register();
        const planted = 'planted0123456789planted01';
        const visitor = new Visitor();
        visitor.cookies.set('PHPSESSID', planted);
        await visitor.submit('login', 'doLogin', { email: acme.email, password: acme.password });
        assert.notEqual(visitor.sessionId, planted);
        redirects(await send('my', { headers: { Cookie: `PHPSESSID=${planted}` } }), 'login');
    });

    test('its keys have the names of the contract', async () => {
        const acme = await member.register();
        const text = sessionText(acme.visitor.sessionId);
        const userId = acme.tenant.user_id;
        assert.match(text, new RegExp(`"chathub_user_id";i:${userId};`));
        assert.match(text, new RegExp(`"chathub_user_email";s:\\d+:"${acme.email}"`));
        assert.match(text, /"chathub_user_nick";s:4:"Acme"/);
        const id = acme.visitor.sessionId;
        await acme.visitor.send('logout');
        for (const name of [id, acme.visitor.sessionId]) {
            const left = (() => { try { return sessionText(name); } catch { return ''; } })();
            assert.ok(!/chathub_user_/.test(left), left);
        }
    });

    test('its cookie cannot be read by scripts nor sent by other sites\' forms', async () => {
        const visitor = new Visitor();
        const [cookie] = (await visitor.send('login')).cookies;
        assert.match(cookie, /^PHPSESSID=/);
        assert.match(cookie, /; ?HttpOnly/i);
        assert.match(cookie, /; ?SameSite=Lax/i);
        assert.ok(!/; ?secure/i.test(cookie), 'not over plain HTTP');
        const [secure] = (await send('login', { headers: { 'X-Forwarded-Proto': 'https' } })).cookies;
        assert.match(secure, /; ?secure/i);
    });

    test('a new password ends the other sessions, not the one that set it', async () => {
        const acme = await member.register();
        const other = new Visitor();
        await other.submit('login', 'doLogin', { email: acme.email, password: acme.password });
        assert.equal((await other.send('my')).status, 200);
        const answer = await acme.visitor.submit('changePassword', 'changePassword', {
            old_password: acme.password, new_password: 'another-1', confirm_password: 'another-1',
        });
        assert.equal(answer.status, 200);
        assert.equal((await acme.visitor.send('my')).status, 200);
        redirects(await other.send('my'), 'login');
    });

    test('an account that was disabled is signed out at the next page', async () => {
        const acme = await member.register();
        await rows("UPDATE {user} SET status = 'hidden' WHERE id = ?", [acme.tenant.user_id]);
        redirects(await acme.visitor.send('my'), 'login');
        const { answer } = await member.login(acme.email, acme.password);
        redirects(answer, 'login?error=account_disabled');
    });
});

describe('CSRF', () => {
    async function foreignToken() {
        const other = new Visitor();
        await other.send('login');
        return other.token;
    }

    test('changePassword', async () => {
        const acme = await member.register();
        const before = (await row('SELECT password FROM {user} WHERE id = ?', [acme.tenant.user_id])).password;
        const form = { old_password: acme.password, new_password: 'another-1', confirm_password: 'another-1' };
        for (const token of [undefined, '', '0', await foreignToken(), acme.visitor.token.slice(1)]) {
            const answer = await acme.visitor.send('changePassword', { form: token === undefined ? form : { ...form, __token__: token } });
            assert.equal(answer.status, 403);
        }
        assert.equal((await acme.visitor.send('changePassword', { form: [...Object.entries(form), ['__token__[]', acme.visitor.token]] })).status, 403);
        assert.equal((await row('SELECT password FROM {user} WHERE id = ?', [acme.tenant.user_id])).password, before);
    });

    test('doLogin', async () => {
        const acme = await member.register();
        const visitor = new Visitor();
        await visitor.send('login');
        for (const token of [{}, { __token__: '' }, { __token__: await foreignToken() }]) {
            redirects(await visitor.send('doLogin', { form: { email: acme.email, password: acme.password, ...token } }), 'login?error=expired');
        }
        redirects(await visitor.send('my'), 'login');
    });

    test('register', async () => {
        const email = member.address();
        const visitor = new Visitor();
        await visitor.send('registerPage');
        await forgetAttempts();
        for (const token of [{}, { __token__: '' }, { __token__: await foreignToken() }]) {
            const answer = await visitor.send('register', { form: { company_name: 'Acme', email, domain: 'a.example', ...token } });
            assert.equal(answer.status, 403);
            assert.match(answer.text, /页面已过期/);
            assert.match(answer.text, /value="Acme"/, 'what was typed is kept');
        }
        assert.equal(await member.tenantOf(email), undefined);
    });

    test('register by JSON without a token is nobody, even with a session', async () => {
        const acme = await member.register();
        await forgetAttempts();
        const answer = await acme.visitor.send('register', { json: { company_name: 'Second', email: acme.email, domain: 'b.example' } });
        assert.equal(answer.json().code, 0);
        assert.equal(answer.json().field, 'email');
        await acme.visitor.send('changePassword');
        const own = await acme.visitor.send('register', {
            json: { company_name: 'Second', email: acme.email, domain: 'b.example' },
            headers: { 'X-CSRF-Token': acme.visitor.token },
        });
        assert.equal(own.json().code, 1, own.text);
        assert.equal(own.json().initial_password, null);
    });

    test('reprovision', async () => {
        await control('provision', { mode: 'error_json_500' });
        const acme = await member.register();
        const calls = async () => (await control('provision')).requests;
        const before = await calls();
        for (const token of [{}, { __token__: await foreignToken() }]) {
            redirects(await acme.visitor.send('reprovision', { form: { ids: acme.tenant.id, ...token } }), 'my?error=expired');
        }
        assert.deepEqual(await calls(), before);
        await reset();
    });
});

describe('other members', () => {
    test('tenants and orders of others do not exist', async () => {
        const acme = await member.register();
        const order = await member.renew(acme);
        const mallory = await member.register({ company_name: 'Mallory' });
        const before = JSON.stringify([await member.tenant(acme.tenant.id), await member.order(order.order_no)]);
        for (const path of [`renew?id=${acme.tenant.id}`, `renew/id/${acme.tenant.id}`, `payAlipay?order=${order.order_no}`, `payAlipay/order/${order.order_no}`]) {
            const answer = await mallory.visitor.send(path);
            assert.equal(answer.status, 404, path);
            assert.ok(!answer.text.includes('Acme'));
        }
        redirects(await mallory.visitor.send(`reprovision?ids=${acme.tenant.id}`), 'my?error=not_found');
        await mallory.visitor.send('changePassword');
        redirects(
            await mallory.visitor.send('reprovision', { form: { ids: acme.tenant.id, __token__: mallory.visitor.token } }),
            'my?error=not_found',
        );
        assert.equal((await mallory.visitor.send(`status?order=${order.order_no}`)).json().order, null);
        const my = await mallory.visitor.send(`my?order=${order.order_no}&just_paid=1`);
        assert.ok(!my.text.includes(order.order_no) && !/支付成功/.test(my.text));
        assert.equal(JSON.stringify([await member.tenant(acme.tenant.id), await member.order(order.order_no)]), before);
        assert.equal((await rows('SELECT id FROM {order} WHERE tenant_id = ?', [acme.tenant.id])).length, 1);
    });

    test('a link that claims a payment shows none', async () => {
        const acme = await member.register();
        const open = await member.renew(acme);
        const page = await acme.visitor.send(`my?order=${open.order_no}&just_paid=1`);
        assert.ok(!/支付成功/.test(page.text));
        assert.match(page.text, /还没有收到支付结果/);
    });

    test('an e-mail that has an account gets no tenant without its owner', async () => {
        const acme = await member.register();
        const users = (await row('SELECT COUNT(*) AS n FROM {user}')).n;
        for (const email of [acme.email, acme.email.toUpperCase(), ` ${acme.email} `]) {
            await forgetAttempts();
            const stranger = new Visitor();
            const page = await stranger.submit('registerPage', 'register', { company_name: 'Evil', email, domain: 'evil.example' });
            assert.equal(page.status, 400);
            assert.match(page.text, /这个邮箱已经注册过/);
            const json = (await send('register', { json: { company_name: 'Evil', email, domain: 'evil.example' } })).json();
            assert.equal(json.code, 0, email);
        }
        assert.equal((await row('SELECT COUNT(*) AS n FROM {tenant} WHERE user_id = ?', [acme.tenant.user_id])).n, 1);
        assert.equal((await row('SELECT COUNT(*) AS n FROM {user}')).n, users);
    });

    test('a signed-in member adds a company, under the own address only', async () => {
        const acme = await member.register();
        const victim = await member.register();
        await forgetAttempts();
        const page = await acme.visitor.submit('registerPage', 'register', { company_name: 'Second', email: victim.email, domain: 'two.example' });
        assert.equal(page.status, 200, page.text);
        assert.equal(member.initialPassword(page.text), undefined);
        const tenants = await rows('SELECT tenant_name, email FROM {tenant} WHERE user_id = ? ORDER BY id', [acme.tenant.user_id]);
        assert.deepEqual(tenants.map((t) => [t.tenant_name, t.email]), [['Acme', acme.email], ['Second', acme.email]]);
        assert.equal((await row('SELECT COUNT(*) AS n FROM {tenant} WHERE user_id = ?', [victim.tenant.user_id])).n, 1);
    });

    test('twenty registrations of one address at once make one account', async () => {
        await forgetAttempts();
        const email = member.address();
        const all = await Promise.all(Array.from({ length: 20 }, () =>
            send('register', { json: { company_name: 'Acme', email, domain: 'a.example' } })));
        assert.equal(all.filter((answer) => answer.json().code === 1).length, 1);
        assert.equal((await rows('SELECT id FROM {user} WHERE email = ?', [email])).length, 1);
        assert.equal((await rows('SELECT id FROM {tenant} WHERE email = ?', [email])).length, 1);
    });
});

describe('passwords', () => {
    test('stored as bcrypt, shown once, changed by their owner', async () => {
        const acme = await member.register();
        const stored = await row('SELECT password, salt FROM {user} WHERE id = ?', [acme.tenant.user_id]);
        assert.match(stored.password, /^\$2y\$10\$/);
        assert.equal(stored.salt, '');
        assert.ok(!(await acme.visitor.send('my')).text.includes(acme.password));

        const wrong = await acme.visitor.submit('changePassword', 'changePassword', { old_password: 'nope', new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
        assert.equal(wrong.status, 400);
        assert.match(wrong.text, /当前密码不正确/);
        const odd = ' "Neu & <b>\'密码+%41 ';
        const done = await acme.visitor.submit('changePassword', 'changePassword', { old_password: acme.password, new_password: odd, confirm_password: odd });
        assert.equal(done.status, 200);
        assert.match(done.text, /密码已修改/);
        redirects((await member.login(acme.email, acme.password)).answer, 'login?error=wrong_password');
        redirects((await member.login(acme.email, odd)).answer, 'my');
        assert.equal((await acme.visitor.send('my')).status, 200, 'whoever changed it stays signed in');
    });

    test('an account that the site made (md5 with salt) comes in as well', async () => {
        const acme = await member.register();
        const md5 = (text) => createHash('md5').update(text).digest('hex');
        await rows('UPDATE {user} SET password = ?, salt = ? WHERE id = ?', [md5(`${md5('Alt-12345')}Ab12Cd`), 'Ab12Cd', acme.tenant.user_id]);
        redirects((await member.login(acme.email, 'Alt-12345')).answer, 'my');
        redirects((await member.login(acme.email, 'Alt-12346')).answer, 'login?error=wrong_password');
    });

    test('unknown address and wrong password look the same', async () => {
        const acme = await member.register();
        const one = await member.login(acme.email, 'wrong');
        const two = await member.login(member.address(), 'wrong');
        assert.equal(one.answer.location, two.answer.location);
        const page = await one.visitor.send('login?error=wrong_password');
        assert.match(page.text, /邮箱或密码不正确/);
        assert.ok(page.text.includes(`value="${acme.email}"`), 'the address is still there');
        assert.ok(!(await one.visitor.send('login')).text.includes(acme.email), 'once');
    });
});

describe('limits, with their defaults', () => {
    test('ten wrong passwords, then even the right one waits', async () => {
        const acme = await member.register();
        await forgetAttempts();
        for (let n = 0; n < 10; n += 1) {
            redirects((await member.login(acme.email, 'wrong')).answer, 'login?error=wrong_password');
        }
        const { visitor, answer } = await member.login(acme.email, acme.password);
        redirects(answer, 'login?error=too_many_attempts');
        assert.match((await visitor.send('login?error=too_many_attempts')).text, /尝试次数过多/);
        const change = await acme.visitor.submit('changePassword', 'changePassword', { old_password: acme.password, new_password: 'Neu-12345', confirm_password: 'Neu-12345' });
        assert.equal(change.status, 429);
        await forgetAttempts();
        redirects((await member.login(acme.email, acme.password)).answer, 'my');
    });

    test('sixty wrong passwords from one address, whatever the account', async () => {
        await forgetAttempts();
        const visitor = new Visitor();
        await visitor.send('login');
        const attempt = (n) => visitor.send('doLogin', { form: { email: `nobody${n}@example.com`, password: 'x', __token__: visitor.token } });
        const first = await Promise.all(Array.from({ length: 60 }, (_, n) => attempt(n)));
        assert.deepEqual([...new Set(first.map((a) => a.location))], [`${INDEX}login?error=wrong_password`]);
        redirects(await attempt(61), 'login?error=too_many_attempts');
    });

    test('right passwords do not count', async () => {
        const acme = await member.register();
        await forgetAttempts();
        for (let n = 0; n < 12; n += 1) {
            redirects((await member.login(acme.email, acme.password)).answer, 'my');
        }
    });

    test('twenty registrations an hour from one address, whatever headers claim', async () => {
        await forgetAttempts();
        const attempt = (n) => send('register', {
            json: { company_name: 'Acme', email: member.address(), domain: 'a.example' },
            headers: { 'X-Forwarded-For': `10.0.0.${n}`, 'X-Real-IP': `10.0.0.${n}`, 'Client-IP': `10.0.0.${n}` },
        });
        const all = [];
        for (let n = 0; n < 22; n += 1) {
            all.push((await attempt(n)).json());
        }
        assert.deepEqual(all.map((a) => a.code), [...Array(20).fill(1), 0, 0]);
        assert.match(all[20].msg, /尝试次数过多/);
        const visitor = new Visitor();
        const page = await visitor.submit('registerPage', 'register', { company_name: 'Acme', email: member.address(), domain: 'a.example' });
        assert.equal(page.status, 429);
        assert.match(page.text, /尝试次数过多/);
        await forgetAttempts();
    });
});

logsAreClean();
