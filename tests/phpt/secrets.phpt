--TEST--
No secret in messages, stack traces or dumps
--INI--
zend.exception_ignore_args=0
zend.exception_string_param_max_len=1000
--FILE--
<?php
require __DIR__ . '/include/common.php';

const SECRET = 'S3cr3tS3cr3tS3cr3t';
const TOKEN = SECRET . '23456789ABCDEFGHJKLMNPQRSTUVWXYZ23'; // as long as a link's
[$private, $public] = key_pair();
$inner = substr(bare($private), 400, 60);
$damaged = substr($private, 0, 700) . substr($private, 760);
$dark = ['hostname' => '127.0.0.1', 'hostport' => '1', 'username' => 'site', 'password' => SECRET, 'database' => 'd', 'prefix' => 'fa_'];
$config = [
    'alipay_enabled' => '1', 'alipay_app_id' => '2021000000000001', 'alipay_public_key' => bare($public),
    'alipay_merchant_private_key' => $damaged, 'provision_api_key' => SECRET, 'request_base_url' => 'http://127.0.0.1',
];
$hub = new ChatHub\Hub($dark, $config);
$vault = new ChatHub\Vault(base64_encode(random_bytes(32)));
$attempts = [
    'sign, damaged key' => static fn () => ChatHub\Alipay::sign(['a' => '1'], $damaged),
    'sign, key with a password' => static fn () => ChatHub\Alipay::sign(['a' => '1'], "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" . SECRET . "\n-----END ENCRYPTED PRIVATE KEY-----"),
    'sign, text for a key' => static fn () => ChatHub\Alipay::sign(['a' => '1'], SECRET),
    'sign, wrong parameters' => static fn () => ChatHub\Alipay::sign(['a' => []], $private),
    'sign, file for a key' => static fn () => ChatHub\Alipay::sign(['a' => '1'], 'file:/nowhere/key.pem'),
    'verify, private key for a public one' => static fn () => ChatHub\Alipay::verify('a=1&sign=QUJD', $private),
    'construct' => static fn () => new ChatHub\Hub(['hostport' => SECRET] + $dark, $config),
    'construct, prefix' => static fn () => new ChatHub\Hub(['prefix' => '`'] + $dark, $config),
    'construct, time zone' => static fn () => new ChatHub\Hub($dark, ['timezone' => 'Mars'] + $config),
    'login' => static fn () => $hub->login('a@example.com', SECRET, '127.0.0.1'),
    'changePassword' => static fn () => $hub->changePassword(1, ['old_password' => SECRET, 'new_password' => SECRET, 'confirm_password' => SECRET], '127.0.0.1'),
    'resetTokenIsGood' => static fn () => $hub->resetTokenIsGood(TOKEN),
    'resetPassword' => static fn () => $hub->resetPassword(TOKEN, ['new_password' => SECRET, 'confirm_password' => SECRET], '127.0.0.1'),
    'confirmTokenIsGood' => static fn () => $hub->confirmTokenIsGood(TOKEN),
    'confirmEmail' => static fn () => $hub->confirmEmail(TOKEN),
    'my' => static fn () => $hub->my(1),
    'payAlipay' => static fn () => $hub->payAlipay(1, 'CH1', 'x'),
    'saveChannel' => static fn () => $hub->saveChannel(1, 1, 'jd', ['app_secret' => SECRET]),
    'beginChannel' => static fn () => $hub->beginChannel(1, 1, 'jd', SECRET, ['partner_tag' => SECRET]),
    'completeChannel' => static fn () => $hub->completeChannel(1, SECRET, ['state' => SECRET, 'code' => SECRET]),
    'vault, wrong key' => static fn () => new ChatHub\Vault(SECRET),
    'vault, seal' => static fn () => $vault->seal([SECRET]),
];
foreach ($attempts as $name => $attempt) {
    $thrown = null;
    try {
        $attempt();
    } catch (ChatHub\Exception $thrown) {
    }
    Checks::that($thrown !== null, "$name: refused");
    $shown = $thrown === null ? '' : implode("\n", [
        $thrown, $thrown->getMessage(), $thrown->getPublicMessage(), $thrown->getTraceAsString(),
        print_r(array_column($thrown->getTrace(), 'args', 'function')[array_key_first(array_column($thrown->getTrace(), 'args', 'function'))], true),
    ]);
    Checks::that(!str_contains($shown, SECRET), "$name: $shown");
    Checks::that(!str_contains(preg_replace('/\s/', '', $shown), $inner), "$name shows the private key");
}
Checks::that(!str_contains(print_r($hub, true) . var_export((array) $hub, true) . json_encode($hub), SECRET), 'the hub is opaque');
ob_start();
var_dump($hub);
Checks::that(!str_contains(ob_get_clean(), SECRET), 'the hub is opaque to var_dump');
Checks::same('Exception: Serialization of \'ChatHub\Hub\' is not allowed', outcome(static fn () => serialize($hub)), 'serialised');
Checks::same('Error: Trying to clone an uncloneable object of class ChatHub\Hub', outcome(static fn () => clone $hub), 'cloned');
Checks::held();
?>
--EXPECT--
70 checks held
