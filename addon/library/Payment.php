<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Forbidden;
use think\Response;

/**
 * Paying for an order: the choice of a provider, the way to Alipay's cashier, WeChat Pay's code.
 */
final class Payment
{
    public static function choice(int $userId, int $tenantId): Response
    {
        return Answer::page('renew', Site::hub()->renew($userId, $tenantId) + ['insideWechat' => self::insideWechat()]);
    }

    public static function alipay(int $userId, string $orderNo): Response
    {
        return self::unlessSettled($orderNo, static fn (): Response => Answer::away(
            Site::hub()->payAlipay($userId, $orderNo, Input::text($_SERVER['HTTP_USER_AGENT'] ?? ''))
        ));
    }

    public static function wechat(int $userId, string $orderNo): Response
    {
        return self::unlessSettled($orderNo, static fn (): Response => Answer::page(
            'wechat',
            Site::hub()->payWechat($userId, $orderNo) + ['insideWechat' => self::insideWechat()]
        ));
    }

    /** What became of the order, and where a paid one leads. */
    public static function status(int $userId, string $orderNo): Response
    {
        $status = Site::hub()->orderStatus($userId, $orderNo);
        After::work($status['tenant_id']);
        $paid = in_array($status['state'], ['provisioning', 'just_paid'], true);

        return Answer::json([
            'status' => $status['status'],
            'seconds_left' => $status['seconds_left'],
            'next' => $paid ? Site::url('my', ['order' => $orderNo, $status['state'] => 1]) : null,
        ]);
    }

    /**
     * An order that was paid or closed in the meantime leads to the member centre, which tells about it.
     *
     * @param callable():Response $pay
     */
    private static function unlessSettled(string $orderNo, callable $pay): Response
    {
        try {
            return $pay();
        } catch (Forbidden $e) {
            Failure::log($e);

            return Answer::redirect('my', $e->getKey() === 'order_paid'
                ? ['order' => $orderNo]
                : ['error' => Failure::code($e)]);
        }
    }

    /** WeChat's own browser: no camera beside the page, and Alipay's cashier is blocked in it. */
    private static function insideWechat(): bool
    {
        return str_contains(Input::text($_SERVER['HTTP_USER_AGENT'] ?? ''), 'MicroMessenger');
    }
}
