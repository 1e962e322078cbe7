<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\InvalidInput;
use ChatHub\NotFound;
use think\Response;

/**
 * The member centre and what it polls while something is under way.
 */
final class MemberCentre
{
    private const PER_PAGE = 50;

    public static function page(int $userId): Response
    {
        $my = Site::hub()->my($userId);
        After::response(static fn () => Site::hub()->nudge());
        $pages = max(1, (int) ceil(count($my['tenants']) / self::PER_PAGE));
        $page = min(max(1, Input::id(Input::query('page'))), $pages);
        $shown = array_slice($my['tenants'], ($page - 1) * self::PER_PAGE, self::PER_PAGE);
        $notices = Notices::forMemberCentre($my);

        return Answer::page('my', [
            'account' => $my['account'],
            'mailLanguage' => $my['can_mail'] ? $my['language'] : null,
            'mustConfirm' => in_array(true, array_column($my['tenants'], 'awaits_confirmation'), true),
            'totals' => $my['totals'],
            'tenants' => $shown,
            'orders' => $my['orders'],
            'pageNumber' => $page,
            'pages' => $pages,
            'notices' => $notices,
            'watchedOrder' => in_array(true, array_column($notices, 'waiting'), true) ? Input::query('order') : '',
            'watching' => in_array(true, array_column($notices, 'waiting'), true)
                || in_array('provisioning', array_column($my['tenants'], 'status'), true),
        ]);
    }

    /** The language of the member's mail. */
    public static function language(int $userId): Response
    {
        if (Input::method() !== 'POST') {
            return Answer::redirect('my');
        }
        if (!Session::csrfPasses()) {
            return Answer::redirect('my', ['error' => 'expired']);
        }
        try {
            Site::hub()->setLanguage($userId, Input::post('language'));
        } catch (InvalidInput $e) {
            Failure::log($e);

            return Answer::redirect('my', ['error' => Failure::code($e)]);
        }

        return Answer::redirect('my', ['done' => 'language']);
    }

    public static function status(int $userId): Response
    {
        $status = Site::hub()->status($userId);
        $unpaid = null;
        if (Input::query('order') !== '') {
            try {
                $order = Site::hub()->order($userId, Input::query('order'));
                $status['order'] = ['order_no' => $order['order_no'], 'status' => $order['status']];
                $unpaid = $order['status'] === 'pending' ? $order['order_no'] : null;
            } catch (NotFound) {
                $status['order'] = null;
            }
        }
        // Somebody is watching: a lost notification is asked after, and due work is given a nudge.
        After::response(static function () use ($unpaid): void {
            if ($unpaid !== null) {
                $return = Site::hub()->payReturn($unpaid);
                if ($return['tenant_id'] !== null) {
                    Site::hub()->workTenant($return['tenant_id']);
                }
            }
            Site::hub()->nudge();
        });

        return Answer::json($status);
    }
}
