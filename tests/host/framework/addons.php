<?php

use think\Config;
use think\Exception;
use think\Hook;
use think\Loader;

define('ADDON_PATH', ROOT_PATH . 'addons' . DS);

Loader::addNamespace('addons', ADDON_PATH);

// The hooks of enabled addons, as enabling wrote them into application/extra/addons.php.
Hook::add('app_init', function () {
    $hooks = [];
    foreach ((array) Config::get('addons.hooks') as $hook => $addons) {
        $names = is_string($addons) ? explode(',', $addons) : (array) $addons;
        $hooks[$hook] = array_filter(array_map('get_addon_class', array_filter($names)));
    }
    foreach ($hooks['app_init'] ?? [] as $class) {
        Hook::exec($class, 'app_init');
    }
    Hook::import($hooks);
});

function hook($hook, $params = [])
{
    Hook::listen($hook, $params);
}

/** The class of an addon or of one of its controllers; '' when there is none. */
function get_addon_class($name, $type = 'hook', $class = null)
{
    $name = Loader::parseName($name);
    $class = Loader::parseName($class ?? $name, 1);
    $class = "\\addons\\$name\\" . ($type === 'controller' ? 'controller\\' : '') . $class;
    return class_exists($class) ? $class : '';
}

function get_addon_instance($name)
{
    static $instances = [];
    $class = get_addon_class($name);
    if (!isset($instances[$name]) && $class) {
        $instances[$name] = new $class();
    }
    return $instances[$name] ?? null;
}

function get_addon_info($name)
{
    $addon = get_addon_instance($name);
    return $addon ? $addon->getInfo($name) : [];
}

function get_addon_config($name)
{
    $addon = get_addon_instance($name);
    return $addon ? $addon->getConfig($name) : [];
}

function get_addon_fullconfig($name)
{
    $addon = get_addon_instance($name);
    return $addon ? $addon->getFullConfig($name) : [];
}

function set_addon_info($name, $array)
{
    $info = get_addon_instance($name)->setInfo($name, $array);
    if (!isset($info['name'], $info['title'], $info['version'])) {
        throw new Exception('插件配置写入失败');
    }
    $lines = '';
    foreach ($info as $key => $value) {
        // Not quoted, as in the host: a value with special characters does not survive.
        $lines .= "$key = $value\n";
    }
    file_put_contents(ADDON_PATH . $name . DS . 'info.ini', $lines, LOCK_EX);
    Config::set($name, null, 'addoninfo');
    return true;
}

/** Values of fields that the addon's config.php does not list are not kept. */
function set_addon_config($name, $config, $writefile = true)
{
    get_addon_instance($name)->setConfig($name, $config);
    $full = get_addon_fullconfig($name);
    foreach ($full as &$field) {
        $value = $config[$field['name']] ?? $field['value'];
        $field['value'] = is_array($value) && $field['type'] !== 'array' ? implode(',', $value) : $value;
    }
    unset($field);
    return !$writefile || set_addon_fullconfig($name, $full);
}

function set_addon_fullconfig($name, $array)
{
    $file = ADDON_PATH . $name . DS . 'config.php';
    if (!file_put_contents($file, "<?php\n\nreturn " . var_export($array, true) . ";\n", LOCK_EX)) {
        throw new Exception('配置写入失败');
    }
    return true;
}

function addon_url($url, $vars = [], $suffix = true, $domain = false)
{
    if (!is_array($vars)) {
        parse_str($vars, $vars);
    }
    $query = [];
    foreach ($vars as $name => $value) {
        $query[ltrim($name, ':')] = $value;
    }
    $query = $query ? '?' . http_build_query($query) : '';
    return url('@addons/' . ltrim($url, '/'), [], $suffix, $domain) . $query;
}
