--TEST--
Alipay::sign and verify against the openssl extension, both ways, with awkward values
--FILE--
<?php
require __DIR__ . '/include/common.php';

$values = [
    '+', '&', '=', '%', '"', '<b>', "'", '100%25', '%2B', 'a+b c', '&amp;', 'a=b&c=d', '支付测试', '😀🧾', "\u{202E}右",
    '', '0', ' ', ' blank ', "line\r\nbreak", "\t", "nul\0inside", '{"a":[1,"二"],"b":"\/"}', str_repeat('长', 2000), '\\', '#?/',
];
foreach ([2048, 4096] as $bits) {
    [$private, $public] = key_pair($bits);
    foreach ($values as $number => $value) {
        $fields = ['app_id' => '2021', 'z' => $value, 'A' => 'upper', '_b' => $value, 'a' . $number => 'x', 'out_trade_no' => "CH$number"];

        // openssl signs, we verify.
        $message = signed($fields, $private);
        $expected = $fields;
        foreach (['raw' => http_build_query($message), 'rfc3986' => http_build_query($message, '', '&', PHP_QUERY_RFC3986), 'fields' => $message] as $kind => $form) {
            $verified = ChatHub\Alipay::verify($form, $public);
            // What is empty was not signed, and is not passed on.
            Checks::same(array_filter($expected, 'strlen'), $verified, "$bits bits, $kind, value $number");
        }
        // The other convention: empty values are signed.
        openssl_sign(string_to_sign($fields, true, false), $signature, $private, OPENSSL_ALGO_SHA256);
        $verified = ChatHub\Alipay::verify($fields + ['sign' => base64_encode($signature)], $public);
        Checks::same($fields, $verified, "$bits bits, empty values signed, value $number");

        // We sign, openssl verifies; sign_type is part of what a request signs.
        $request = $fields + ['sign_type' => 'RSA2', 'sign' => 'an old signature'];
        $signature = base64_decode(ChatHub\Alipay::sign($request, $private), true);
        Checks::same(1, openssl_verify(string_to_sign($request, false), $signature, $public, OPENSSL_ALGO_SHA256), "$bits bits, our signature of value $number");
        Checks::same(base64_encode($signature), ChatHub\Alipay::sign(array_reverse($request, true), bare($private)), "$bits bits, order does not matter, value $number");
    }
}

// Numbers are signed as PHP writes them.
$numbers = ['int' => 60, 'negative' => -1, 'float' => 0.01, 'whole float' => 60.0, 'sum' => 0.1 + 0.2, 'true' => true, 'max' => PHP_INT_MAX];
$signature = base64_decode(ChatHub\Alipay::sign($numbers + ['5' => 'numeric name'], $private));
Checks::same(1, openssl_verify(string_to_sign($numbers + ['5' => 'numeric name'], false), $signature, $public, OPENSSL_ALGO_SHA256), 'numbers');
$verified = ChatHub\Alipay::verify(signed(['5' => 'five', '05' => 'text'], $private), $public);
Checks::same(['five', 'text'], [$verified[5] ?? null, $verified['05'] ?? null], 'numeric names are PHP\'s');

// References and constants are what they stand for; the caller's array stays as it was.
$amount = '60.00';
$params = ['total_amount' => &$amount, 'app_id' => '1'];
$signature = base64_decode(ChatHub\Alipay::sign($params, $private));
Checks::same(1, openssl_verify('app_id=1&total_amount=60.00', $signature, $public, OPENSSL_ALGO_SHA256), 'a reference');
Checks::same(['total_amount' => '60.00', 'app_id' => '1'], $params, 'the caller\'s array');

// Named arguments, as the stub names them.
$signature = ChatHub\Alipay::sign(privateKey: $private, params: ['a' => 'b']);
Checks::same(['a' => 'b'], ChatHub\Alipay::verify(publicKey: $public, form: ['a' => 'b', 'sign' => $signature]), 'named arguments');

// The weaker hash is refused whatever the message says about itself.
openssl_sign('a=b', $weak, $private, OPENSSL_ALGO_SHA1);
foreach (['RSA2', 'RSA', null] as $type) {
    $message = array_filter(['a' => 'b', 'sign_type' => $type, 'sign' => base64_encode($weak)]);
    Checks::that(str_starts_with(outcome(static fn () => ChatHub\Alipay::verify($message, $public)), 'SignatureException'), "SHA-1 called $type");
}
Checks::held();
?>
--EXPECT--
320 checks held
