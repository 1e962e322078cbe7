<?php

/**
 * WeChat Pay: a notification verified and decrypted, one contender after the other in every round, on one core.
 *
 *     taskset -c N php -n -d extension=… wechat.php ROUNDS SECONDS
 *
 * Prints JSON: contender => notifications per second, one figure per round.
 */

declare(strict_types=1);

require __DIR__ . '/measure.php';

[, $rounds, $seconds] = $argv;
const KEY_ID = 'PUB_KEY_ID_0119000001092024030100000000000000';
const API_KEY = 'q7Wm2Xk9Lr4Tb8Nz5Vc1Hd6Gy3Fs0JpA';
$key = openssl_pkey_new(['private_key_bits' => 2048]);
$publicPem = openssl_pkey_get_details($key)['key'];
$keptPublic = openssl_pkey_get_public($publicPem);

// What a real notification holds.
$order = json_encode([
    'appid' => 'wx5a2d0b0000000001', 'mchid' => '1900000109', 'out_trade_no' => 'CH20240301102030000001',
    'transaction_id' => '4200001234202403010000000001', 'trade_type' => 'NATIVE', 'trade_state' => 'SUCCESS',
    'trade_state_desc' => '支付成功', 'bank_type' => 'OTHERS', 'attach' => '', 'success_time' => '2024-03-01T10:20:41+08:00',
    'payer' => ['openid' => 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'],
    'amount' => ['total' => 5000, 'payer_total' => 5000, 'currency' => 'CNY', 'payer_currency' => 'CNY'],
], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
$sealed = openssl_encrypt($order, 'aes-256-gcm', API_KEY, OPENSSL_RAW_DATA, 'Vb3mZk8qT1xY', $tag, 'transaction');
$body = json_encode([
    'id' => 'b2f0c9a4-6d35-5c1e-9c0f-6a7f1f3f0001', 'create_time' => '2024-03-01T10:20:42+08:00',
    'resource_type' => 'encrypt-resource', 'event_type' => 'TRANSACTION.SUCCESS', 'summary' => '支付成功',
    'resource' => [
        'original_type' => 'transaction', 'algorithm' => 'AEAD_AES_256_GCM', 'ciphertext' => base64_encode($sealed . $tag),
        'associated_data' => 'transaction', 'nonce' => 'Vb3mZk8qT1xY',
    ],
], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
$nonce = 'EcTrd8Pz9LmQ2sVx7KbN4yWf1GhJ5uRa';

/** The headers as of now: a long measurement outlives the 300 s that a signature is good for. */
$sign = static function () use ($body, $nonce, $key): array {
    $timestamp = (string) time();
    openssl_sign("$timestamp\n$nonce\n$body\n", $signature, $key, OPENSSL_ALGO_SHA256);

    return [
        'Content-Type' => 'application/json', 'Wechatpay-Nonce' => $nonce, 'Wechatpay-Serial' => KEY_ID,
        'Wechatpay-Signature' => base64_encode($signature), 'Wechatpay-Signature-Type' => 'WECHATPAY2-SHA256-RSA2048',
        'Wechatpay-Timestamp' => $timestamp,
    ];
};
$headers = $sign();

$inPhp = static function (array $headers, array $keys) use ($body): string {
    [$timestamp, $nonce] = [$headers['Wechatpay-Timestamp'], $headers['Wechatpay-Nonce']];
    if (str_starts_with($headers['Wechatpay-Signature'], 'WECHATPAY/SIGNTEST/') || abs(time() - (int) $timestamp) > 300) {
        return '';
    }
    $signature = base64_decode($headers['Wechatpay-Signature'], true);
    if (openssl_verify("$timestamp\n$nonce\n$body\n", $signature, $keys[$headers['Wechatpay-Serial']], OPENSSL_ALGO_SHA256) !== 1) {
        return '';
    }
    $resource = json_decode($body, true)['resource'];
    $bytes = base64_decode($resource['ciphertext'], true);
    [$sealed, $tag] = [substr($bytes, 0, -16), substr($bytes, -16)];

    return (string) openssl_decrypt($sealed, 'aes-256-gcm', API_KEY, OPENSSL_RAW_DATA, $resource['nonce'], $tag, $resource['associated_data']);
};
$byChathub = static function (array $headers) use ($body, $publicPem): string {
    ChatHub\WechatPay::verify($headers, $body, [KEY_ID => $publicPem]);

    return ChatHub\WechatPay::decrypt(json_decode($body, true)['resource'], API_KEY);
};
$contenders = [
    'chathub' => static function () use (&$headers, $byChathub, $order): bool {
        return $byChathub($headers) === $order;
    },
    'pem' => static function () use (&$headers, $inPhp, $publicPem, $order): bool {
        return $inPhp($headers, [KEY_ID => $publicPem]) === $order;
    },
    'kept' => static function () use (&$headers, $inPhp, $keptPublic, $order): bool {
        return $inPhp($headers, [KEY_ID => $keptPublic]) === $order;
    },
];

foreach ($contenders as $work) {
    per_second($work, 0.05);
}
$figures = ['body_bytes' => strlen($body)];
$names = array_keys($contenders);
for ($round = 0; $round < (int) $rounds; $round++) {
    $headers = $sign();
    // No contender always comes first.
    foreach ([0, 1, 2] as $place) {
        $name = $names[($round + $place) % 3];
        $figures[$name][] = per_second($contenders[$name], (float) $seconds);
    }
}
echo json_encode($figures), "\n";
