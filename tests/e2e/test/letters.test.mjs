/** Forgotten passwords, confirmed addresses, the language of mail: over HTTP. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Visitor, send } from '../support/http.mjs';
import { mark, suite } from '../support/logs.mjs';
import { letterWith, link, linkIn, outbox, withConfirmation, withMail, withoutMail } from '../support/mail.mjs';
import * as member from '../support/member.mjs';
import { until } from '../support/poll.mjs';
import { control, provisioned } from '../support/sandbox.mjs';
import { forgetAttempts, INDEX, row, rows } from '../support/site.mjs';

const logsAreClean = suite();
const redirects = (answer, to) => assert.deepEqual([answer.status, answer.location], [302, `${INDEX}${to}`], answer.text);
const NEW = { new_password: 'Neu-12345', confirm_password: 'Neu-12345' };

async function foreignToken() {
    const other = new Visitor();
    await other.send('login');
    return other.token;
}

async function asked(email) {
    return (await outbox('password_reset')).filter((mail) => JSON.parse(mail.data).email === email).length;
}

/** A member and a link to a new password. */
async function forgetful(seconds) {
    const acme = await member.register();
    const token = await link('password_reset', { userId: acme.tenant.user_id, email: acme.email, seconds });
    return { acme, token };
}

function useLink(visitor, token, form = NEW) {
    return visitor.send('resetPassword', { form: { token, ...form, __token__: visitor.token } });
}

async function opened(token) {
    const visitor = new Visitor();
    const page = await visitor.send(`resetPassword?token=${token}`);
    return { visitor, page };
}

/** Registers where the address has to be confirmed. */
async function unconfirmed(fields) {
    const acme = await member.register(fields);
    assert.match(acme.page.text, /<h1>注册成功，请确认邮箱<\/h1>/);
    return acme;
}

describe('asking for a link', () => {
    test('whoever asks gets the same answer, and the same letter is asked for', () => withMail(async () => {
        const acme = await member.register();
        await forgetAttempts();
        const locked = await member.register();
        await rows("UPDATE {user} SET status = 'hidden' WHERE id = ?", [locked.tenant.user_id]);
        await forgetAttempts();
        const answers = [];
        for (const email of [acme.email, member.address('nobody'), locked.email]) {
            const visitor = new Visitor();
            const answer = await visitor.submit('forgotPassword', 'forgotPassword', { email: ` ${email} ` });
            redirects(answer, 'forgotPassword?sent=1');
            answers.push((await visitor.send('forgotPassword?sent=1')).text);
            assert.equal(await asked(email), 1, email);
        }
        assert.equal(new Set(answers).size, 1);
        assert.match(answers[0], /如果这个邮箱有账号/);
        assert.ok(!answers[0].includes(acme.email));
    }));

    test('three letters for one address, and the answer stays the same', () => withMail(async () => {
        await forgetAttempts();
        const email = member.address();
        for (let n = 0; n < 6; n += 1) {
            redirects(await new Visitor().submit('forgotPassword', 'forgotPassword', { email }), 'forgotPassword?sent=1');
        }
        assert.equal(await asked(email), 3);
    }));

    test('twenty an hour from one place, whatever headers claim', () => withMail(async () => {
        await forgetAttempts();
        const visitor = new Visitor();
        await visitor.send('forgotPassword');
        const attempt = (n) => visitor.send('forgotPassword', {
            form: { email: member.address(), __token__: visitor.token },
            headers: { 'X-Forwarded-For': `10.0.0.${n}`, 'X-Real-IP': `10.0.0.${n}` },
        });
        for (let n = 0; n < 20; n += 1) {
            redirects(await attempt(n), 'forgotPassword?sent=1');
        }
        const stopped = await attempt(21);
        assert.equal(stopped.status, 429);
        assert.match(stopped.text, /尝试次数过多/);
        await forgetAttempts();
    }));

    test('mistakes are told at their field, and cost nothing', () => withMail(async () => {
        await forgetAttempts();
        for (const [email, text] of [['', /请填写邮箱/], ['nobody', /邮箱格式不正确/], [`${'x'.repeat(100)}@example.com`, /最多 100/]]) {
            const page = await new Visitor().submit('forgotPassword', 'forgotPassword', { email });
            assert.equal(page.status, 400);
            assert.match(page.text, text);
            assert.match(page.text, /id="field-email-error"/);
        }
        assert.equal((await rows('SELECT * FROM {throttle}')).length, 0);
    }));

    test('without a token of the session nothing is asked for', () => withMail(async () => {
        await forgetAttempts();
        const email = member.address();
        const visitor = new Visitor();
        await visitor.send('forgotPassword');
        for (const token of [{}, { __token__: '' }, { __token__: await foreignToken() }]) {
            const page = await visitor.send('forgotPassword', { form: { email, ...token } });
            assert.equal(page.status, 403);
            assert.ok(page.text.includes(`value="${email}"`), 'what was typed is kept');
        }
        assert.equal(await asked(email), 0);
    }));

    test('where no mail can be sent, the page says whom to write to', () => withoutMail(async () => {
        await forgetAttempts();
        const email = member.address();
        const page = await send('forgotPassword');
        assert.equal(page.status, 200);
        assert.match(page.text, /请联系客服重设密码/);
        assert.ok(!page.text.includes('<form'));
        const visitor = new Visitor();
        await visitor.send('login');
        const posted = await visitor.send('forgotPassword', { form: { email, __token__: visitor.token } });
        assert.equal(posted.status, 503);
        assert.match(posted.text, /请联系客服重设密码/);
        assert.equal(await asked(email), 0);
    }));

    test('the way there is on the pages where a password is asked for', async () => {
        assert.match((await send('login')).text, /href="[^"]*\/forgotPassword"/);
        const acme = await member.register();
        assert.match((await acme.visitor.send('changePassword')).text, /href="[^"]*\/forgotPassword"/);
    });

    test('a member need not type the own address', () => withMail(async () => {
        const acme = await member.register();
        const page = await acme.visitor.send('forgotPassword');
        assert.ok(page.text.includes(`value="${acme.email}"`));
    }));
});

