<?php

declare(strict_types=1);

namespace addons\chathub\library;

/**
 * One platform's row of Hub::channels() in words: what the pages show of it.
 */
final class ChannelCard
{
    public const CHANNELS = ['amazon', 'jd', 'taobao', 'pdd', 'tiktok'];

    private const DAY = 86400;

    /**
     * @param array<string,mixed> $channel
     * @return array{channel:string,oauth:bool,state:string,accounts:list<array<string,mixed>>,
     *         stats:list<array{span:string,calls:int,success:string,median:string}>,called:bool,counting:bool}
     */
    public static function of(array $channel): array
    {
        $stats = [self::span('day', $channel['stats']['day']), self::span('week', $channel['stats']['week'])];

        return [
            'channel' => $channel['channel'],
            'oauth' => $channel['oauth'],
            'state' => self::state(array_column($channel['accounts'], 'status')),
            'accounts' => array_map([self::class, 'account'], $channel['accounts']),
            'stats' => $stats,
            'called' => array_sum(array_column($stats, 'calls')) > 0,
            'counting' => $channel['stats']['counting'],
        ];
    }

    /** The platform's name as it stands in a sentence: Chinese sets blanks around Latin letters. */
    public static function named(string $channel): string
    {
        $name = Messages::get('channel.' . $channel);

        return Messages::language() === 'zh-cn' && preg_match('/^\w+$/D', $name) === 1 ? ' ' . $name . ' ' : $name;
    }

    /**
     * Of several accounts the gateway uses one that is active.
     *
     * @param list<string> $statuses
     */
    private static function state(array $statuses): string
    {
        return in_array('active', $statuses, true) ? 'active' : $statuses[0] ?? 'none';
    }

    /**
     * @param array<string,mixed> $account
     * @return array{id:int,name:string,shop_id:string,status:string,badge:string,authorised_at:?string,refreshed_at:?string,
     *         expires_on:?string,expiry:string,soon:bool,error:string}
     */
    public static function account(array $account): array
    {
        $seconds = $account['expires_at'] === null ? null : (int) strtotime($account['expires_at']) - time();
        // What renews itself is nobody's worry, until it fails.
        $renews = $account['renews'] && $account['status'] === 'active';

        return [
            'id' => $account['id'],
            'name' => $account['shop_name'] ?: $account['shop_id'] ?: Messages::get('channel.shop.unnamed'),
            'shop_id' => $account['shop_name'] ? (string) $account['shop_id'] : '',
            'status' => $account['status'],
            'badge' => $account['status'] === 'active' && !$account['in_use'] ? 'spare' : $account['status'],
            'authorised_at' => $account['authorised_at'],
            'refreshed_at' => $account['last_refresh_at'],
            // The day is enough, and of a token that renews itself nobody wants to know the hour.
            'expires_on' => $renews || $seconds === null ? null : substr($account['expires_at'], 0, 10),
            'expiry' => self::expiry($seconds, $renews),
            'soon' => $seconds !== null && !$renews && $seconds < 3 * self::DAY,
            'error' => self::error($account['error']),
        ];
    }

    private static function expiry(?int $seconds, bool $renews): string
    {
        return match (true) {
            $renews => Messages::get('channel.expiry.renews'),
            $seconds === null => Messages::get('channel.expiry.none'),
            $seconds <= 0 => Messages::get('channel.expiry.over'),
            $seconds < 3600 => Messages::get('channel.expiry.minutes', ['count' => max(1, intdiv($seconds, 60))]),
            $seconds < 2 * self::DAY => Messages::get('channel.expiry.hours', ['count' => intdiv($seconds, 3600)]),
            default => Messages::get('channel.expiry.days', ['count' => intdiv($seconds, self::DAY)]),
        };
    }

    /** A key that has a translation; else, in Chinese, the text itself. */
    private static function error(?string $error): string
    {
        return match (true) {
            $error === null || $error === '' => '',
            Messages::has('channel.error.' . $error) => Messages::get('channel.error.' . $error),
            Messages::language() === 'zh-cn' && preg_match('/^[a-z_]+$/D', $error) !== 1 => $error,
            default => Messages::get('channel.error.other'),
        };
    }

    /**
     * @param array{calls:int,success:?float,median_ms:?int} $stats
     * @return array{span:string,calls:int,success:string,median:string}
     */
    private static function span(string $span, array $stats): array
    {
        $median = $stats['median_ms'];

        return [
            'span' => $span,
            'calls' => $stats['calls'],
            // Rounded down: 100 % is a promise.
            'success' => $stats['success'] === null ? '—' : floor($stats['success'] * 1000 + 1e-6) / 10 . '%',
            'median' => match (true) {
                $median === null => '—',
                $median < 1000 => Messages::get('unit.ms', ['count' => $median]),
                default => Messages::get('unit.s', ['count' => number_format($median / 1000, 1)]),
            },
        ];
    }
}
