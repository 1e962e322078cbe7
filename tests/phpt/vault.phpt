--TEST--
Vault: the gateway's format both ways with the openssl extension; tampering, wrong keys, odd arrays
--FILE--
<?php
require __DIR__ . '/include/common.php';

$raw = random_bytes(32);
$vault = new ChatHub\Vault(base64_encode($raw));
$open = static fn (string $blob) => openssl_decrypt(substr($blob, 12, -16), 'aes-256-gcm', $raw, OPENSSL_RAW_DATA, substr($blob, 0, 12), substr($blob, -16));
$seal = static function (string $json) use ($raw): string {
    $nonce = random_bytes(12);
    $sealed = openssl_encrypt($json, 'aes-256-gcm', $raw, OPENSSL_RAW_DATA, $nonce, $tag);

    return $nonce . $sealed . $tag;
};
$credentials = [
    [], ['access_token' => 'Atza|x', 'partner_tag' => 'tag-20'], ['店铺' => "引号\" 反斜杠\\ /斜杠 \u{1F600} \u{2028}"], ['n' => 7, 'f' => 1.5, 'one' => 1.0, 't' => true, 'none' => null],
    ['b' => 1, 'a' => 2], ['scope' => ['x', 'y'], 'deep' => ['a' => ['b' => ['c' => []]]]], ['5' => 'five'], ['long' => str_repeat('a', 5000)],
];
foreach ($credentials as $number => $array) {
    $blob = $vault->seal($array);
    Checks::same($array, json_decode($open($blob), true), "openssl opens $number");
    Checks::same($array, $vault->open($blob), "and we do");
    Checks::same($array, $vault->open($seal(json_encode((object) $array, JSON_PRESERVE_ZERO_FRACTION))), "openssl seals $number");
    Checks::that(preg_match('//u', $blob) === false, "$number is no UTF-8");
}
Checks::that(!str_contains($open($vault->seal(['a' => '/中'])), '\\'), 'written as it is');
$value = 'v';
Checks::same(['r' => 'v'], $vault->open($vault->seal(['r' => &$value])), 'a reference');
$blob = $vault->seal(['access_token' => 'S3cr3t']);
for ($place = 0; $place < strlen($blob); $place++) {
    $changed = $blob;
    $changed[$place] = chr(ord($changed[$place]) ^ 1);
    Checks::same('ConfigException credentials_unreadable', outcome(static fn () => $vault->open($changed)), "byte $place");
}
$other = new ChatHub\Vault(base64_encode(random_bytes(32)));
foreach ([$blob, '', 'x', '{"access_token":"plain"}', "\xff", str_repeat("\0", 28), substr($blob, 0, -1)] as $number => $bad) {
    Checks::same('ConfigException credentials_unreadable', outcome(static fn () => $other->open($bad)), "blob $number");
}
Checks::same('ConfigException credentials_unreadable', outcome(static fn () => $vault->open($seal('[1,2]'))), 'a list');
Checks::same('ConfigException credentials_unreadable', outcome(static fn () => $vault->open($seal('"text"'))), 'a text');
Checks::same('ConfigException credentials_unreadable', outcome(static fn () => $vault->open($seal("{\"a\":\"\xff\"}"))), 'no UTF-8 inside');

$deep = [];
for ($depth = 0; $depth < 100; $depth++) {
    $deep = ['a' => $deep];
}
$loop = ['a' => 1];
$loop['self'] = &$loop;
foreach ([['a', 'b'], ['a' => "\xff"], ['a' => NAN], ['a' => INF], ['a' => STDIN], $deep, $loop] as $number => $bad) {
    Checks::same('InvalidInput not_text (credentials)', outcome(static fn () => $vault->seal($bad)), "array $number");
}
final class Loud implements JsonSerializable
{
    public function jsonSerialize(): mixed
    {
        throw new DomainException('mine');
    }
}
Checks::same('DomainException: mine', outcome(static fn () => $vault->seal(['a' => new Loud()])), 'an exception of its own');

$file = tempnam(sys_get_temp_dir(), 'key');
file_put_contents($file, base64_encode($raw) . "\n");
Checks::same(['access_token' => 'S3cr3t'], (new ChatHub\Vault("file:$file"))->open($blob), 'the key in a file');
unlink($file);
foreach (['' => 'vault_missing', 'x' => 'vault_key', "\0" => 'vault_key', bin2hex($raw) => 'vault_key', base64_encode('short') => 'vault_key', "file:$file" => 'vault_key_file', 'file:x' => 'vault_key_file'] as $key => $reason) {
    Checks::same("ConfigException $reason (gateway_aes_key)", outcome(static fn () => new ChatHub\Vault((string) $key)), "key $reason");
}
Checks::same('InvalidInput not_text (base64Key)', outcome(static fn () => new ChatHub\Vault("\xff")), 'a key that is no text');
foreach ([[], [null], [[]], ['a', 'b']] as $number => $arguments) {
    Checks::that((bool) preg_match('/^(ArgumentCountError|TypeError): /', outcome(static fn () => new ChatHub\Vault(...$arguments))), "arguments $number");
}
ob_start();
var_dump($vault);
print_r($vault);
Checks::that(!str_contains(ob_get_clean(), base64_encode($raw)), 'opaque');
Checks::that(str_starts_with(outcome(static fn () => serialize($vault)), 'Exception: Serialization'), 'serialised');
Checks::that(str_starts_with(outcome(static fn () => clone $vault), 'Error: '), 'cloned');
Checks::held();
?>
--EXPECTF--
%d checks held
