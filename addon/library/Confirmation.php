<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Exception as HubException;
use ChatHub\Forbidden;
use think\Response;

/**
 * Confirming the address that a member registered with, where the site asks for it.
 */
final class Confirmation
{
    /** Companies that are tried right after the answer; the rest have their turn in the background. */
    private const AT_ONCE = 3;

    /** The link leads to a page with one button: programs that scan mail open links, and press none. */
    public static function page(): Response
    {
        Session::peek();
        if (Input::method() === 'POST') {
            return self::confirm(Input::token(Input::post('token')));
        }
        if (Input::query('done') === '1') {
            return self::show('done');
        }
        $token = Input::linkToken();

        return Site::hub()->confirmTokenIsGood($token) ? self::show('ask', $token) : self::show('over', '', '', 403);
    }

    /** Another letter. */
    public static function resend(int $userId): Response
    {
        if (Input::method() !== 'POST') {
            return Answer::redirect('my');
        }
        if (!Session::csrfPasses()) {
            return Answer::redirect('my', ['error' => 'expired']);
        }
        try {
            Site::hub()->resendConfirmation($userId, Site::clientIp());
        } catch (HubException $e) {
            Failure::log($e);

            return Answer::redirect('my', ['error' => Failure::code($e)]);
        }
        After::mail();

        return Answer::redirect('my', ['done' => 'resent']);
    }

    private static function confirm(string $token): Response
    {
        if (!Session::csrfPasses()) {
            return self::show('ask', $token, Messages::get('error.expired'), 403);
        }
        try {
            $done = Site::hub()->confirmEmail($token);
        } catch (Forbidden $e) {
            Failure::log($e);

            return self::show('over', '', '', Failure::status($e));
        }
        foreach (array_slice($done['tenant_ids'], 0, self::AT_ONCE) as $tenantId) {
            After::work($tenantId);
        }
        After::mail();
        if (Session::userId() === $done['user_id']) {
            return Answer::redirect('my', ['done' => 'confirmed']);
        }
        Session::rememberLoginEmail($done['email']);

        return Answer::redirect('confirmEmail', ['done' => 1]);
    }

    /** @param string $state ask | done | over */
    private static function show(string $state, string $token = '', string $error = '', int $status = 200): Response
    {
        $data = compact('state', 'token', 'error') + ['referrer' => 'no-referrer'];

        return Answer::page('confirm', $data, $status);
    }
}
