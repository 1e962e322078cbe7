<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Exception as HubException;
use ChatHub\InvalidInput;
use think\Response;

/**
 * Binding a shop account: by the platform's consent page where the site has an application there, and by
 * the form always. What is stored already is never sent to the browser.
 */
final class ChannelBinding
{
    private const BUSY_SECONDS = 3;

    /** The page with both ways, and what its forms send. */
    public static function form(int $userId): Response
    {
        $channel = Input::post('channel') ?: Input::pathOrQuery('channel');
        if (!in_array($channel, ChannelCard::CHANNELS, true)) {
            return Channels::back();
        }
        $list = Site::hub()->channels($userId, Channels::tenantId());
        if (Channels::current($list) === null) {
            return Channels::back();
        }
        $form = Site::hub()->channelForm($userId, $list['tenant_id'], $channel);
        if (Input::method() !== 'POST') {
            return self::page($list, $form);
        }
        if (!Session::csrfPasses()) {
            return self::page($list, $form, ['' => Messages::get('error.expired')], 403);
        }
        $consent = Input::post('start') === '1';
        try {
            return $consent ? self::start($userId, $list, $form) : self::save($userId, $list, $form);
        } catch (InvalidInput $e) {
            Failure::log($e);
            $field = in_array($e->getField(), array_column($form['fields'], 'name'), true) ? $e->getField() : '';

            return self::page($list, $form, [$field => Messages::refusal($e)], 400, $consent);
        } catch (HubException $e) {
            Failure::log($e);

            return Channels::back(['error' => Channels::code($e)], $list['tenant_id']);
        }
    }

    /**
     * The member comes back from the platform: whatever happened, the address with the code is left at once.
     *
     * @param array<string,string> $query
     */
    public static function complete(int $userId, array $query): Response
    {
        try {
            $done = Site::hub()->completeChannel($userId, Session::channelKey(), $query);
        } catch (HubException $e) {
            if ($e->getKey() === 'channel_busy') {
                // Nothing is used up yet: the same address works in a moment.
                return Answer::page('busy', [], 503)->header('Refresh', (string) self::BUSY_SECONDS);
            }
            Failure::log($e);

            return Channels::back(['error' => Channels::code($e)], Session::channelTenant());
        }

        return Channels::back(['done' => 'bound', 'channel' => $done['channel']], $done['tenant_id']);
    }

    /**
     * To the platform. A page of our own leads there: browsers hold a form to where it may lead (form-action), and
     * platforms redirect further, from one of their hosts to the next.
     *
     * @param array<string,mixed> $list
     * @param array<string,mixed> $form
     */
    private static function start(int $userId, array $list, array $form): Response
    {
        $channel = $form['channel'];
        $asked = array_filter($form['fields'], static fn (array $field): bool => $field['oauth']);
        $input = Input::only(['account', ...array_column($asked, 'name')]);
        $url = Site::hub()->beginChannel($userId, $list['tenant_id'], $channel, Session::channelKey(), $input);
        Session::rememberChannelTenant($list['tenant_id']);

        return Answer::page('away', ['channel' => $channel, 'address' => $url])->header('Refresh', '0;url=' . $url);
    }

    /**
     * @param array<string,mixed> $list
     * @param array<string,mixed> $form
     */
    private static function save(int $userId, array $list, array $form): Response
    {
        $input = Input::only(['account', ...array_column($form['fields'], 'name')]);
        Site::hub()->saveChannel($userId, $list['tenant_id'], $form['channel'], $input);

        return Channels::back(['done' => 'saved', 'channel' => $form['channel']], $list['tenant_id']);
    }

    /**
     * @param array<string,mixed> $list
     * @param array<string,mixed> $form
     * @param array<string,string> $errors by field, '' for the whole page
     */
    private static function page(
        array $list,
        array $form,
        array $errors = [],
        int $status = 200,
        bool $consent = false
    ): Response {
        $fields = array_map(static fn (array $field): array => self::field($form['channel'], $field), $form['fields']);

        return Answer::page('channel', [
            'channel' => $form['channel'],
            'tenant' => Channels::current($list),
            'several' => count($list['tenants']) > 1,
            'vault' => $list['vault'],
            'oauth' => $form['oauth'],
            'account' => $form['account'] === null ? null : ChannelCard::account($form['account']),
            'fields' => $fields,
            'asked' => array_values(array_filter($fields, static fn (array $field): bool => $field['oauth'])),
            'errors' => $errors,
            'consent' => $consent,
            'manual' => Input::query('manual') === '1',
        ], $status);
    }

    /**
     * A field as the page draws it: what was just typed is there again, except secrets.
     *
     * @param array{name:string,required:bool,secret:bool,has_value:bool,options:list<string>,oauth:bool} $field
     * @return array<string,mixed>
     */
    private static function field(string $channel, array $field): array
    {
        $name = $field['name'];
        $key = 'channel.field.' . $channel . '.' . $name;
        $typed = $field['secret'] ? '' : Input::text(Input::only([$name])[$name] ?? '');

        return $field + [
            'label' => Messages::has($key) ? $key : 'channel.field.' . $name,
            'hint' => Messages::has($key . '.hint') ? $key . '.hint' : '',
            'value' => mb_strcut($typed, 0, 2000, 'UTF-8'),
        ];
    }
}
