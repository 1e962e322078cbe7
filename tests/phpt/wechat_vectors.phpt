--TEST--
WechatPay: published messages, openssl both ways, clear refusals
--FILE--
<?php
require __DIR__ . '/include/common.php';

$messages = [
    'wechat_notify_official_go_sdk' => 'platform_cert_pem',
    'wechat_response_verify_pubkey_docs' => 'wechatpay_public_key_pem',
];
foreach ($messages as $name => $field) {
    $vector = vector($name);
    ['headers' => $headers, 'body' => $body] = $vector;
    $keys = [$headers['Wechatpay-Serial'] => $vector[$field]];
    $sent = (int) $headers['Wechatpay-Timestamp'];
    $said = static fn (array $headers, string $body, array $keys, ?int $now) => outcome(static fn () => ChatHub\WechatPay::verify($headers, $body, $keys, $now));
    Checks::same(null, ChatHub\WechatPay::verify($headers, $body, $keys, $sent), $name);
    foreach ([array_change_key_case($headers), array_map(static fn ($value) => [$value], $headers)] as $other) {
        Checks::same(null, ChatHub\WechatPay::verify($other, $body, $keys, $sent + 300), "$name, headers in another form");
    }
    $refusals = [
        'another body' => [$headers, "$body ", $keys, $sent, 'sign_wrong'],
        'too late' => [$headers, $body, $keys, $sent + 301, 'wechat_time'],
        'too early' => [$headers, $body, $keys, $sent - 301, 'wechat_time'],
        'now' => [$headers, $body, $keys, null, 'wechat_time'],
        'no key' => [$headers, $body, [], $sent, 'wechat_unknown_serial'],
        'no headers' => [[], $body, $keys, $sent, 'sign_missing'],
        'a list of two' => [['Wechatpay-Signature' => ['a', 'b']] + $headers, $body, $keys, $sent, 'sign_missing'],
        'a probe' => [['Wechatpay-Signature' => 'WECHATPAY/SIGNTEST/x'] + $headers, $body, $keys, $sent, 'wechat_probe'],
    ];
    foreach ($refusals as $what => [$h, $b, $k, $now, $key]) {
        try {
            ChatHub\WechatPay::verify($h, $b, $k, $now);
            Checks::that(false, "$name, $what was accepted");
        } catch (ChatHub\SignatureException $refused) {
            Checks::same($key, $refused->getKey(), "$name, $what");
        }
    }
}

$vector = vector('wechat_certificates_download_official_java');
$encrypted = json_decode($vector['response_body'], true)['data'][0]['encrypt_certificate'];
Checks::same(trim($vector['decrypted'][0]['pem']), trim(ChatHub\WechatPay::decrypt($encrypted, $vector['api_v3_key'])), 'decrypt');
Checks::that(str_starts_with(outcome(static fn () => ChatHub\WechatPay::decrypt($encrypted, 'testMchAPIv3Key0')), 'ConfigException '), 'a short key');
foreach ([[], ['nonce' => null] + $encrypted, ['associated_data' => null] + $encrypted, ['ciphertext' => "\xff"] + $encrypted] as $number => $bad) {
    Checks::that(str_starts_with(outcome(static fn () => ChatHub\WechatPay::decrypt($bad, $vector['api_v3_key'])), 'SignatureException '), "bad resource $number");
}
foreach (["\0\xff\x80 binary", '', '{"a":1}'] as $text) {
    $tag = '';
    $cipher = openssl_encrypt($text, 'aes-256-gcm', $vector['api_v3_key'], OPENSSL_RAW_DATA, 'abcdefghijkl', $tag);
    $resource = ['algorithm' => 'AEAD_AES_256_GCM', 'ciphertext' => base64_encode($cipher . $tag), 'nonce' => 'abcdefghijkl', 'associated_data' => null];
    Checks::same($text, ChatHub\WechatPay::decrypt($resource, $vector['api_v3_key']), 'encrypted by openssl');
}

$key = openssl_pkey_new(['private_key_bits' => 2048]);
openssl_pkey_export($key, $private);
$public = openssl_pkey_get_details($key)['key'];
foreach ([['GET', 'https://api.mch.weixin.qq.com/v3/certificates?a=1', ''], ['POST', '/v3/pay/transactions/native', "{\"a\":\"\u{4e2d}\xff\"}"]] as [$method, $url, $body]) {
    $header = ChatHub\WechatPay::authorization($method, $url, $body, '1900000001', '5DEA10EF', $private);
    Checks::same(1, preg_match('/^WECHATPAY2-SHA256-RSA2048 mchid="1900000001",nonce_str="(\w{32})",signature="([^"]+)",timestamp="(\d+)",serial_no="5DEA10EF"$/D', $header, $part), $header);
    $path = str_replace('https://api.mch.weixin.qq.com', '', $url);
    Checks::same(1, openssl_verify("$method\n$path\n$part[3]\n$part[1]\n$body\n", base64_decode($part[2]), $public, OPENSSL_ALGO_SHA256), "$method signed");
    Checks::that(abs(time() - (int) $part[3]) < 60, 'the time');
}
Checks::held();
?>
--EXPECT--
37 checks held
