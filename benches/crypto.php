<?php

/**
 * Alipay signatures, one contender after the other in every round, on one core.
 *
 *     taskset -c N php -n -d extension=… crypto.php ROUNDS SECONDS
 *
 * Prints JSON: contender => operations per second, one figure per round.
 */

declare(strict_types=1);

require __DIR__ . '/measure.php';

[, $rounds, $seconds] = $argv;
$key = openssl_pkey_new(['private_key_bits' => 2048]);
openssl_pkey_export($key, $privatePem);
$publicPem = openssl_pkey_get_details($key)['key'];
$keptPrivate = openssl_pkey_get_private($privatePem);
$keptPublic = openssl_pkey_get_public($publicPem);

// The fields of a real notification; about 1 KB as a form.
$fields = [
    'gmt_create' => '2024-03-01 10:20:30', 'charset' => 'utf-8', 'gmt_payment' => '2024-03-01 10:20:41',
    'notify_time' => '2024-03-01 10:20:42', 'subject' => 'ChatHub 专业版 示例公司', 'buyer_id' => '2088000000000001',
    'invoice_amount' => '60.00', 'version' => '1.0', 'notify_id' => '2024030101222102042000000000000001',
    'fund_bill_list' => '[{"amount":"60.00","fundChannel":"ALIPAYACCOUNT"}]', 'notify_type' => 'trade_status_sync',
    'out_trade_no' => 'CH20240301102030000001', 'total_amount' => '60.00', 'trade_status' => 'TRADE_SUCCESS',
    'trade_no' => '2024030122001400000000000001', 'auth_app_id' => '2021000000000001', 'receipt_amount' => '60.00',
    'point_amount' => '0.00', 'app_id' => '2021000000000001', 'buyer_pay_amount' => '60.00', 'seller_id' => '2088000000000002',
];

function joined(array $fields): string
{
    unset($fields['sign'], $fields['sign_type']);
    ksort($fields);
    $text = '';
    foreach ($fields as $name => $value) {
        if ($value !== '') {
            $text .= ($text === '' ? '' : '&') . $name . '=' . $value;
        }
    }

    return $text;
}

openssl_sign(joined($fields), $signature, $privatePem, OPENSSL_ALGO_SHA256);
$body = http_build_query($fields + ['sign_type' => 'RSA2', 'sign' => base64_encode($signature)]);

openssl_sign('a=b', $short, $privatePem, OPENSSL_ALGO_SHA256);
$shortBody = http_build_query(['a' => 'b', 'sign' => base64_encode($short)]);

$verifyInPhp = static function ($key) use ($body): bool {
    parse_str($body, $fields);

    return openssl_verify(joined($fields), base64_decode($fields['sign']), $key, OPENSSL_ALGO_SHA256) === 1;
};
$signInPhp = static function ($key) use ($fields): string {
    openssl_sign(joined($fields), $signature, $key, OPENSSL_ALGO_SHA256);

    return base64_encode($signature);
};
// OpenSSL's own figures are taken between ours.
$contenders = [
    'verify_chathub' => static fn () => ChatHub\Alipay::verify($body, $publicPem)['total_amount'] === '60.00',
    'sign_chathub' => static fn () => ChatHub\Alipay::sign($fields, $privatePem) === base64_encode($signature),
    // What the call and the signature cost without a form worth the name.
    'verify_tiny' => static fn () => ChatHub\Alipay::verify($shortBody, $publicPem) === ['a' => 'b'],
    'verify_pem' => static fn () => $verifyInPhp($publicPem),
    'verify_kept' => static fn () => $verifyInPhp($keptPublic),
    'sign_pem' => static fn () => $signInPhp($privatePem) === base64_encode($signature),
    'sign_kept' => static fn () => $signInPhp($keptPrivate) === base64_encode($signature),
];

/** @return array{float,float} signatures and verifications per second, as OpenSSL measures itself */
function openssl_speed(float $seconds): array
{
    $whole = max(1, (int) ceil($seconds));
    $output = (string) shell_exec("openssl speed -mr -seconds $whole rsa2048 2>/dev/null");
    // +F2:n:bits:signatures per second:verifications per second
    if (!preg_match('/^\+F2:\d+:2048:([\d.e-]+):([\d.e-]+)/m', $output, $found)) {
        throw new RuntimeException('openssl speed printed no figures');
    }

    return [(float) $found[1], (float) $found[2]];
}

foreach ($contenders as $work) {
    per_second($work, 0.05);
}
$figures = ['body_bytes' => strlen($body)];
for ($round = 0; $round < (int) $rounds; $round++) {
    foreach ($contenders as $name => $work) {
        $figures[$name][] = per_second($work, (float) $seconds);
        if ($name === 'verify_chathub') {
            [$figures['sign_openssl'][], $figures['verify_openssl'][]] = openssl_speed((float) $seconds);
        }
    }
}
echo json_encode($figures), "\n";
