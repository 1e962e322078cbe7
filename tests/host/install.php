<?php

/**
 * Does to a site what the plugin manager does with an addon's zip: on the stand-in and on a real FastAdmin.
 *
 *     php install.php SITE install|upgrade ZIP
 *     php install.php SITE enable|disable|uninstall ADDON
 *     php install.php SITE config ADDON < values.json
 *
 * A refusal (\think\Exception) prints what the administrator would read and exits with 1; anything else that
 * is thrown would be an error page, and exits with 3.
 */

use think\addons\Service;
use think\App;
use think\Db;
use think\Exception;

[, $site, $command, $subject] = $argv + [null, '', '', ''];
if ($site === '' || $subject === '') {
    fwrite(STDERR, "usage: php install.php SITE COMMAND ZIP|ADDON\n");
    exit(2);
}
$subject = is_file($subject) ? realpath($subject) : $subject;
define('APP_PATH', realpath($site) . '/application/');
// The framework takes the second argument for a path to route.
$_SERVER['argv'] = [$argv[0]];
require realpath($site) . '/thinkphp/base.php';
App::initCommon();
// In the backend the administrator's session has opened the connection before; Db::getPdo() alone does not.
Db::query('SELECT 1');

/** Reads info.ini at the root of the zip, and puts the zip where the plugin manager unpacks from. */
function accept_zip($zip)
{
    $archive = new ZipArchive();
    if ($archive->open($zip) !== true) {
        throw new Exception('Unable to open the zip file');
    }
    $info = parse_ini_string((string) $archive->getFromName('info.ini'));
    $archive->close();
    if (!$info || !preg_match('/^[a-zA-Z0-9]+$/', $info['name'] ?? '')) {
        throw new Exception('Addon info file data incorrect');
    }
    is_dir(RUNTIME_PATH . 'addons') || mkdir(RUNTIME_PATH . 'addons', 0755, true);
    copy($zip, RUNTIME_PATH . 'addons/' . $info['name'] . '.zip');
    return $info;
}

function unpack_zip($name)
{
    $zip = RUNTIME_PATH . "addons/$name.zip";
    Service::unzip($name, $zip);
    is_file($zip) && unlink($zip);
}

/** 本地安装: ends disabled; install() runs before the tables exist; a refusal leaves no trace. */
function local_install($zip)
{
    $name = accept_zip($zip)['name'];
    if (is_dir(ADDON_PATH . $name)) {
        throw new Exception('Addon already exists');
    }
    unpack_zip($name);
    Db::startTrans();
    try {
        Service::check($name);
        if (get_addon_info($name)['state']) {
            set_addon_info($name, ['state' => 0]);
        }
        $class = get_addon_class($name);
        (new $class())->install();
        Db::commit();
    } catch (\Exception $e) {
        // After DDL there is nothing to roll back: this throws as well, and the folder stays.
        Db::rollback();
        rmdirs(ADDON_PATH . $name);
        throw new Exception($e->getMessage());
    }
    Service::importsql($name);
}

/** Files replaced, configuration put back, install.sql again, then upgrade() of the new class. */
function local_upgrade($zip)
{
    $name = accept_zip($zip)['name'];
    $info = get_addon_info($name);
    if (!$info) {
        throw new Exception('Addon not exists');
    }
    if ($info['state']) {
        throw new Exception('Please disable addon first');
    }
    $config = get_addon_config($name);
    foreach (['application', 'public'] as $directory) {
        rmdirs(ADDON_PATH . $name . '/' . $directory);
    }
    unpack_zip($name);
    $config && set_addon_config($name, $config);
    Service::importsql($name);

    // The old class is loaded already, so the new one is run under another name.
    $class = ucfirst($name);
    $source = file_get_contents(ADDON_PATH . "$name/$class.php");
    $file = ADDON_PATH . "$name/{$class}Upgrade.php";
    file_put_contents($file, str_replace("class $class extends", "class {$class}Upgrade extends", $source));
    $upgrade = "\\addons\\$name\\{$class}Upgrade";
    $addon = new $upgrade($name);
    if (method_exists($addon, 'upgrade')) {
        $addon->upgrade();
    }
    unlink($file);
    Service::refresh();
}

/** Fields that config.php does not list would vanish without a word. */
function set_config($name, array $values)
{
    $unknown = array_diff(array_keys($values), array_column(get_addon_fullconfig($name), 'name'));
    if ($unknown) {
        throw new Exception('config.php has no field ' . implode(', ', $unknown));
    }
    set_addon_config($name, $values);
}

try {
    match ($command) {
        'install' => local_install($subject),
        'upgrade' => local_upgrade($subject),
        'enable' => Service::enable($subject, true),
        'disable' => Service::disable($subject, true),
        'uninstall' => Service::uninstall($subject, true),
        'config' => set_config($subject, json_decode(stream_get_contents(STDIN), true)),
    };
} catch (Exception $e) {
    fwrite(STDERR, $e->getMessage() . "\n");
    exit(1);
} catch (\Throwable $e) {
    fwrite(STDERR, get_class($e) . ': ' . $e->getMessage() . "\n");
    exit(3);
}
