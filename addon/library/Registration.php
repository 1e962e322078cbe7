<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Exception as HubException;
use ChatHub\Forbidden;
use ChatHub\InvalidInput;
use think\Response;

/**
 * The registration form, its result, and the same for scripts.
 */
final class Registration
{
    private const FIELDS = ['company_name', 'email', 'domain', 'plan', 'seats', 'notes'];

    public static function form(): Response
    {
        Session::peek();

        return self::page(['plan' => Input::pathOrQuery('plan')]);
    }

    /** The form was sent. */
    public static function submit(): Response
    {
        Session::peek();
        $input = Input::only(self::FIELDS);
        if (!Session::csrfPasses()) {
            return self::page(self::shown($input), ['' => Messages::get('error.expired')], 403);
        }
        $userId = Session::userId() ?: null;
        if ($userId !== null) {
            $input['email'] = Session::email();
        }
        try {
            $result = Site::hub()->register($input, Site::clientIp(), $userId);
        } catch (InvalidInput | Forbidden $e) {
            Failure::log($e);
            if ($e->getKey() === 'email_taken') {
                Session::rememberLoginEmail(self::shown($input)['email']);
            }
            $errors = [(string) $e->getField() => Messages::refusal($e)];

            return self::page(self::shown($input), $errors, Failure::status($e), $e->getKey());
        }
        After::response(static fn () => Site::hub()->finish());
        After::mail();
        try {
            self::keepSignedIn($result);
        } catch (\Throwable $e) {
            // The account is made, and this page alone shows its password.
            Failure::log($e);
        }

        return Answer::page('registered', ['result' => $result]);
    }

    /**
     * The JSON of the contract. Business answers are HTTP 200 and say yes or no in `code`, as the
     * host's own do: the scripts of existing sites look there. Only our own failures are 5xx.
     */
    public static function json(): Response
    {
        $input = Input::only(self::FIELDS);
        $userId = Session::csrfPasses() && Session::userId() !== 0 ? Session::userId() : null;
        try {
            $result = Site::hub()->register($input, Site::clientIp(), $userId);
        } catch (InvalidInput | Forbidden $e) {
            Failure::log($e);

            return Answer::json(self::answer(0, Messages::refusal($e)) + ['field' => $e->getField()], 200, true);
        } catch (HubException | Unavailable $e) {
            return Failure::json($e)->header('Access-Control-Allow-Origin', '*');
        }
        After::response(static fn () => Site::hub()->finish());
        After::mail();
        $said = $result['awaits_confirmation'] ? 'registered.confirm.json' : 'registered.' . $result['status'];

        return Answer::json(self::answer(1, Messages::get($said)) + [
            'data' => self::values($result),
        ] + self::values($result), 200, true);
    }

    /**
     * @param array<string,string> $values
     * @param array<string,string> $errors by field, '' for the whole form
     */
    private static function page(array $values, array $errors = [], int $status = 200, string $reason = ''): Response
    {
        $plans = Site::hub()->plans();
        if (!in_array($values['plan'] ?? '', array_column($plans, 'plan'), true)) {
            $values['plan'] = (string) ($plans[0]['plan'] ?? '');
        }
        $member = Session::userId() !== 0;
        if ($member) {
            $values['email'] = Session::email();
        }

        return Answer::page('register', compact('plans', 'values', 'errors', 'member', 'reason'), $status);
    }

    /**
     * What was entered, for the form.
     *
     * @param array<string,mixed> $input
     * @return array<string,string>
     */
    private static function shown(array $input): array
    {
        return array_map([Input::class, 'text'], $input + array_fill_keys(self::FIELDS, ''));
    }

    /**
     * Whoever just made the account is its owner and comes in without typing the password that only
     * this page shows. A member who was signed in stays so, with a new token against a second sending.
     *
     * @param array<string,mixed> $result
     */
    private static function keepSignedIn(array $result): void
    {
        if ($result['initial_password'] === null) {
            Session::renewCsrfToken();

            return;
        }
        $account = Site::hub()->account($result['user_id']);
        if ($account !== null) {
            Session::signIn($account);
        }
    }

    /** @return array<string,mixed> */
    private static function answer(int $code, string $message): array
    {
        return ['code' => $code, 'msg' => $message];
    }

    /**
     * @param array<string,mixed> $result
     * @return array<string,mixed>
     */
    private static function values(array $result): array
    {
        return [
            'company_name' => $result['company_name'],
            'plan' => $result['plan'],
            'plan_name' => $result['plan_name'],
            'price' => $result['price'],
            'seats' => $result['seats'],
            'status' => $result['status'],
            'awaits_confirmation' => $result['awaits_confirmation'],
            'embed_code' => $result['embed_code'],
            'initial_password' => $result['initial_password'],
            'expire_at' => $result['expire_date'],
        ];
    }
}
