<?php

declare(strict_types=1);

namespace addons\chathub\controller;

use addons\chathub\library\After;
use addons\chathub\library\Answer;
use addons\chathub\library\Confirmation;
use addons\chathub\library\ChannelBinding;
use addons\chathub\library\Channels;
use addons\chathub\library\Failure;
use addons\chathub\library\Input;
use addons\chathub\library\MemberCentre;
use addons\chathub\library\Messages;
use addons\chathub\library\Password;
use addons\chathub\library\Payment;
use addons\chathub\library\Registration;
use addons\chathub\library\Session;
use addons\chathub\library\Site;
use addons\chathub\library\Unavailable;
use ChatHub\Exception as HubException;
use ChatHub\Forbidden;
use ChatHub\InvalidInput;
use ChatHub\NotFound;
use think\Response;

/**
 * The public and the members' pages: each public method is an action at /addons/chathub/index/<name>.
 *
 * It extends no controller of the host: those rewrite what was sent (escaping, stripping tags), and under
 * PHP 8 their filters fail on JSON that holds a null.
 */
class Index
{
    public function __construct()
    {
        if (function_exists('check_ip_allowed')) {
            check_ip_allowed();
        }
    }

    public function landing(): Response
    {
        return $this->guard(static function (): Response {
            Session::peek();

            return Answer::page('landing', ['plans' => Site::hub()->plans()]);
        });
    }

    public function registerPage(): Response
    {
        return $this->guard(static fn (): Response => Registration::form());
    }

    public function register(): Response
    {
        return $this->guard(static fn (): Response => match (Input::method()) {
            'OPTIONS' => Answer::preflight(),
            'POST' => Input::wantsJson() ? Registration::json() : Registration::submit(),
            default => Registration::form(),
        });
    }

    public function login(): Response
    {
        return $this->guard(static function (): Response {
            Session::peek();
            if (Session::userId() !== 0) {
                return Answer::redirect('my');
            }

            return Answer::page('login', [
                'error' => Input::query('error') === '' ? '' : Messages::code(Input::query('error')),
                'email' => Session::takeLoginEmail(),
            ]);
        });
    }

    public function doLogin(): Response
    {
        return $this->guard(static function (): Response {
            if (Input::method() !== 'POST') {
                return Answer::redirect('login');
            }
            $email = Input::post('email');
            if (!Session::csrfPasses()) {
                return self::backToLogin('expired', $email);
            }
            try {
                Session::signIn(Site::hub()->login($email, Input::post('password'), Site::clientIp()));
            } catch (InvalidInput | Forbidden $e) {
                Failure::log($e);

                return self::backToLogin(Failure::code($e), $email);
            }

            return Answer::redirect('my');
        });
    }

    public function logout(): Response
    {
        return $this->guard(static function (): Response {
            Session::signOut();

            return Answer::redirect('landing');
        });
    }

    public function my(): Response
    {
        return $this->asMember(static fn (int $userId): Response => MemberCentre::page($userId));
    }

    /** Polled by pages that wait. */
    public function status(): Response
    {
        return $this->poll(static fn (int $userId): Response => MemberCentre::status($userId));
    }

    public function renew(): Response
    {
        return $this->asMember(
            static fn (int $userId): Response => Payment::choice($userId, Input::id(Input::pathOrQuery('id')))
        );
    }

