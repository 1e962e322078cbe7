<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\ConfigException;
use ChatHub\Exception as HubException;
use ChatHub\NotFound;
use think\Response;

/**
 * A company's shop accounts on the five platforms: the list, and what is done to one of them.
 */
final class Channels
{
    public static function page(int $userId): Response
    {
        $list = Site::hub()->channels($userId, self::tenantId());
        After::response(static fn () => Site::hub()->nudge());
        $cards = array_map([ChannelCard::class, 'of'], $list['channels']);

        return Answer::page('channels', [
            'tenants' => $list['tenants'],
            'tenant' => self::current($list),
            'vault' => $list['vault'],
            'cards' => $cards,
            'notice' => self::notice($cards),
        ]);
    }

    /** @param string $to paused | resumed */
    public static function change(int $userId, string $to): Response
    {
        if (Input::method() !== 'POST') {
            return self::back();
        }

        return self::post(static function () use ($userId, $to): void {
            $accountId = Input::id(Input::post('id'));
            $to === 'paused'
                ? Site::hub()->pauseChannel($userId, $accountId)
                : Site::hub()->resumeChannel($userId, $accountId);
        }, $to);
    }

    /** GET asks whether it is meant, so that it works without a script as well. */
    public static function unbind(int $userId): Response
    {
        if (Input::method() !== 'POST') {
            return self::confirm($userId, Input::id(Input::pathOrQuery('id')));
        }

        return self::post(
            static fn () => Site::hub()->unbindChannel($userId, Input::id(Input::post('id'))),
            'unbound'
        );
    }

    /** The company that a form or an address names; 0 for the member's first. */
    public static function tenantId(): int
    {
        return Input::id(Input::post('tenant') ?: Input::pathOrQuery('tenant'));
    }

    /**
     * @param array<string,mixed> $list as Hub::channels() gives it
     * @return array{id:int,tenant_name:string,status:string}|null null for a member without companies
     */
    public static function current(array $list): ?array
    {
        foreach ($list['tenants'] as $tenant) {
            if ($tenant['id'] === $list['tenant_id']) {
                return $tenant;
            }
        }

        return null;
    }

    /** @param array<string,string|int> $query */
    public static function back(array $query = [], ?int $tenantId = null): Response
    {
        $tenantId ??= self::tenantId();

        return Answer::redirect('channelList', ($tenantId === 0 ? [] : ['tenant' => $tenantId]) + $query);
    }

    /** The code that a redirect carries for a failure. */
    public static function code(HubException $e): string
    {
        return match (true) {
            $e instanceof NotFound => 'not_found',
            Messages::has('error.' . $e->getKey()) => $e->getKey(),
            str_starts_with($e->getKey(), 'vault_') => 'vault_bad',
            $e instanceof ConfigException => 'not_available',
            default => 'channel_failed',
        };
    }

    private static function post(callable $change, string $done): Response
    {
        if (!Session::csrfPasses()) {
            return self::back(['error' => 'expired']);
        }
        try {
            $change();
        } catch (HubException $e) {
            Failure::log($e);

            return self::back(['error' => self::code($e)]);
        }

        return self::back(['done' => $done, 'channel' => self::channel()]);
    }

    private static function confirm(int $userId, int $accountId): Response
    {
        $list = Site::hub()->channels($userId, self::tenantId());
        foreach ($list['channels'] as $channel) {
            foreach (ChannelCard::of($channel)['accounts'] as $account) {
                if ($account['id'] === $accountId) {
                    return Answer::page('unbind', [
                        'tenant' => self::current($list), 'channel' => $channel['channel'], 'account' => $account,
                    ]);
                }
            }
        }

        return self::back(['error' => 'not_found']);
    }

    /** For the page that follows: which platform its message is about. */
    private static function channel(): string
    {
        $channel = Input::post('channel');

        return in_array($channel, ChannelCard::CHANNELS, true) ? $channel : '';
    }

    /**
     * The URL says what to talk about, the rows say what is true.
     *
     * @param list<array<string,mixed>> $cards
     * @return array{kind:string,text:string}|null
     */
    private static function notice(array $cards): ?array
    {
        if (Input::query('error') !== '') {
            return ['kind' => 'error', 'text' => Messages::code(Input::query('error'))];
        }
        foreach ($cards as $card) {
            if ($card['channel'] !== Input::query('channel')) {
                continue;
            }
            $statuses = array_column($card['accounts'], 'status');
            $true = match (Input::query('done')) {
                'bound', 'saved', 'resumed' => in_array('active', $statuses, true),
                'paused' => in_array('paused', $statuses, true),
                'unbound' => $statuses === [],
                default => false,
            };
            if ($true) {
                $values = ['platform' => ChannelCard::named($card['channel'])];

                return ['kind' => 'success', 'text' => trim(Messages::get('channel.done.' . Input::query('done'), $values))];
            }
        }

        return null;
    }
}
