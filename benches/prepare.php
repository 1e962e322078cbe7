<?php

/**
 * Makes tenants with one unpaid order each, and prints a signed notification for each order: {"headers":{…},"body":…}, one per line.
 * Alipay's are signed here, WeChat Pay's are encrypted and signed by the sandbox, whose keys it needs.
 *
 *     php prepare.php ENV.JSON COUNT active|pending alipay|wechat
 */

declare(strict_types=1);

[, $file, $count, $status, $provider] = $argv;
$env = json_decode(file_get_contents($file), true, 32, JSON_THROW_ON_ERROR);
$place = $env['db'];
$sandbox = $env['sandbox'];
$db = new PDO("mysql:host={$place['host']};port={$place['port']};dbname={$place['name']};charset=utf8mb4", $place['user'], $place['password']);
$tenants = "{$place['prefix']}chathub_tenant";
$orders = "{$place['prefix']}chathub_order";
$now = time();
$run = bin2hex(random_bytes(3));
$embed = $status === 'active' ? '<script>/* made for a measurement */</script>' : null;
$tenant = $db->prepare("INSERT INTO $tenants (user_id, tenant_name, domain, email, max_agents, channel_type, status, config, embed_code, expire_at, createtime, updatetime) VALUES (1, ?, ?, ?, 3, 'web_widget', ?, '{\"plan\":\"basic\",\"seats\":3}', ?, ?, ?, ?)");
$order = $db->prepare("INSERT INTO $orders (order_no, tenant_id, user_id, plan, amount, pay_method, charged_fen, status, createtime, updatetime) VALUES (?, ?, 1, 'basic', 50.00, ?, ?, 'pending', ?, ?)");
$numbers = [];
$db->beginTransaction();
for ($i = 0; $i < (int) $count; $i++) {
    $number = sprintf('CH%s%s%06d', date('YmdHis', $now), $run, $i);
    $tenant->execute(["示例公司 $run $i", "$run-$i.example", "$run-$i@example.com", $status, $embed, date('Y-m-d H:i:s', $now + 864000), $now, $now]);
    $order->execute([$number, $db->lastInsertId(), $provider, $provider === 'wechat' ? 5000 : null, $now, $now]);
    $numbers[] = $number;
}
$db->commit();

$make = $provider === 'wechat' ? wechat_maker($sandbox) : alipay_maker($sandbox, $now, $run);
foreach ($numbers as $i => $number) {
    echo json_encode($make($number, $i), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
}

/** @return Closure(string,int):array{headers:array<string,string>,body:string} */
function alipay_maker(array $sandbox, int $now, string $run): Closure
{
    $pem = "-----BEGIN PRIVATE KEY-----\n" . chunk_split($sandbox['alipay_private_key'], 64, "\n") . "-----END PRIVATE KEY-----\n";
    $key = openssl_pkey_get_private($pem);

    return static function (string $number, int $i) use ($sandbox, $now, $run, $key): array {
        $fields = [
            'app_id' => $sandbox['app_id'], 'auth_app_id' => $sandbox['app_id'], 'buyer_id' => '2088000000000001',
            'buyer_pay_amount' => '50.00', 'charset' => 'utf-8', 'fund_bill_list' => '[{"amount":"50.00","fundChannel":"ALIPAYACCOUNT"}]',
            'gmt_create' => date('Y-m-d H:i:s', $now), 'gmt_payment' => date('Y-m-d H:i:s', $now), 'invoice_amount' => '50.00',
            'notify_id' => "$run$i", 'notify_time' => date('Y-m-d H:i:s', $now), 'notify_type' => 'trade_status_sync',
            'out_trade_no' => $number, 'point_amount' => '0.00', 'receipt_amount' => '50.00', 'seller_id' => $sandbox['seller_id'],
            'subject' => "ChatHub 基础版 示例公司 $i", 'total_amount' => '50.00', 'trade_no' => date('Ymd', $now) . "22001$run$i",
            'trade_status' => 'TRADE_SUCCESS', 'version' => '1.0',
        ];
        ksort($fields);
        $text = implode('&', array_map(static fn ($name) => "$name=$fields[$name]", array_keys($fields)));
        openssl_sign($text, $signature, $key, OPENSSL_ALGO_SHA256);

        return [
            'headers' => ['Content-Type' => 'application/x-www-form-urlencoded; charset=utf-8'],
            'body' => http_build_query($fields + ['sign_type' => 'RSA2', 'sign' => base64_encode($signature)]),
        ];
    };
}

/** @return Closure(string):array{headers:array<string,string>,body:string} */
function wechat_maker(array $sandbox): Closure
{
    return static function (string $number) use ($sandbox): array {
        $options = [
            'fields' => ['out_trade_no' => $number, 'amount' => ['total' => 5000, 'payer_total' => 5000]],
            'sign_with' => 'public_key',
        ];
        $http = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => json_encode($options), 'timeout' => 10];
        $answer = file_get_contents("{$sandbox['control']}/wechat/sign", false, stream_context_create(['http' => $http]));
        $signed = json_decode($answer, true, 32, JSON_THROW_ON_ERROR);

        return ['headers' => ['Content-Type' => 'application/json'] + $signed['headers'], 'body' => $signed['body']];
    };
}
