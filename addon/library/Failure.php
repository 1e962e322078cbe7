<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\ConfigException;
use ChatHub\Exception as HubException;
use ChatHub\Forbidden;
use ChatHub\InvalidInput;
use ChatHub\NotFound;
use ChatHub\ProviderException;
use think\Log;
use think\Response;

/**
 * What becomes of a failure: a line in the log for the operator, a page or a code for the member.
 */
final class Failure
{
    public static function log(\Throwable $e): void
    {
        $expected = $e instanceof InvalidInput || $e instanceof NotFound || $e instanceof Forbidden;
        $key = $e instanceof HubException ? $e->getKey() : get_class($e);
        Log::record('chathub [' . $key . '] ' . $e->getMessage(), $expected ? 'notice' : 'error');
    }

    /** A failure that was answered without an exception. */
    public static function note(string $key, string $text): void
    {
        Log::record('chathub [' . $key . '] ' . $text, 'error');
    }

    public static function status(\Throwable $e): int
    {
        return match (true) {
            $e instanceof InvalidInput => 400,
            $e instanceof NotFound => 404,
            $e instanceof Forbidden => $e->getKey() === 'too_many_attempts' ? 429 : 403,
            default => 503,
        };
    }

    public static function page(HubException|Unavailable $e): Response
    {
        self::log($e);
        $status = self::status($e);
        $text = match (true) {
            $e instanceof Unavailable => 'error.maintenance',
            $e instanceof ConfigException => 'error.not_available',
            $e instanceof NotFound => 'error.not_found',
            default => null,
        };

        return Answer::page('error', [
            'status' => $status,
            'message' => $text !== null ? Messages::get($text) : Messages::refusal($e),
            // The address that failed may be a link of a letter.
            'referrer' => 'no-referrer',
        ], $status);
    }

    public static function json(HubException|Unavailable $e): Response
    {
        self::log($e);
        $text = $e instanceof Unavailable ? Messages::get('error.maintenance') : Messages::refusal($e);

        return Answer::json(['code' => 0, 'msg' => $text], self::status($e));
    }

    /** The code that a redirect carries; the page that it leads to knows its text. */
    public static function code(HubException $e): string
    {
        return match (true) {
            $e instanceof NotFound => 'not_found',
            Messages::has('error.' . $e->getKey()) => $e->getKey(),
            $e instanceof ProviderException => 'provision_refused',
            default => 'generic',
        };
    }
}
