<?php

declare(strict_types=1);

namespace addons\chathub\library;

/**
 * The messages at the top of the member centre. The URL says what to talk about, the rows say what is
 * true: a link that claims "paid" shows nothing of the kind for an order that is not.
 */
final class Notices
{
    /**
     * @param array<string,mixed> $my as Hub::my() gives it
     * @return list<array{kind:string,text:string,waiting:bool}> kind: success | info | error
     */
    public static function forMemberCentre(array $my): array
    {
        $notices = [];
        if (Input::query('error') !== '') {
            $notices[] = self::notice('error', Messages::code(Input::query('error')));
        }
        $done = self::aboutDone($my);
        if ($done !== null) {
            $notices[] = $done;
        }
        $order = self::find($my['orders'], 'order_no', Input::query('order'));
        if ($order !== null) {
            $notices[] = self::aboutOrder($order, self::find($my['tenants'], 'id', $order['tenant_id']));

            return $notices;
        }
        if (Input::query('provisioning') === '1') {
            $notices[] = self::aboutTenants($my['tenants']);
        } elseif (Input::query('just_paid') === '1' && self::anyIsReady($my['tenants'])) {
            $notices[] = self::notice('success', Messages::get('notice.ready'));
        } elseif (Input::query('pending') === '1') {
            $notices[] = self::notice('info', Messages::get('notice.order.unknown'));
        }

        return $notices;
    }

    /**
     * What a form that led here has done.
     *
     * @param array<string,mixed> $my
     * @return array{kind:string,text:string,waiting:bool}|null
     */
    private static function aboutDone(array $my): ?array
    {
        $mustConfirm = in_array(true, array_column($my['tenants'], 'awaits_confirmation'), true);
        $email = $my['account']['email'];

        return match (Input::query('done')) {
            'password' => self::notice('success', Messages::get('password.done')),
            'language' => self::notice('success', Messages::get('notice.mail_language.' . $my['language'])),
            'resent' => $mustConfirm ? self::notice('success', Messages::get('notice.resent', ['email' => $email])) : null,
            'confirmed' => match (true) {
                $mustConfirm => null,
                in_array(true, array_column($my['tenants'], 'can_reprovision'), true)
                    => self::notice('info', Messages::get('notice.confirmed.provisioning'), true),
                default => self::notice('success', Messages::get('notice.confirmed')),
            },
            default => null,
        };
    }

    /**
     * @param array<string,mixed> $order
     * @param array<string,mixed>|null $tenant
     * @return array{kind:string,text:string,waiting:bool}
     */
    private static function aboutOrder(array $order, ?array $tenant): array
    {
        return match (true) {
            $order['status'] === 'pending' => self::notice('info', Messages::get('notice.order.pending'), true),
            $order['status'] === 'refunded' => self::notice('info', Messages::get('notice.order.refunded')),
            $order['status'] !== 'paid' => self::notice('error', Messages::get('notice.order.closed')),
            $tenant !== null && !$tenant['provisioned']
                => self::notice('info', Messages::get('notice.order.provisioning'), true),
            default => self::notice('success', Messages::get('notice.order.paid')),
        };
    }

    /**
     * @param list<array<string,mixed>> $tenants
     * @return array{kind:string,text:string,waiting:bool}
     */
    private static function aboutTenants(array $tenants): array
    {
        foreach ($tenants as $tenant) {
            if ($tenant['status'] === 'provisioning') {
                return self::notice('info', Messages::get('notice.provisioning'), true);
            }
            if ($tenant['status'] === 'pending') {
                return self::notice('error', Messages::get('error.provision_refused'));
            }
        }

        return self::notice('success', Messages::get('notice.ready'));
    }

    /** @param list<array<string,mixed>> $tenants */
    private static function anyIsReady(array $tenants): bool
    {
        return in_array(true, array_column($tenants, 'provisioned'), true);
    }

    /** @return array{kind:string,text:string,waiting:bool} */
    private static function notice(string $kind, string $text, bool $waiting = false): array
    {
        return ['kind' => $kind, 'text' => $text, 'waiting' => $waiting];
    }

    /**
     * @param list<array<string,mixed>> $rows
     * @return array<string,mixed>|null
     */
    private static function find(array $rows, string $column, string|int $value): ?array
    {
        foreach ($rows as $row) {
            if ($row[$column] === $value) {
                return $row;
            }
        }

        return null;
    }
}
