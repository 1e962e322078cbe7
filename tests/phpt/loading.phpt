--TEST--
Loads in any order beside its neighbours, with wrong settings, and only once
--FILE--
<?php
require __DIR__ . '/include/common.php';

/** @return array{int,string} */
function php(array $settings, string $code): array
{
    $options = array_merge(...array_map(static fn ($setting) => ['-d', $setting], $settings));
    $process = proc_open([PHP_BINARY, '-n', '-d', 'display_startup_errors=1', '-d', 'error_reporting=-1', ...$options, '-r', $code], [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes);
    $output = stream_get_contents($pipes[1]);

    return [proc_close($process), trim($output)];
}

$extension = 'extension=' . getenv('CHATHUB_EXTENSION');
$code = '[$k] = [openssl_pkey_new()]; openssl_pkey_export($k, $pem); $public = openssl_pkey_get_details($k)["key"];
    $sign = ChatHub\Alipay::sign(["a" => "b"], $pem);
    echo openssl_verify("a=b", base64_decode($sign), $public, OPENSSL_ALGO_SHA256), json_encode(ChatHub\Alipay::verify(["a" => "b", "sign" => $sign], $public)),
        json_encode(array_map("extension_loaded", ["chathub", "pdo_mysql", "curl", "mbstring"]));';
$neighbours = ['extension=mysqlnd', 'extension=pdo', 'extension=pdo_mysql', 'extension=curl', 'extension=mbstring'];
// A neighbour may be built in: then it needs no file.
$neighbours = array_filter($neighbours, static fn ($line) => is_file(ini_get('extension_dir') . '/' . substr($line, 10) . '.so'));
Checks::same([0, '1{"a":"b"}[true,false,false,false]'], php([$extension], $code), 'alone');
foreach (range(0, count($neighbours)) as $place) {
    $order = array_values($neighbours);
    array_splice($order, $place, 0, [$extension]);
    Checks::same([0, '1{"a":"b"}[true,true,true,true]'], php($order, $code), "in place $place");
}
[$status, $output] = php([$extension, $extension], 'echo " ", ChatHub\Hub::VERSION;');
Checks::that($status === 0 && str_contains($output, 'already loaded') && str_ends_with($output, phpversion('chathub')), "twice: $output");
foreach (['x', '-1', '0', '1e9', '99999999999999999999', ''] as $value) {
    Checks::same([0, '3'], php([$extension, "chathub.http_timeout=$value", "chathub.provision_timeout=$value", "chathub.alipay_gateway=$value"], 'echo count((new ChatHub\Hub([], []))->plans());'), "settings $value");
}
$curl = 'echo curl_exec(curl_init("http://127.0.0.1:1/")) === false ? 1 : 0, mb_strlen("支付");
    try { new PDO("mysql:host=127.0.0.1;port=1"); } catch (PDOException $e) { echo 2; }
    try { (new ChatHub\Hub(["hostname" => "127.0.0.1", "hostport" => "1"], []))->my(1); } catch (ChatHub\StorageException $e) { echo 3; }';
Checks::same([0, '1223'], php([...$neighbours, $extension], $curl), 'used side by side');

// A child made by fork has the parent's library, and ends quietly.
$fork = 'try { (new ChatHub\Hub(["hostport" => "1"], []))->my(1); } catch (ChatHub\StorageException $e) {}
    if (($pid = pcntl_fork()) === 0) { try { (new ChatHub\Hub(["hostport" => "1"], []))->my(1); } catch (ChatHub\StorageException $e) { exit(4); } }
    pcntl_waitpid($pid, $status); echo pcntl_wexitstatus($status);';
Checks::same([0, '4'], php([$extension], $fork), 'fork');
Checks::held();
?>
--EXPECT--
16 checks held
