<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\ConfigException;
use ChatHub\Forbidden;
use ChatHub\InvalidInput;
use think\Response;

/**
 * A member's password: changing it, and what to do when it is forgotten.
 */
final class Password
{
    public static function change(int $userId): Response
    {
        if (Input::method() !== 'POST') {
            return self::changeForm();
        }
        if (!Session::csrfPasses()) {
            return self::changeForm(['' => Messages::get('error.expired')], 403);
        }
        $input = Input::only(['old_password', 'new_password', 'confirm_password']);
        try {
            Site::hub()->changePassword($userId, $input, Site::clientIp());
        } catch (InvalidInput | Forbidden $e) {
            Failure::log($e);

            return self::changeForm([(string) $e->getField() => Messages::refusal($e)], Failure::status($e));
        }
        $account = Site::hub()->account($userId);
        if ($account !== null) {
            Session::signIn($account);
        }

        return Answer::page('password', ['errors' => [], 'changed' => true]);
    }

    /** Asks for a link. What the page says afterwards tells nothing about whether there is an account. */
    public static function forgot(): Response
    {
        Session::peek();
        if (Input::method() !== 'POST') {
            return match (true) {
                Input::query('sent') === '1' => self::forgotPage('sent'),
                Site::hub()->canMail() => self::forgotPage('form', Session::email() ?: Session::takeLoginEmail()),
                default => self::forgotPage('off'),
            };
        }
        $email = Input::post('email');
        if (!Session::csrfPasses()) {
            return self::forgotPage('form', $email, ['' => Messages::get('error.expired')], 403);
        }
        try {
            Site::hub()->forgotPassword($email, Site::clientIp());
        } catch (InvalidInput | Forbidden $e) {
            Failure::log($e);
            $errors = [(string) $e->getField() => Messages::refusal($e)];

            return self::forgotPage('form', $email, $errors, Failure::status($e));
        } catch (ConfigException $e) {
            Failure::log($e);

            return self::forgotPage('off', '', [], Failure::status($e));
        }
        After::mail();

        return Answer::redirect('forgotPassword', ['sent' => 1]);
    }

    /** The link leads here. Looking does not use it up; the new password does, and signs the member in. */
    public static function reset(): Response
    {
        Session::peek();
        if (Input::method() !== 'POST') {
            $token = Input::linkToken();

            return Site::hub()->resetTokenIsGood($token) ? self::resetForm($token) : self::resetOver();
        }
        $token = Input::token(Input::post('token'));
        if (!Session::csrfPasses()) {
            return self::resetForm($token, ['' => Messages::get('error.expired')], 403);
        }
        try {
            $input = Input::only(['new_password', 'confirm_password']);
            Session::signIn(Site::hub()->resetPassword($token, $input, Site::clientIp()));
        } catch (InvalidInput | Forbidden $e) {
            Failure::log($e);
            $errors = [(string) $e->getField() => Messages::refusal($e)];

            return $e->getKey() === 'link_over'
                ? self::resetOver()
                : self::resetForm($token, $errors, Failure::status($e));
        }
        After::mail();

        return Answer::redirect('my', ['done' => 'password']);
    }

    /** @param array<string,string> $errors by field, '' for the whole form */
    private static function changeForm(array $errors = [], int $status = 200): Response
    {
        return Answer::page('password', ['errors' => $errors, 'changed' => false], $status);
    }

    /**
     * @param string $state form | sent | off
     * @param array<string,string> $errors by field, '' for the whole form
     */
    private static function forgotPage(
        string $state,
        string $email = '',
        array $errors = [],
        int $status = 200
    ): Response {
        return Answer::page('forgot', compact('state', 'email', 'errors'), $status);
    }

    /** @param array<string,string> $errors by field, '' for the whole form */
    private static function resetForm(string $token, array $errors = [], int $status = 200): Response
    {
        return Answer::page('reset', compact('token', 'errors') + ['referrer' => 'no-referrer'], $status);
    }

    private static function resetOver(): Response
    {
        return Answer::page('reset', ['token' => null, 'errors' => [], 'referrer' => 'no-referrer'], 403);
    }
}