describe('a link to a new password', () => {
    test('sets it once, signs in, and ends the other sessions', async () => {
        const { acme, token } = await forgetful();
        const { visitor, page } = await opened(token);
        assert.equal(page.status, 200);
        assert.equal((await opened(token)).page.status, 200, 'looking does not use it up');
        assert.equal((await send(`resetPassword?token=${token}`, { method: 'HEAD' })).status, 200);
        const before = visitor.sessionId;
        redirects(await useLink(visitor, token), 'my?done=password');
        assert.notEqual(visitor.sessionId, before, 'the session is a new one');
        const my = await visitor.send('my?done=password');
        assert.match(my.text, /密码已修改/);
        assert.ok(my.text.includes(acme.email));
        redirects(await acme.visitor.send('my'), 'login');
        redirects((await member.login(acme.email, acme.password)).answer, 'login?error=wrong_password');
        redirects((await member.login(acme.email, NEW.new_password)).answer, 'my');

        const again = await opened(token);
        assert.equal(again.page.status, 403);
        assert.match(again.page.text, /链接已失效/);
        const late = await useLink(visitor, token, { new_password: 'Anders-1', confirm_password: 'Anders-1' });
        assert.equal(late.status, 403);
        redirects((await member.login(acme.email, NEW.new_password)).answer, 'my');
    });

    test('twice at once is once', async () => {
        const { token } = await forgetful();
        const both = await Promise.all([1, 2, 3, 4].map(async () => (await opened(token)).visitor));
        const answers = await Promise.all(both.map((visitor) => useLink(visitor, token)));
        assert.deepEqual(answers.map((answer) => answer.status).sort(), [302, 403, 403, 403]);
    });

    test('a form with mistakes can be sent again', async () => {
        const { acme, token } = await forgetful();
        const { visitor } = await opened(token);
        for (const [form, field] of [
            [{ new_password: 'kurz', confirm_password: 'kurz' }, 'new_password'],
            [{ new_password: 'Neu-12345', confirm_password: 'Neu-12346' }, 'confirm_password'],
            [{}, 'new_password'],
        ]) {
            const page = await useLink(visitor, token, form);
            assert.equal(page.status, 400);
            assert.match(page.text, new RegExp(`id="field-${field}-error"`));
            assert.ok(page.text.includes(`name="token" value="${token}"`));
            assert.ok(!page.text.includes('Neu-1234'), 'no password is read back');
        }
        const expired = await visitor.send('resetPassword', { form: { token, ...NEW, __token__: await foreignToken() } });
        assert.equal(expired.status, 403);
        assert.match(expired.text, /页面已过期/);
        redirects(await useLink(visitor, token), 'my?done=password');
        redirects((await member.login(acme.email, NEW.new_password)).answer, 'my');
    });

    test('expired, of another kind, of another address, or made up: over, with a way on', async () => {
        const acme = await member.register();
        const of = { userId: acme.tenant.user_id, email: acme.email };
        const tokens = [
            await link('password_reset', { ...of, seconds: 0 }),
            await link('confirm_email', of),
            await link('password_reset', { ...of, email: member.address() }),
            'X'.repeat(52), '', '0', '%00', '<script>alert(1)</script>', 'x'.repeat(3000),
        ];
        for (const token of tokens) {
            await forgetAttempts();
            const { visitor, page } = await opened(encodeURIComponent(token));
            assert.equal(page.status, 403, token);
            assert.match(page.text, /链接已失效[\s\S]*href="[^"]*forgotPassword"/);
            await visitor.send('login');
            assert.equal((await useLink(visitor, token)).status, 403, token);
        }
        redirects((await member.login(acme.email, acme.password)).answer, 'my');
    });

    test('its address reaches no other site and no log of ours', async () => {
        const added = mark();
        const { token } = await forgetful();
        const { visitor, page } = await opened(token);
        assert.equal(page.headers['referrer-policy'], 'no-referrer');
        assert.match(page.text, /<meta name="referrer" content="no-referrer">/);
        assert.equal(page.headers['cache-control'], 'no-store');
        assert.match(page.text, /<form[^>]*action="[^"?]*\/resetPassword"/, 'the form goes to an address without it');
        const over = await opened('X'.repeat(52));
        assert.equal(over.page.headers['referrer-policy'], 'no-referrer');
        await useLink(visitor, token, { new_password: 'kurz', confirm_password: 'kurz' });
        await until('the refusal is in the log', () => added().some(({ line }) => line.includes('chathub [password_too_short]')), { seconds: 5 });
        // A page that fails writes down what was asked for.
        await rows('RENAME TABLE {token} TO {token_away}');
        try {
            const failed = await visitor.send(`resetPassword?a=1&token=${token}`);
            assert.deepEqual([failed.status, failed.headers['referrer-policy']], [503, 'no-referrer']);
        } finally {
            await rows('RENAME TABLE {token_away} TO {token}');
        }
        await until('the failure is in the log', () => added().some(({ line }) => /resetPassword\?a=1&token=/.test(line)), { seconds: 5 });
        const text = added().map(({ line }) => line).join('\n');
        assert.ok(!text.includes(token) && !text.includes('kurz'));
    });
});

