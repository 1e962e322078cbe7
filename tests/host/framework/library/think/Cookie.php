<?php

namespace think;

class Cookie
{
    protected static $config = [
        'prefix' => '', 'expire' => 0, 'path' => '/', 'domain' => '', 'secure' => false, 'httponly' => false,
    ];
    protected static $init = false;

    public static function init(array $config = [])
    {
        $config = $config ?: Config::get('cookie');
        self::$config = array_merge(self::$config, array_change_key_case($config));
        self::$init = true;
    }

    public static function set($name, $value = '', $option = null)
    {
        self::$init || self::init();
        $option = is_numeric($option) ? ['expire' => $option] : (array) $option;
        $config = array_merge(self::$config, array_change_key_case($option));
        $expire = empty($config['expire']) ? 0 : $_SERVER['REQUEST_TIME'] + (int) $config['expire'];
        self::send($config['prefix'] . $name, (string) $value, $expire, $config);
        $_COOKIE[$config['prefix'] . $name] = $value;
    }

    public static function forever($name, $value = '', $option = null)
    {
        self::set($name, $value, ['expire' => 315360000] + (is_array($option) ? $option : []));
    }

    public static function has($name, $prefix = null)
    {
        self::$init || self::init();
        return isset($_COOKIE[($prefix ?? self::$config['prefix']) . $name]);
    }

    public static function get($name = '', $prefix = null)
    {
        self::$init || self::init();
        return $name === '' ? $_COOKIE : ($_COOKIE[($prefix ?? self::$config['prefix']) . $name] ?? null);
    }

    public static function delete($name, $prefix = null)
    {
        self::$init || self::init();
        $name = ($prefix ?? self::$config['prefix']) . $name;
        self::send($name, '', $_SERVER['REQUEST_TIME'] - 3600, self::$config);
        unset($_COOKIE[$name]);
    }

    private static function send($name, $value, $expire, array $config)
    {
        $flags = [(bool) $config['secure'], (bool) $config['httponly']];
        setcookie($name, $value, $expire, $config['path'], $config['domain'], ...$flags);
    }
}
