<?php

// The same notification in plain PHP: the same checks, the same statements in the same transaction.

declare(strict_types=1);

const DECIDING = ['app_id', 'gmt_refund', 'notify_id', 'out_trade_no', 'refund_fee', 'seller_id', 'total_amount', 'trade_no', 'trade_status'];

final class Refused extends RuntimeException
{
}

/** @return array<string,string> */
function decoded(string $body): array
{
    strlen($body) <= 65536 || throw new Refused('bad_form');
    $fields = [];
    foreach (explode('&', $body) as $pair) {
        if ($pair === '') {
            continue;
        }
        [$name, $value] = explode('=', $pair, 2) + [1 => ''];
        $name = urldecode($name);
        if ($name === '' || isset($fields[$name]) || strpbrk($name, '=&') !== false) {
            throw new Refused('bad_form');
        }
        $fields[$name] = urldecode($value);
    }
    if (preg_match('/%(?![0-9a-f]{2})/i', $body) || !preg_match('//u', implode('', $fields))) {
        throw new Refused('bad_form');
    }

    return $fields;
}

/** @return array<string,string> the signed fields */
function verified(array $fields, string $publicKey): array
{
    $signature = base64_decode($fields['sign'] ?? '', true);
    if (!$signature || ($fields['sign_type'] ?? 'RSA2') !== 'RSA2') {
        throw new Refused('sign_missing');
    }
    unset($fields['sign'], $fields['sign_type']);
    ksort($fields, SORT_STRING);
    $pairs = [];
    foreach ($fields as $name => $value) {
        $pairs[] = "$name=$value";
    }
    // Nothing survives a request in plain PHP, so the key is parsed in each.
    $pem = "-----BEGIN PUBLIC KEY-----\n" . wordwrap($publicKey, 64, "\n", true) . "\n-----END PUBLIC KEY-----";
    if (openssl_verify(implode('&', $pairs), $signature, $pem, OPENSSL_ALGO_SHA256) !== 1) {
        throw new Refused('sign_wrong');
    }

    return $fields;
}

function fen(string $yuan): int
{
    preg_match('/^(\d{1,8})(?:\.(\d{1,2}))?$/D', $yuan, $parts) || throw new Refused('bad_amount');

    return (int) $parts[1] * 100 + (int) str_pad($parts[2] ?? '', 2, '0');
}

/** @return array{string,string,int} order, trade, amount */
function payment(array $fields, array $config): array
{
    foreach ($fields as $value) {
        foreach (array_slice(explode('&', $value), 1) as $part) {
            if (str_contains($part, '=') && in_array(strstr($part, '=', true), DECIDING, true)) {
                throw new Refused('swallowed');
            }
        }
    }
    foreach (['app_id' => 'alipay_app_id', 'seller_id' => 'alipay_seller_id'] as $field => $setting) {
        ($fields[$field] ?? '') === $config[$setting] || throw new Refused("foreign_$field");
    }
    if (!in_array($fields['trade_status'] ?? '', ['TRADE_SUCCESS', 'TRADE_FINISHED'], true) || isset($fields['gmt_refund']) || (float) ($fields['refund_fee'] ?? 0) > 0) {
        throw new Refused('not_paid');
    }
    foreach (['out_trade_no', 'trade_no'] as $number) {
        preg_match('/^[\x21-\x7e]{1,64}$/D', $fields[$number] ?? '') || throw new Refused('bad_number');
    }

    return [$fields['out_trade_no'], $fields['trade_no'], fen($fields['total_amount'] ?? '')];
}

