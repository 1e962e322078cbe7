<?php

// The same notification in plain PHP: the same checks, the same statements in the same transaction.

declare(strict_types=1);

require __DIR__ . '/bench-settle.php';

const DECIDING = ['app_id', 'gmt_refund', 'notify_id', 'out_trade_no', 'refund_fee', 'seller_id', 'total_amount', 'trade_no', 'trade_status'];

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

date_default_timezone_set('Asia/Shanghai');
$done = notified('alipay', require __DIR__ . '/bench-settings.php', static fn (array $config): array => payment(
    verified(decoded(file_get_contents('php://input')), $config['alipay_public_key']),
    $config
));
http_response_code($done ? 200 : ($done === null ? 500 : 400));
header('Content-Type: text/plain; charset=utf-8');
echo $done ? 'success' : 'fail';
