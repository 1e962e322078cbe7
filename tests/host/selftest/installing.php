<?php

declare(strict_types=1);

/** The life of an addon in the plugin manager. */
function check_installing(Checks $checks, Client $site, array $env): void
{
    $root = $env['site_root'];
    $calls = fn (): string => (string) file_get_contents("$root/runtime/oddity-calls.txt");
    $run = fn (string $command, string $subject): array => run_installer($env, $command, $subject);
    $checks->same("install tables=no\nenable tables=yes copied=yes\n", $calls(), 'install() precedes the tables');
    $checks->same('oddity{}', trim($site->get('/assets/addons/oddity/oddity.css')['body']), 'assets are published');
    $checks->same('from public', trim($site->get('/oddity.txt')['body']), 'public/ is merged');
    $checks->true(!is_dir("$root/addons/oddity/assets"), 'and both move out of the addon');

    $think = fn (string ...$words): array => run_php($env, ["$root/think", ...$words]);
    $checks->same([0, "hey\n"], $think('oddity:say', 'hey'), 'a command of the addon');
    $checks->same([0, "HEY\nHEY\n"], $think('oddity:say', '--loud', '-t', '2', 'hey'), 'with options');
    $checks->same(7, $think('oddity:say', 'fail')[0], 'its status is the exit status');
    $checks->same(1, $think('oddity:say')[0], 'a required argument is required');
    $checks->same(1, $think('oddity:say', 'hey', '--unknown')[0], 'unknown options are refused');

    $zip = dirname($root) . '/addon.zip';
    $checks->same([1, "Addon already exists\n"], $run('install', $zip), 'no second installation');
    $checks->same([1, "Please disable addon first\n"], $run('upgrade', $zip), 'no upgrade of an enabled addon');
    $checks->same(0, $run('disable', 'oddity')[0], 'disable');
    $checks->same(500, $site->get('/addons/oddity/index/rows')['status'], 'a disabled addon answers 500');
    $checks->true(!is_file("$root/public/oddity.txt"), 'merged files are gone');
    $checks->true(is_file("$root/addons/oddity/public/oddity.txt"), 'they are back in the addon');

    $checks->same(0, run_installer($env, 'config', 'oddity', '{"colour":"blue"}')[0], 'config');
    $checks->same(0, $run('upgrade', $zip)[0], 'upgrade');
    $checks->true(str_ends_with($calls(), "upgrade as OddityUpgrade\n"), 'upgrade() runs in a renamed class');
    $checks->true(!str_contains((string) file_get_contents("$root/addons/oddity/info.ini"), 'state = 1'), 'still off');

    touch("$root/runtime/refuse-enable");
    $checks->same([1, "enable refused\n"], $run('enable', 'oddity'), 'a refusal is shown');
    $checks->true(is_file("$root/public/oddity.txt"), 'but comes after the files were copied');
    $checks->same(500, $site->get('/addons/oddity/index/rows')['status'], 'and leaves the addon disabled');
    unlink("$root/runtime/refuse-enable");
    $checks->same(0, $run('enable', 'oddity')[0], 'enable');
    $address = $site->get('/addons/oddity/index/address')['json'];
    $checks->same('blue', $address['config']['colour'], 'the upgrade kept the configuration');

    $checks->same(0, $run('disable', 'oddity')[0], 'disable again');
    $checks->same(0, $run('uninstall', 'oddity')[0], 'uninstall');
    $checks->true(!is_dir("$root/addons/oddity"), 'nothing is left of the addon');
    touch("$root/runtime/refuse-install");
    $checks->same([1, "install refused\n"], $run('install', $zip), 'a refusal in install() is shown');
    $checks->true(!is_dir("$root/addons/oddity"), 'and leaves no trace');
    $checks->true(str_ends_with($calls(), "install tables=yes\n"), 'tables outlive the addon');
    unlink("$root/runtime/refuse-install");
    touch("$root/runtime/ddl-install");
    $checks->same(
        [3, "PDOException: There is no active transaction\n"],
        $run('install', $zip),
        'DDL in install() breaks the installation'
    );
}

/** @return array{int,string} exit status and what the administrator reads */
function run_installer(array $env, string $command, string $subject, string $input = ''): array
{
    return run_php($env, [dirname(__DIR__) . '/install.php', $env['site_root'], $command, $subject], $input);
}

/** @return array{int,string} exit status and output */
function run_php(array $env, array $arguments, string $input = ''): array
{
    $process = proc_open(
        [PHP_BINARY, '-c', $env['php_ini'], ...$arguments],
        [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']],
        $pipes
    );
    fwrite($pipes[0], $input);
    fclose($pipes[0]);
    $output = stream_get_contents($pipes[1]) . stream_get_contents($pipes[2]);
    return [proc_close($process), $output];
}