describe('an address that has to be confirmed', () => {
    test('nothing is made before; one button makes it', () => withConfirmation(async () => {
        const acme = await unconfirmed();
        assert.equal(acme.tenant.status, 'pending');
        assert.ok(acme.page.text.includes(acme.email) && acme.password);
        const my = await acme.visitor.send('my');
        assert.match(my.text, /请先确认邮箱/);
        assert.match(my.text, /待确认邮箱/);
        assert.ok(!/action="[^"]*\/reprovision"/.test(my.text));
        redirects(await acme.visitor.send(`reprovision?ids=${acme.tenant.id}`), 'my?error=confirm_first');
        assert.deepEqual(await provisioned(acme.email), []);

        const token = await link('confirm_email', { userId: acme.tenant.user_id, email: acme.email });
        for (const method of ['GET', 'HEAD']) {
            assert.equal((await send(`confirmEmail?token=${token}`, { method })).status, 200);
        }
        assert.equal((await member.tenant(acme.tenant.id)).status, 'pending', 'a scanner confirms nothing');
        const page = await acme.visitor.send(`confirmEmail?token=${token}`);
        assert.equal(page.headers['referrer-policy'], 'no-referrer');
        assert.equal(page.text.match(/<button/g).length, 1);
        redirects(await acme.visitor.send('confirmEmail', { form: { token, __token__: acme.visitor.token } }), 'my?done=confirmed');
        await until('it is made', async () => (await member.tenant(acme.tenant.id)).status === 'active');
        assert.equal((await provisioned(acme.email)).length, 1);
        const done = await acme.visitor.send('my?done=confirmed');
        assert.match(done.text, /邮箱已确认/);
        assert.ok(!done.text.includes('请先确认邮箱'));

        const over = await acme.visitor.send(`confirmEmail?token=${token}`);
        assert.equal(over.status, 403);
        assert.match(over.text, /链接已失效/);
        assert.equal((await acme.visitor.send('confirmEmail', { form: { token, __token__: acme.visitor.token } })).status, 403);
        redirects(await acme.visitor.send('resendConfirmation', { form: { __token__: acme.visitor.token } }), 'my?error=nothing_to_confirm');
    }));

    test('in another browser the page leads to the sign-in, with the address', () => withConfirmation(async () => {
        const acme = await unconfirmed();
        const token = await link('confirm_email', { userId: acme.tenant.user_id, email: acme.email });
        const phone = new Visitor();
        redirects(await phone.submit(`confirmEmail?token=${token}`, 'confirmEmail', { token }), 'confirmEmail?done=1');
        assert.match((await phone.send('confirmEmail?done=1')).text, /邮箱已确认[\s\S]*href="[^"]*\/login"/);
        assert.ok((await phone.send('login')).text.includes(`value="${acme.email}"`));
        redirects(await phone.send('my'), 'login');
    }));

    test('without the session\'s token the link is not used up', () => withConfirmation(async () => {
        const acme = await unconfirmed();
        const token = await link('confirm_email', { userId: acme.tenant.user_id, email: acme.email });
        for (const wrong of [{}, { __token__: await foreignToken() }]) {
            const page = await acme.visitor.send('confirmEmail', { form: { token, ...wrong } });
            assert.equal(page.status, 403);
            assert.match(page.text, /页面已过期/);
        }
        redirects(await acme.visitor.send('confirmEmail', { form: { token, __token__: acme.visitor.token } }), 'my?done=confirmed');
    }));

    test('the letter can be sent again, a few times', () => withConfirmation(async () => {
        const acme = await unconfirmed();
        const letters = async () => (await outbox('confirm_email')).filter((mail) => mail.user_id === acme.tenant.user_id).length;
        assert.equal(await letters(), 1);
        const resend = (token) => acme.visitor.send('resendConfirmation', { form: { __token__: token ?? acme.visitor.token } });
        await acme.visitor.send('my');
        redirects(await resend('x'), 'my?error=expired');
        redirects(await acme.visitor.send('resendConfirmation'), 'my');
        assert.equal(await letters(), 1);
        for (let n = 0; n < 4; n += 1) {
            redirects(await resend(), 'my?done=resent');
        }
        assert.match((await acme.visitor.send('my?done=resent')).text, /已经重新发送/);
        redirects(await resend(), 'my?error=too_many_attempts');
        assert.equal(await letters(), 5);
    }));

    test('a payment is served without it', () => withConfirmation(async () => {
        const acme = await unconfirmed();
        await member.pay(acme);
        await until('it is made', async () => (await member.tenant(acme.tenant.id)).status === 'active');
        assert.ok(!(await acme.visitor.send('my')).text.includes('请先确认邮箱'));
    }));

    test('registering by JSON says so, beside the names of the contract', () => withConfirmation(async () => {
        await forgetAttempts();
        const made = (await send('register', { json: { company_name: 'Acme', email: member.address(), domain: 'a.example' } })).json();
        assert.deepEqual([made.code, made.status, made.embed_code, made.awaits_confirmation], [1, 'pending', null, true]);
        assert.match(made.initial_password, /^[0-9A-Z]{12}$/);
        assert.match(made.msg, /确认邮箱/);
    }));

    test('not on a site that cannot send, whatever is configured', () => withoutMail(async () => {
        const acme = await member.register();
        assert.equal(acme.tenant.status, 'active');
    }));
});

