<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\Log;

/**
 * Work that nobody has to wait for: it runs when the client has its answer.
 */
final class After
{
    /** Longest that a worker may stay busy after an answer, in seconds. */
    private const TIME_LIMIT = 180;

    public static function response(callable $work): void
    {
        register_shutdown_function(static function () use ($work): void {
            try {
                self::letTheClientGo();
                $work();
            } catch (\Throwable $e) {
                Log::record('chathub, after the response: ' . $e->getMessage(), 'error');
                // The host has saved its log already.
                Log::save();
            }
        });
    }

    /** Tries the work that is due for a tenant, if there is any. */
    public static function work(?int $tenantId): void
    {
        if ($tenantId !== null) {
            self::response(static fn () => Site::hub()->workTenant($tenantId));
            self::mail();
        }
    }

    /** Sends a few of the letters that wait, where no worker does it. */
    public static function mail(): void
    {
        self::response(static fn () => Site::hub()->deliverMail());
    }

    private static function letTheClientGo(): void
    {
        ignore_user_abort(true);
        // Hosting panels like to disable functions.
        if (function_exists('set_time_limit')) {
            set_time_limit(self::TIME_LIMIT);
        }
        // The lock of the session would outlive the answer.
        if (session_status() === PHP_SESSION_ACTIVE) {
            session_write_close();
        }
        if (function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();

            return;
        }
        while (ob_get_level() > 0 && @ob_end_flush()) {
            continue;
        }
        flush();
    }
}
