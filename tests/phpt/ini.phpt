--TEST--
Settings: defaults, for the server's administrator only; the phpinfo table; the version
--INI--
chathub.http_timeout=7
--FILE--
<?php
require __DIR__ . '/include/common.php';

$defaults = ['chathub.alipay_gateway' => '', 'chathub.http_timeout' => '7', 'chathub.mail_ca_file' => '', 'chathub.mail_timeout' => '20', 'chathub.oauth_base' => '', 'chathub.provision_timeout' => '45', 'chathub.wechat_base' => ''];
$all = ini_get_all('chathub');
ksort($all);
Checks::same(array_keys($defaults), array_keys($all), 'names');
foreach ($defaults as $name => $value) {
    Checks::same($value, (string) ini_get($name), $name);
    Checks::same(INI_SYSTEM, $all[$name]['access'], "$name, access");
    Checks::same(false, ini_set($name, '1'), "$name cannot be set by a script");
    Checks::same($value, (string) ini_get($name), "$name afterwards");
}
preg_match('/^version = "([^"]+)"/m', file_get_contents(root() . '/Cargo.toml'), $version);
Checks::same($version[1], phpversion('chathub'), 'phpversion');
Checks::same($version[1], ChatHub\Hub::VERSION, 'Hub::VERSION');
ob_start();
(new ReflectionExtension('chathub'))->info();
$lines = explode("\n", ob_get_clean());
foreach (["Version => {$version[1]}", 'ChatHub => enabled', 'chathub.http_timeout => 7', 'chathub.provision_timeout => 45', 'chathub.mail_timeout => 20'] as $line) {
    Checks::that(in_array($line, $lines, true), "phpinfo: $line");
}
Checks::held();
?>
--EXPECT--
36 checks held