    public function payAlipay(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Payment::alipay($userId, Input::pathOrQuery('order')));
    }

    public function payWechat(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Payment::wechat($userId, Input::pathOrQuery('order')));
    }

    /** Polled by the page with the QR code. */
    public function orderStatus(): Response
    {
        return $this->poll(
            static fn (int $userId): Response => Payment::status($userId, Input::pathOrQuery('order'))
        );
    }

    /** For the payment providers: no session, no page, no redirect; the body is read as it came. */
    public function payNotify(): Response
    {
        if (Input::method() !== 'POST') {
            return Answer::exactly('method not allowed', 405, 'text/plain', ['Allow' => 'POST']);
        }
        $provider = Input::pathOrQuery('pay_method');
        if (!in_array($provider, ['alipay', 'wechat'], true)) {
            return Answer::exactly('fail', 400, 'text/plain');
        }
        try {
            $answer = Site::hub()->payNotify($provider, Input::body(), Input::headers());
        } catch (\Throwable $e) {
            Failure::log($e);

            return $provider === 'wechat'
                ? Answer::exactly('{"code":"FAIL","message":"error"}', 500, 'application/json')
                : Answer::exactly('fail', 500, 'text/plain');
        }
        if ($answer['outcome'] === 'storage') {
            // The Hub's own log is in the database, which is what is wrong.
            Failure::note('payNotify', $provider . ' was answered ' . $answer['status'] . ': ' . $answer['outcome']);
        }
        After::work($answer['tenant_id']);

        return Answer::exactly($answer['body'], $answer['status'], $answer['content_type']);
    }

    public function payReturn(): Response
    {
        return $this->guard(static function (): Response {
            $orderNo = Input::pathOrQuery('order') ?: Input::query('out_trade_no');
            try {
                $return = Site::hub()->payReturn($orderNo);
            } catch (InvalidInput | NotFound) {
                return Answer::redirect('my');
            }

            After::work($return['tenant_id']);

            return match ($return['state']) {
                'pending', 'provisioning', 'just_paid'
                    => Answer::redirect('my', ['order' => $return['order_no'], $return['state'] => 1]),
                default => Answer::redirect('my'),
            };
        });
    }

    /** Old links are GET; it only asks for what is missing, so asking twice changes nothing. */
    public function reprovision(): Response
    {
        return $this->asMember(static function (int $userId): Response {
            if (Input::method() === 'POST' && !Session::csrfPasses()) {
                return Answer::redirect('my', ['error' => 'expired']);
            }
            try {
                $done = Site::hub()->reprovision($userId, Input::id(Input::post('ids') ?: Input::pathOrQuery('ids')));
            } catch (HubException $e) {
                Failure::log($e);

                return Answer::redirect('my', ['error' => Failure::code($e)]);
            }
            After::response(static fn () => Site::hub()->finish());
            After::mail();

            return Answer::redirect('my', [$done['state'] === 'just_paid' ? 'just_paid' : 'provisioning' => 1]);
        });
    }

    public function channelList(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Channels::page($userId));
    }

    public function channelAuth(): Response
    {
        return $this->asMember(static fn (int $userId): Response => ChannelBinding::form($userId));
    }

    /** The way back from a platform's consent page. */
    public function channelCallback(): Response
    {
        $query = Input::takeQuery();

        return $this->asMember(static fn (int $userId): Response => ChannelBinding::complete($userId, $query))
            ->header('Referrer-Policy', 'no-referrer');
    }

    public function channelPause(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Channels::change($userId, 'paused'));
    }

    public function channelResume(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Channels::change($userId, 'resumed'));
    }

    public function channelUnbind(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Channels::unbind($userId));
    }

    public function changePassword(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Password::change($userId));
    }

    public function forgotPassword(): Response
    {
        return $this->guard(static fn (): Response => Password::forgot());
    }

    public function resetPassword(): Response
    {
        return $this->guard(static fn (): Response => Password::reset());
    }

    public function confirmEmail(): Response
    {
        return $this->guard(static fn (): Response => Confirmation::page());
    }

    public function resendConfirmation(): Response
    {
        return $this->asMember(static fn (int $userId): Response => Confirmation::resend($userId));
    }

    public function mailLanguage(): Response
    {
        return $this->asMember(static fn (int $userId): Response => MemberCentre::language($userId));
    }

    private static function backToLogin(string $error, string $email): Response
    {
        Session::rememberLoginEmail($email);

        return Answer::redirect('login', ['error' => $error]);
    }

    /** @param callable(int):Response $action */
    private function asMember(callable $action): Response
    {
        return $this->guard(static function () use ($action): Response {
            Session::peek();
            if (Session::userId() !== 0) {
                $account = Site::hub()->account(Session::userId());
                if ($account === null || !Session::fits($account['session_mark'])) {
                    Session::signOut();
                }
            }

            return Session::userId() === 0 ? Answer::redirect('login') : $action(Session::userId());
        });
    }

    /**
     * For scripts: the account is not read again, and without a session there is no page to go to.
     *
     * @param callable(int):Response $action
     */
    private function poll(callable $action): Response
    {
        Session::peek();
        try {
            return Session::userId() === 0
                ? Answer::json(['code' => 0, 'msg' => Messages::get('error.signed_out')], 401)
                : $action(Session::userId());
        } catch (HubException | Unavailable $e) {
            return Failure::json($e);
        }
    }

    /** @param callable():Response $action */
    private function guard(callable $action): Response
    {
        try {
            return $action();
        } catch (HubException | Unavailable $e) {
            return Failure::page($e);
        }
    }
}