describe('the language of mail', () => {
    const language = async (id) => (await row('SELECT language FROM {member} WHERE user_id = ?', [id])).language;

    test('is that of the registration, and then the member\'s choice', () => withMail(async () => {
        const acme = await member.register();
        const id = acme.tenant.user_id;
        assert.equal(await language(id), 'zh-cn');
        const choose = async (value, token) => acme.visitor.send('mailLanguage', { form: { language: value, __token__: token ?? acme.visitor.token } });
        await acme.visitor.send('my');
        redirects(await choose('en'), 'my?done=language');
        const my = await acme.visitor.send('my?done=language');
        assert.match(my.text, /用英文发送/);
        assert.match(my.text, /value="en" lang="en" aria-pressed="true"/);
        assert.equal(await language(id), 'en');
        for (const odd of ['', 'fr', 'EN', "en' OR 1=1"]) {
            redirects(await choose(odd), 'my?error=unknown_language');
        }
        redirects(await choose('zh-cn', await foreignToken()), 'my?error=expired');
        redirects(await acme.visitor.send('mailLanguage'), 'my');
        assert.equal(await language(id), 'en');
    }));

    test('is not asked for where no mail is sent', () => withoutMail(async () => {
        const acme = await member.register();
        assert.ok(!(await acme.visitor.send('my')).text.includes('mailLanguage'));
    }));
});

