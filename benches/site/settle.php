<?php

// What the twins share: a payment's settlement in plain PHP, with the extension's statements in one transaction.

declare(strict_types=1);

final class Refused extends RuntimeException
{
}

function fen(string $yuan): int
{
    preg_match('/^(\d{1,8})(?:\.(\d{1,2}))?$/D', $yuan, $parts) || throw new Refused('bad_amount');

    return (int) $parts[1] * 100 + (int) str_pad($parts[2] ?? '', 2, '0');
}

function settle(PDO $db, string $prefix, string $provider, string $orderNo, string $tradeNo, int $amount): string
{
    $run = static function (string $sql, array $values) use ($db): PDOStatement {
        $statement = $db->prepare($sql);
        $statement->execute($values);

        return $statement;
    };
    $now = time();
    $order = $run("SELECT id, order_no, tenant_id, user_id, plan, amount, pay_method, pay_trade_no, status, charged_fen, late, code_url, paid_at, expire_at, createtime FROM {$prefix}chathub_order WHERE order_no = ? FOR UPDATE", [$orderNo])->fetch();
    $order || throw new Refused('unknown_order');
    $outcome = $run("SELECT outcome FROM {$prefix}chathub_payment WHERE provider = ? AND trade_no = ?", [$provider, $tradeNo])->fetchColumn();
    if ($outcome !== false || $order['status'] === 'paid') {
        return 'duplicate';
    }
    // What WeChat Pay was asked to charge may differ from the order's amount.
    $expected = ($provider === 'wechat' ? $order['charged_fen'] : null) ?? fen($order['amount']);
    $amount === (int) $expected || throw new Refused('mismatch');
    $tenant = $run("SELECT id, user_id, tenant_name, domain, email, channel_type, max_agents, agent_id, inbox_id, status, suspend_reason, config, embed_code, expire_at, createtime FROM {$prefix}chathub_tenant WHERE id = ? FOR UPDATE", [$order['tenant_id']])->fetch();
    if (!$tenant || $tenant['status'] !== 'active' || !$tenant['embed_code']) {
        throw new Refused('only active tenants are measured');
    }
    $from = max($now, $tenant['expire_at'] === null ? 0 : strtotime($tenant['expire_at']));
    $until = date('Y-m-d H:i:s', strtotime('+30 days', $from));
    $changed = $run("UPDATE {$prefix}chathub_tenant SET status = ?, suspend_reason = ?, expire_at = ?, updatetime = ? WHERE id = ? AND status = ? AND expire_at <=> ?", ['active', null, $until, $now, $tenant['id'], 'active', $tenant['expire_at']])->rowCount();
    $changed === 1 || throw new RuntimeException('the tenant changed');
    $changed = $run("UPDATE {$prefix}chathub_order SET status = 'paid', late = 0, pay_method = ?, pay_trade_no = ?, paid_at = ?, expire_at = ?, updatetime = ? WHERE id = ? AND status = ?", [$provider, $tradeNo, date('Y-m-d H:i:s', $now), $until, $now, $order['id'], $order['status']])->rowCount();
    $changed === 1 || throw new RuntimeException('the order changed');
    $run("INSERT INTO {$prefix}chathub_payment (provider, trade_no, order_no, tenant_id, amount_fen, outcome, source, createtime, updatetime) VALUES (?, ?, ?, ?, ?, 'credited', 'notify', ?, ?)", [$provider, $tradeNo, $orderNo, $order['tenant_id'], $amount, $now, $now]);
    $detail = json_encode(['order_no' => $orderNo, 'trade_no' => $tradeNo, 'outcome' => 'credited']);
    $run("INSERT INTO {$prefix}chathub_log (tenant_id, action, detail, status, operator, createtime) VALUES (?, ?, ?, ?, ?, ?)", [$order['tenant_id'], "pay_notify_$provider", $detail, 'success', $provider, $now]);

    return 'credited';
}

/**
 * Answers one notification.
 *
 * @param callable(array<string,string>):array{string,string,int} $read checks it; gives order, trade, amount
 * @return bool|null true: done; false: refused; null: try again
 */
function notified(string $provider, array $settings, callable $read): ?bool
{
    $database = $settings['database'];
    try {
        $payment = $read($settings['config']);
        $db = new PDO(
            "mysql:host={$database['hostname']};port={$database['hostport']};dbname={$database['database']};charset=utf8mb4",
            $database['username'],
            $database['password'],
            [PDO::ATTR_PERSISTENT => true, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC, PDO::MYSQL_ATTR_FOUND_ROWS => true]
        );
        $db->beginTransaction();
        try {
            settle($db, $database['prefix'], $provider, ...$payment);
            $db->commit();
        } catch (Throwable $e) {
            $db->rollBack();
            throw $e;
        }

        return true;
    } catch (Refused) {
        return false;
    } catch (Throwable $e) {
        error_log((string) $e);

        return null;
    }
}
