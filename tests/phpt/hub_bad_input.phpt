--TEST--
Hub: every method with every bad value while the database is unreachable; clear exceptions, no warning, no crash
--FILE--
<?php
require __DIR__ . '/include/common.php';

const PASSWORD = 'S3cr3tS3cr3tS3cr3t';
const TOKEN = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ23456789ABCDEFGHJKLM';
$construct = static fn (mixed ...$arguments) => outcome(static fn () => get_class(new ChatHub\Hub(...$arguments)));
$odd = ['', "\0", "\xff", str_repeat('x', 1 << 20), [], ['x'], -1, 0, PHP_INT_MAX, 1.5, true, null, new stdClass(), STDIN];
foreach ($odd as $number => $value) {
    foreach (['hostname', 'socket', 'database', 'username', 'password', 'charset', 'unknown', 0] as $name) {
        Checks::same("'ChatHub\\Hub'", $construct([$name => $value], []), "database $name, value $number");
    }
    foreach (['alipay_enabled', 'alipay_public_key', 'provision_wait', 'request_base_url', 'unknown', 0] as $name) {
        Checks::same("'ChatHub\\Hub'", $construct([], [$name => $value]), "configuration $name, value $number");
    }
    foreach ([['prefix', $construct([['prefix' => $value]], [])], ['hostport', $construct(['hostport' => $value], [])], ['timezone', $construct([], ['timezone' => $value])]] as [$name, $outcome]) {
        Checks::that((bool) preg_match('/^(\'ChatHub.Hub\'|ConfigException \w+)$/', $outcome), "$name, value $number: $outcome");
    }
}
foreach (['x', '-1', '65536', '3306; DROP', "3306\0"] as $port) {
    Checks::same('ConfigException hostport', $construct(['hostport' => $port], []), "port $port");
}
foreach (['`', 'a b', "a\0", '表', str_repeat('a', 100)] as $prefix) {
    Checks::same('ConfigException table_prefix', $construct(['prefix' => $prefix], []), "prefix $prefix");
}
foreach (['Mars/Olympus', '../../etc/passwd', "UTC\0", '+08:00 '] as $zone) {
    Checks::same('ConfigException timezone', $construct([], ['timezone' => $zone]), "zone $zone");
}
foreach ([[], [[]], ['x', []], [[], 'x'], [null, null], [new stdClass(), []]] as $number => $arguments) {
    Checks::that((bool) preg_match('/^(ArgumentCountError|TypeError): /', $construct(...$arguments)), "arguments $number");
}

[$private, $public] = key_pair(); // Alipay's
[$ours] = key_pair();
$database = ['hostname' => '127.0.0.1', 'hostport' => '1', 'username' => 'site', 'password' => PASSWORD, 'database' => 'site', 'prefix' => 'fa_'];
$config = [
    'alipay_enabled' => '1', 'alipay_sandbox' => '1', 'alipay_app_id' => '2021000000000001', 'alipay_public_key' => bare($public),
    'alipay_merchant_private_key' => bare($ours), 'provision_api_key' => PASSWORD, 'request_base_url' => 'http://127.0.0.1',
    'mail_type' => '1', 'mail_smtp_host' => '127.0.0.1', 'mail_from' => 'shop@example.com', 'public_base_url' => 'https://www.example.com',
    'gateway_aes_key' => base64_encode(random_bytes(32)), 'jd_app_key' => 'key', 'jd_app_secret' => PASSWORD,
];
$hub = new ChatHub\Hub($database, $config);
$form = ['company_name' => 'Acme', 'email' => 'a@example.com', 'domain' => 'example.com', 'plan' => 'basic'];
$change = ['old_password' => 'old password', 'new_password' => 'new password', 'confirm_password' => 'new password'];
$reset = ['new_password' => 'new password', 'confirm_password' => 'new password'];
$good = [
    'register' => [$form, '127.0.0.1', null], 'login' => ['a@example.com', 'password', '127.0.0.1'], 'account' => [1],
    'changePassword' => [1, $change, '127.0.0.1'], 'my' => [1], 'status' => [1], 'renew' => [1, 1], 'order' => [1, 'CH1'],
    'payAlipay' => [1, 'CH1', 'Mozilla/5.0'], 'orderStatus' => [1, 'CH1'], 'payReturn' => ['CH1'], 'reprovision' => [1, 1], 'migrate' => [], 'migrationPlan' => [],
    'forgotPassword' => ['a@example.com', '127.0.0.1'], 'resetTokenIsGood' => [TOKEN], 'resetPassword' => [TOKEN, $reset, '127.0.0.1'],
    'confirmTokenIsGood' => [TOKEN], 'confirmEmail' => [TOKEN], 'resendConfirmation' => [1, '127.0.0.1'], 'setLanguage' => [1, 'en'],
    'channels' => [1, 1], 'channelForm' => [1, 1, 'jd', null], 'saveChannel' => [1, 1, 'jd', ['app_id' => 'a', 'app_secret' => 'b', 'account' => '']],
    'beginChannel' => [1, 1, 'jd', 'session', ['account' => '']], 'completeChannel' => [1, 'session', ['state' => str_repeat('A', 32), 'code' => 'x']],
    'pauseChannel' => [1, 1], 'resumeChannel' => [1, 1], 'unbindChannel' => [1, 1], 'rekey' => [0],
];
foreach ($good as $method => $arguments) {
    $thrown = null;
    try {
        $hub->$method(...$arguments);
    } catch (ChatHub\StorageException $thrown) {
    }
    Checks::same('storage', $thrown?->getKey(), "$method without a database");
    Checks::that(str_contains((string) $thrown?->getMessage(), 'cannot connect to the database'), "$method says so: {$thrown?->getMessage()}");
    Checks::that(!str_contains((string) $thrown, PASSWORD), "$method shows the password");
    Checks::same('系统繁忙，请稍后重试', $thrown?->getPublicMessage(), "$method, for the member");
}
Checks::same('null', outcome(static fn () => $hub->finish()), 'nothing was left running');
foreach (['nudge' => [], 'workTenant' => [1]] as $method => $arguments) {
    // Whoever calls it after the answer has a log to write to.
    Checks::same('StorageException storage', outcome(static fn () => $hub->$method(...$arguments)), $method);
}
Checks::same(3, count($hub->plans()), 'plans need no database');
Checks::same(true, $hub->canMail(), 'with mail settings');
Checks::same('ConfigException mail_off', outcome(static fn () => (new ChatHub\Hub($database, ['mail_from' => ''] + $config))->forgotPassword('a@example.com', '127.0.0.1')), 'without them');

