--TEST--
Alipay: what is no message, no key or no array is refused by name; nothing warns, nothing crashes
--FILE--
<?php
require __DIR__ . '/include/common.php';

[$private, $public] = key_pair();
$recursive = ['a' => 'b'];
$recursive['self'] = &$recursive;
$sign = static fn (mixed ...$arguments) => outcome(static fn () => ChatHub\Alipay::sign(...$arguments));
$verify = static fn (mixed ...$arguments) => outcome(static fn () => ChatHub\Alipay::verify(...$arguments));

$not_text = 'InvalidInput not_text (params)';
$names = 'InvalidInput bad_parameter_name (params)';
$params = [
    'nothing' => [[], 'InvalidInput nothing_to_sign (params)'],
    'only a signature' => [['sign' => 'x'], 'InvalidInput nothing_to_sign (params)'],
    'only empty values' => [['a' => '', 'b' => false], 'InvalidInput nothing_to_sign (params)'],
    'an array' => [['a' => ['b']], $not_text],
    'itself' => [$recursive, $not_text],
    'an object' => [['a' => new stdClass()], $not_text],
    'an object with a text' => [['a' => new Exception('x')], $not_text],
    'null' => [['a' => null], $not_text],
    'a resource' => [['a' => STDIN], $not_text],
    'a closure' => [['a' => strlen(...)], $not_text],
    'invalid UTF-8' => [['a' => "\xff"], $not_text],
    'half a character' => [['a' => "\xe6\xb5"], $not_text],
    'a name that is not UTF-8' => [["\xff" => 'a'], $not_text],
    'an empty name' => [['' => 'a'], $names],
    'a name with =' => [['a=b' => 'a'], $names],
    'a name with &' => [['a&b' => 'a'], $names],
];
foreach ($params as $what => [$value, $expected]) {
    Checks::same($expected, $sign($value, $private), "sign: $what");
}
$not_form = 'InvalidInput not_text (form)';
$bad_form = 'InvalidInput bad_form (form)';
$missing = 'SignatureException sign_missing';
$forms = [
    'null' => [null, $not_form], 'int' => [1, $not_form], 'float' => [1.5, $not_form], 'true' => [true, $not_form],
    'an object' => [new ArrayObject(['a' => 'b']), $not_form], 'a resource' => [STDIN, $not_form],
    'empty' => ['', $missing], 'no fields' => [[], $missing], 'no signature' => ['a=1', $missing],
    'an empty signature' => ['a=1&sign=', $missing], 'NUL' => ["\0", $missing], 'only &' => ['&&&', $missing],
    'no base64' => ['a=1&sign=%21%21', 'SignatureException sign_malformed'],
    'a short signature' => ['a=1&sign=QUJD', 'SignatureException sign_wrong'],
    'another algorithm' => ['a=1&sign=QUJD&sign_type=RSA', 'SignatureException sign_type'],
    'nothing but a signature' => ['sign=QUJD', 'SignatureException sign_wrong'],
    '1 MB' => [str_repeat('a', 1 << 20), $bad_form], '1 MB of fields' => [['a' => str_repeat('a', 1 << 20)], $bad_form],
    '1 MB of %' => [str_repeat('%41', 1 << 18), $bad_form],
    '100,000 fields' => [array_fill(0, 100000, 'x'), $bad_form],
    'a broken escape' => ['a=%zz&sign=QUJD', $bad_form], 'invalid UTF-8' => ["a=\xff&sign=QUJD", $bad_form],
    'escaped invalid UTF-8' => ['a=%ff&sign=QUJD', $bad_form], 'a field twice' => ['a=1&a=2&sign=QUJD', $bad_form],
    'an array' => [['a' => ['b'], 'sign' => 'QUJD'], $not_form], 'itself' => [$recursive, $not_form],
    'an array in brackets' => ['a[]=1&a[]=2&sign=QUJD', $bad_form],
    'a name that is not UTF-8' => [["\xff" => '1', 'sign' => 'QUJD'], $not_form],
];
foreach ($forms as $what => [$form, $expected]) {
    Checks::same($expected, $verify($form, $public), "verify: $what");
}

$ec = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
openssl_pkey_export($ec, $ec_private);
$ec_public = openssl_pkey_get_details($ec)['key'];
[$short_private, $short_public] = key_pair(512);
$no_keys = [
    'empty' => '', 'blank' => "  \n", 'text' => 'not a key', 'NUL' => "\0", 'invalid UTF-8' => "\xff\xfe", '1 MB' => str_repeat('A', 1 << 20),
    'a cut PEM' => substr($public, 0, 200), 'a missing file' => 'file:/nowhere/key.pem', 'a directory' => 'file:/tmp',
    'a device' => 'file:/dev/zero', 'a relative path' => 'file:key.pem', 'a URL' => 'https://example.com/key.pem',
];
foreach ($no_keys + ['the public key' => $public, 'EC' => $ec_private, '512 bits' => $short_private] as $what => $key) {
    $refused = $sign(['a' => '1'], $key);
    Checks::that((bool) preg_match('/^(ConfigException|InvalidInput) \w+/', $refused), "sign with $what: $refused");
}
foreach ($no_keys + ['the private key' => $private, 'EC' => $ec_public, '512 bits' => $short_public] as $what => $key) {
    $refused = $verify('a=1&sign=QUJD', $key);
    Checks::that((bool) preg_match('/^(ConfigException|InvalidInput) \w+/', $refused), "verify with $what: $refused");
}

foreach ([[], ['a=1'], ['a=1', $public, 'more']] as $arguments) {
    Checks::that(str_starts_with($verify(...$arguments), 'ArgumentCountError: ChatHub\Alipay::verify() expects exactly 2 arguments'), 'number of arguments');
}
foreach ([[null, $private], ['a=1', $private], [1, $private], [new stdClass(), $private], [['a' => '1'], null], [['a' => '1'], []], [['a' => '1'], new stdClass()]] as $arguments) {
    Checks::that(str_starts_with($sign(...$arguments), 'TypeError: '), 'types of sign: ' . $sign(...$arguments));
}
foreach ([['a=1', null], ['a=1', []], ['a=1', new stdClass()]] as $arguments) {
    Checks::that(str_starts_with($verify(...$arguments), 'TypeError: '), 'types of verify: ' . $verify(...$arguments));
}
Checks::that(str_contains(outcome(static fn () => new ChatHub\Alipay()), 'cannot instantiate'), 'there is no object');
Checks::held();
?>
--EXPECT--
88 checks held