test('member actions without a session lead to login', async () => {
    for (const action of ['resendConfirmation', 'mailLanguage']) {
        redirects(await send(action), 'login');
        redirects(await send(action, { form: { language: 'en' } }), 'login');
    }
});

describe('by letter', () => {
    test('a forgotten password', () => withMail(async () => {
        const acme = await member.register();
        await control('mail/clear', {});
        redirects(await new Visitor().submit('forgotPassword', 'forgotPassword', { email: acme.email }), 'forgotPassword?sent=1');
        const path = linkIn(await letterWith(acme.email, 'resetPassword'), 'resetPassword');
        assert.ok(path, 'the letter has the link');
        const visitor = new Visitor();
        assert.equal((await visitor.send(path)).status, 200);
        redirects(await useLink(visitor, new URLSearchParams(path.split('?')[1]).get('token')), 'my?done=password');
    }));

    test('a confirmed address', () => withConfirmation(async () => {
        await control('mail/clear', {});
        const acme = await unconfirmed();
        const path = linkIn(await letterWith(acme.email, 'confirmEmail'), 'confirmEmail');
        assert.ok(path, 'the letter has the link');
        const page = await acme.visitor.send(path);
        const token = page.text.match(/name="token" value="(\w+)"/)[1];
        redirects(await acme.visitor.send('confirmEmail', { form: { token, __token__: acme.visitor.token } }), 'my?done=confirmed');
        await until('it is made', async () => (await member.tenant(acme.tenant.id)).status === 'active');
    }));

    test('nobody else gets one', () => withMail(async () => {
        const acme = await member.register();
        await forgetAttempts();
        await control('mail/clear', {});
        const nobody = member.address('nobody');
        redirects(await new Visitor().submit('forgotPassword', 'forgotPassword', { email: nobody }), 'forgotPassword?sent=1');
        // A later letter has passed it by.
        redirects(await new Visitor().submit('forgotPassword', 'forgotPassword', { email: acme.email }), 'forgotPassword?sent=1');
        await letterWith(acme.email, 'resetPassword');
        await until('both were worked off', async () =>
            (await outbox('password_reset')).filter(({ data }) => [nobody, acme.email].includes(JSON.parse(data).email)).every(({ state }) => state !== 'open'));
        assert.deepEqual((await control('mail')).mails.filter((mail) => [mail.to].flat().join().includes(nobody)), []);
    }));
});

logsAreClean();