// One bad value at a time, at every place.
// A link of the wrong length is over without a look into the tables.
$refused = '/^(false|StorageException storage|(InvalidInput|NotFound|Forbidden|ConfigException) \w+( \(\w+\))?|null|(TypeError|ArgumentCountError): .*)$/s';
$all = $good + ['workTenant' => [1], 'finish' => [], 'nudge' => []];
foreach ($all as $method => $arguments) {
    foreach (array_keys($arguments) as $place) {
        foreach ($odd as $number => $value) {
            $outcome = outcome(static fn () => $hub->$method(...array_replace($arguments, [$place => $value])));
            Checks::that((bool) preg_match($refused, $outcome), "$method, argument $place, value $number: $outcome");
        }
        if (is_array($arguments[$place])) {
            foreach (array_keys($arguments[$place]) as $name) {
                foreach ($odd as $number => $value) {
                    $changed = array_replace($arguments, [$place => [$name => $value] + $arguments[$place]]);
                    $outcome = outcome(static fn () => $hub->$method(...$changed));
                    Checks::that((bool) preg_match($refused, $outcome) && !str_starts_with($outcome, 'TypeError'), "$method, $name, value $number: $outcome");
                }
            }
        }
    }
    foreach ([-1, PHP_INT_MIN, PHP_INT_MAX, 4294967296] as $id) {
        if (is_int($arguments[0] ?? null)) {
            $outcome = outcome(static fn () => $hub->$method(...array_replace($arguments, [$id])));
            Checks::that((bool) preg_match($refused, $outcome), "$method of $id: $outcome");
        }
    }
    Checks::that(str_starts_with(outcome(static fn () => $hub->$method(...[...$arguments, 1, 2])), 'ArgumentCountError'), "$method, too many arguments");
}

// A notification always has an answer.
$genuine = http_build_query(signed(['app_id' => '2021000000000001', 'out_trade_no' => 'CH1', 'trade_no' => '2024', 'total_amount' => '60.00', 'trade_status' => 'TRADE_SUCCESS', 'notify_id' => '1'], $private));
$answer = $hub->payNotify('alipay', $genuine, ['Content-Type' => 'application/x-www-form-urlencoded']);
Checks::same([500, 'fail', 'text/plain; charset=utf-8', null, 'storage'], array_values($answer), 'a genuine notification without a database');
Checks::same(['status', 'body', 'content_type', 'tenant_id', 'outcome'], array_keys($answer), 'its keys');
$bodies = ['', "\0", "\xff", 'a=1&a=1', str_repeat('a', 1 << 20), str_repeat('&', 1 << 20), str_repeat('%', 1 << 20), '{"a":1}', substr($genuine, 0, 300), str_replace('60.00', '0.01', $genuine)];
foreach (['alipay', 'wechat', '', 'Alipay', "\0", "\xff", str_repeat('x', 1 << 20), '../alipay'] as $provider) {
    foreach ($bodies as $number => $body) {
        foreach ([[], [null], ["\xff" => "\xff"], ['a' => [[]], 'b' => new stdClass()], null] as $headers) {
            $answer = $hub->payNotify($provider, $body, $headers);
            // WeChat Pay is not configured: its messages are to come again once it is.
            $expected = $provider === 'wechat' ? [500, '{"code":"FAIL","message":"not accepted"}', null] : [400, 'fail', null];
            Checks::same($expected, [$answer['status'], $answer['body'], $answer['tenant_id']], "notification $number of " . substr($provider, 0, 9));
        }
    }
}
foreach ([[], ['x' => '1'], ['alipay_public_key' => 'x'], ['alipay_enabled' => '0']] as $number => $other) {
    $answer = (new ChatHub\Hub($database, $other === [] ? [] : $other + $config))->payNotify('alipay', $genuine);
    Checks::same([500, 'fail', null], [$answer['status'], $answer['body'], $answer['tenant_id']], "configuration $number: {$answer['outcome']}");
}
foreach ([[null, ''], ['alipay', null], ['alipay', []], ['alipay', '', 'x'], ['alipay']] as $number => $arguments) {
    Checks::that((bool) preg_match('/^(ArgumentCountError|TypeError): /', outcome(static fn () => $hub->payNotify(...$arguments))), "payNotify, arguments $number");
}
Checks::held();
?>
--EXPECTF--
%d checks held
