<?php

// WeChat Pay's notification in plain PHP: the same checks, the same statements in the same transaction.

declare(strict_types=1);

require __DIR__ . '/bench-settle.php';

function header_of(string $name): string
{
    $value = $_SERVER['HTTP_WECHATPAY_' . $name] ?? '';

    return $value !== '' ? $value : throw new Refused('sign_missing');
}

/** Signature, key and time of the headers fit the body. */
function verify(string $body, array $config): void
{
    $signature = header_of('SIGNATURE');
    if (str_starts_with($signature, 'WECHATPAY/SIGNTEST/')) {
        throw new Refused('wechat_probe');
    }
    if (($_SERVER['HTTP_WECHATPAY_SIGNATURE_TYPE'] ?? 'WECHATPAY2-SHA256-RSA2048') !== 'WECHATPAY2-SHA256-RSA2048') {
        throw new Refused('sign_type');
    }
    [$timestamp, $nonce, $serial] = [header_of('TIMESTAMP'), header_of('NONCE'), header_of('SERIAL')];
    if (!preg_match('/^[\x21-\x7e]{1,128}$/D', $nonce) || !preg_match('/^\d{1,18}$/D', $timestamp)) {
        throw new Refused('sign_malformed');
    }
    abs(time() - (int) $timestamp) <= 300 || throw new Refused('wechat_time');
    $serial === $config['wechat_public_key_id'] || throw new Refused('wechat_unknown_serial');
    $signature = base64_decode($signature, true);
    // Nothing survives a request in plain PHP, so the key is read and parsed in each.
    $pem = file_get_contents($config['wechat_public_key_path']);
    if (!$signature || openssl_verify("$timestamp\n$nonce\n$body\n", $signature, $pem, OPENSSL_ALGO_SHA256) !== 1) {
        throw new Refused('sign_wrong');
    }
}

/** @return array<string,mixed> */
function object_of(string $json): array
{
    $value = json_decode($json, true);

    return is_array($value) ? $value : throw new Refused('bad_notification');
}

function decrypted(array $resource, string $key): string
{
    if (($resource['algorithm'] ?? '') !== 'AEAD_AES_256_GCM' || strlen($resource['nonce'] ?? '') !== 12) {
        throw new Refused('decrypt_malformed');
    }
    $bytes = (string) base64_decode($resource['ciphertext'] ?? '', true);
    strlen($bytes) > 16 || throw new Refused('decrypt_malformed');
    [$sealed, $tag, $data] = [substr($bytes, 0, -16), substr($bytes, -16), $resource['associated_data'] ?? ''];
    $text = openssl_decrypt($sealed, 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $resource['nonce'], $tag, $data);

    return $text !== false ? $text : throw new Refused('decrypt_failed');
}

/** @return array{string,string,int} order, trade, amount */
function payment(array $order, array $config): array
{
    ($order['trade_state'] ?? '') === 'SUCCESS' || throw new Refused('not_paid');
    foreach (['mchid' => 'wechat_mch_id', 'appid' => 'wechat_app_id'] as $field => $setting) {
        ($order[$field] ?? '') === $config[$setting] || throw new Refused("foreign_$field");
    }
    ($order['amount']['currency'] ?? '') === 'CNY' || throw new Refused('foreign_currency');
    $total = $order['amount']['total'] ?? null;
    is_int($total) && $total >= 0 || throw new Refused('bad_amount');
    foreach (['out_trade_no', 'transaction_id'] as $number) {
        preg_match('/^[\x21-\x7e]{1,64}$/D', $order[$number] ?? '') || throw new Refused('bad_number');
    }

    return [$order['out_trade_no'], $order['transaction_id'], $total];
}

date_default_timezone_set('Asia/Shanghai');
$done = notified('wechat', require __DIR__ . '/bench-settings.php', static function (array $config): array {
    $body = file_get_contents('php://input');
    verify($body, $config);
    $notification = object_of($body);
    ($notification['event_type'] ?? '') === 'TRANSACTION.SUCCESS' || throw new Refused('other_event');

    return payment(object_of(decrypted($notification['resource'] ?? [], $config['wechat_api_v3_key'])), $config);
});
http_response_code($done ? 200 : ($done === null ? 500 : 400));
header('Content-Type: application/json');
echo $done ? '{"code":"SUCCESS","message":"OK"}' : '{"code":"FAIL","message":"not accepted"}';
