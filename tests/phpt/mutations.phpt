--TEST--
20,000 random mutations of a notification: always an answer, never a forgery, memory stays flat
--FILE--
<?php
require __DIR__ . '/include/common.php';

const ROUNDS = 20000;
mt_srand((int) (getenv('CHATHUB_SEED') ?: 20240101));
[$private, $public] = key_pair();
$key = bare($public);
$fields = ['app_id' => '2021', 'out_trade_no' => 'CH1', 'trade_no' => '2024010122', 'total_amount' => '60.00', 'trade_status' => 'TRADE_SUCCESS', 'subject' => '支付 + 100% & "x"', 'empty' => '', 'seller_id' => '2088'];
$genuine = http_build_query(signed($fields, $private));
$hub = new ChatHub\Hub(['hostname' => '127.0.0.1', 'hostport' => '1'], ['alipay_enabled' => '1', 'alipay_app_id' => '2021', 'alipay_public_key' => $key, 'alipay_merchant_private_key' => bare($private)]);
$pieces = ['&', '=', '%', '+', '%00', '%26', '%3D', "\0", "\xff", '[]', '&sign=', '&sign_type=RSA', '&total_amount=0.01', '&app_id=', ';', '&&', '%E6%B5', "\r\n", '支', '&gmt_refund=1'];

function mutated(string $body, array $pieces): string
{
    for ($changes = mt_rand(1, 4); $changes > 0; $changes--) {
        $at = mt_rand(0, strlen($body));
        $body = match (mt_rand(0, 5)) {
            0 => substr($body, 0, $at),
            1 => substr_replace($body, chr(mt_rand(0, 255)), $at, 1),
            2 => substr_replace($body, $pieces[array_rand($pieces)], $at, mt_rand(0, 3)),
            3 => substr_replace($body, '', $at, mt_rand(1, 40)),
            4 => substr($body, $at) . '&' . substr($body, 0, $at),
            5 => $body . $pieces[array_rand($pieces)] . mt_rand(),
        };
    }

    return $body;
}

/** The form as another reader sees it; parse_str() would stop at a NUL. */
function fields_of(string|array $form): array
{
    $fields = is_array($form) ? $form : [];
    foreach (is_array($form) ? [] : explode('&', $form) as $pair) {
        [$name, $value] = explode('=', $pair, 2) + [1 => ''];
        $fields[urldecode($name)] = urldecode($value);
    }

    return $fields;
}

$accepted = 0;
$outcomes = [];
$kept = [];
for ($round = 0; $round < ROUNDS; $round++) {
    $body = mutated($genuine, $pieces);
    $form = $body;
    if ($round % 3 === 0) {
        parse_str($body, $form);
    }
    if ($round % 40 === 0) {
        $kept[] = [$form, $body];
    }
    try {
        $verified = ChatHub\Alipay::verify($form, $key);
        $accepted++;
        $signature = base64_decode(fields_of($form)['sign'] ?? '');
        if (openssl_verify(string_to_sign($verified, false, false), $signature, $public, OPENSSL_ALGO_SHA256) !== 1) {
            echo 'FORGED: ', rawurlencode($body), "\n";
        }
    } catch (ChatHub\SignatureException | ChatHub\InvalidInput $e) {
        $outcomes[$e->getKey()] = true;
    }
    $answer = $hub->payNotify('alipay', $body, ['x' => $body]);
    if (!in_array($answer['status'], [400, 500], true) || $answer['body'] !== 'fail' || $answer['tenant_id'] !== null) {
        echo 'ACKNOWLEDGED: ', rawurlencode($body), ' ', json_encode($answer), "\n";
    }
}
$missed = array_diff(['bad_form', 'sign_missing', 'sign_malformed', 'sign_wrong', 'sign_type'], array_keys($outcomes));
echo $missed === [] ? "every refusal was reached\n" : 'NOT REACHED: ' . implode(' ', $missed) . "\n";
// Some changes alter nothing that is signed, e.g. the order of the fields.
echo $accepted > 0 && $accepted < ROUNDS / 4 ? "few changes change nothing\n" : "ACCEPTED: $accepted\n";

/** Calls the extension and nothing else, so that what grows is its own. */
function call_all(array $kept, string $key, ChatHub\Hub $hub): int
{
    foreach ($kept as [$form, $body]) {
        try {
            ChatHub\Alipay::verify($form, $key);
        } catch (ChatHub\Exception) {
        }
        $hub->payNotify('alipay', $body, ['x' => $body]);
    }

    return memory_get_usage();
}

$before = call_all($kept, $key, $hub);
for ($round = 0; $round < ROUNDS / count($kept); $round++) {
    $after = call_all($kept, $key, $hub);
}
echo $after - $before < 1024 ? "memory stayed flat\n" : 'MEMORY: grew by ' . ($after - $before) . " bytes\n";
?>
--EXPECT--
every refusal was reached
few changes change nothing
memory stayed flat