function settle(PDO $db, string $prefix, string $orderNo, string $tradeNo, int $amount): string
{
    $run = static function (string $sql, array $values) use ($db): PDOStatement {
        $statement = $db->prepare($sql);
        $statement->execute($values);

        return $statement;
    };
    $now = time();
    $order = $run("SELECT id, order_no, tenant_id, user_id, plan, amount, pay_method, pay_trade_no, status, charged_fen, late, paid_at, expire_at, createtime FROM {$prefix}chathub_order WHERE order_no = ? FOR UPDATE", [$orderNo])->fetch();
    $order || throw new Refused('unknown_order');
    $outcome = $run("SELECT outcome FROM {$prefix}chathub_payment WHERE provider = ? AND trade_no = ?", ['alipay', $tradeNo])->fetchColumn();
    if ($outcome !== false || $order['status'] === 'paid') {
        return 'duplicate';
    }
    $amount === (int) ($order['charged_fen'] ?? fen($order['amount'])) || throw new Refused('mismatch');
    $tenant = $run("SELECT id, user_id, tenant_name, domain, email, channel_type, max_agents, agent_id, inbox_id, status, suspend_reason, config, embed_code, expire_at, createtime FROM {$prefix}chathub_tenant WHERE id = ? FOR UPDATE", [$order['tenant_id']])->fetch();
    if (!$tenant || $tenant['status'] !== 'active' || !$tenant['embed_code']) {
        throw new Refused('only active tenants are measured');
    }
    $from = max($now, $tenant['expire_at'] === null ? 0 : strtotime($tenant['expire_at']));
    $until = date('Y-m-d H:i:s', strtotime('+30 days', $from));
    $changed = $run("UPDATE {$prefix}chathub_tenant SET status = ?, suspend_reason = ?, expire_at = ?, updatetime = ? WHERE id = ? AND status = ? AND expire_at <=> ?", ['active', null, $until, $now, $tenant['id'], 'active', $tenant['expire_at']])->rowCount();
    $changed === 1 || throw new RuntimeException('the tenant changed');
    $changed = $run("UPDATE {$prefix}chathub_order SET status = 'paid', late = 0, pay_method = 'alipay', pay_trade_no = ?, paid_at = ?, expire_at = ?, updatetime = ? WHERE id = ? AND status = ?", [$tradeNo, date('Y-m-d H:i:s', $now), $until, $now, $order['id'], $order['status']])->rowCount();
    $changed === 1 || throw new RuntimeException('the order changed');
    $run("INSERT INTO {$prefix}chathub_payment (provider, trade_no, order_no, tenant_id, amount_fen, outcome, source, createtime, updatetime) VALUES (?, ?, ?, ?, ?, 'credited', 'notify', ?, ?)", ['alipay', $tradeNo, $orderNo, $order['tenant_id'], $amount, $now, $now]);
    $detail = json_encode(['order_no' => $orderNo, 'trade_no' => $tradeNo, 'outcome' => 'credited']);
    $run("INSERT INTO {$prefix}chathub_log (tenant_id, action, detail, status, operator, createtime) VALUES (?, ?, ?, ?, ?, ?)", [$order['tenant_id'], 'pay_notify_alipay', $detail, 'success', 'alipay', $now]);

    return 'credited';
}

function notified(array $settings): array
{
    $database = $settings['database'];
    try {
        [$orderNo, $tradeNo, $amount] = payment(
            verified(decoded(file_get_contents('php://input')), $settings['config']['alipay_public_key']),
            $settings['config']
        );
        $db = new PDO(
            "mysql:host={$database['hostname']};port={$database['hostport']};dbname={$database['database']};charset=utf8mb4",
            $database['username'],
            $database['password'],
            [PDO::ATTR_PERSISTENT => true, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC, PDO::MYSQL_ATTR_FOUND_ROWS => true]
        );
        $db->beginTransaction();
        try {
            settle($db, $database['prefix'], $orderNo, $tradeNo, $amount);
            $db->commit();
        } catch (Throwable $e) {
            $db->rollBack();
            throw $e;
        }

        return [200, 'success'];
    } catch (Refused) {
        return [400, 'fail'];
    } catch (Throwable $e) {
        error_log((string) $e);

        return [500, 'fail'];
    }
}

date_default_timezone_set('Asia/Shanghai');
[$status, $text] = notified(require __DIR__ . '/bench-settings.php');
http_response_code($status);
header('Content-Type: text/plain; charset=utf-8');
echo $text;
