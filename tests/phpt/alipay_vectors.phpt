--TEST--
Alipay::verify with published messages, as raw body and as decoded fields
--FILE--
<?php
require __DIR__ . '/include/common.php';

function certificate_of(string $chain): string
{
    preg_match('/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/s', $chain, $found);

    return $found[0];
}

function spki(string $certificate): string
{
    return openssl_pkey_get_details(openssl_pkey_get_public($certificate))['key'];
}

foreach (['alipay_notify_plus_in_subject', 'alipay_sync_return'] as $name) {
    $vector = vector($name);
    $params = $vector['params'];
    $certificate = certificate_of(implode("\n", preg_grep('/BEGIN CERTIFICATE/', array_filter($vector, 'is_string'))));
    $expected = array_diff_key($params, ['sign' => 0, 'sign_type' => 0]);
    ksort($expected);
    $body = $vector['form_body_application_x_www_form_urlencoded'] ?? parse_url($vector['return_url_hit'], PHP_URL_QUERY);
    $keys = ['certificate' => $certificate, 'PEM' => spki($certificate), 'bare base64' => bare(spki($certificate)), 'CRLF' => str_replace("\n", "\r\n", spki($certificate))];
    foreach ($keys as $form => $key) {
        foreach (['raw' => $body, 'fields' => $params] as $kind => $message) {
            $fields = ChatHub\Alipay::verify($message, $key);
            ksort($fields);
            Checks::same($expected, $fields, "$name, $kind, key as $form");
        }
    }
    foreach ($params as $field => $value) {
        $changed = [$field => substr_replace($value, $value[-1] === '0' ? '1' : '0', -1)] + $params;
        $refused = outcome(static fn () => ChatHub\Alipay::verify($changed, $certificate));
        Checks::that(str_starts_with($refused, 'SignatureException '), "$name with another $field: $refused");
        $without = array_diff_key($params, [$field => 0]);
        $refused = outcome(static fn () => ChatHub\Alipay::verify(http_build_query($without), $certificate));
        // sign_type is not signed; a message may come without it.
        Checks::same($field !== 'sign_type', str_starts_with($refused, 'SignatureException '), "$name without $field: $refused");
    }
    $more = $params + ['pay_method' => 'alipay'];
    Checks::same('SignatureException sign_wrong', outcome(static fn () => ChatHub\Alipay::verify($more, $certificate)), "$name with a router's field");
    Checks::same('InvalidInput bad_form (form)', outcome(static fn () => ChatHub\Alipay::verify("$body&total_amount=0.01", $certificate)), "$name with a field twice");
    [, $other] = key_pair();
    Checks::same('SignatureException sign_wrong', outcome(static fn () => ChatHub\Alipay::verify($body, $other)), "$name with another key");
}

$message = vector('alipay_notify_rsaCheckV2_sign_type_kept');
$key = $message['alipay_public_key_pem'];
Checks::same('SignatureException sign_wrong', outcome(static fn () => ChatHub\Alipay::verify($message['params'], $key)), 'a message that signs its sign_type');
$signature = base64_decode($message['params']['sign']);
Checks::same(1, openssl_verify(string_to_sign($message['params'], false), $signature, $key, OPENSSL_ALGO_SHA256), 'that message is genuine');
Checks::held();
?>
--EXPECT--
94 checks held
