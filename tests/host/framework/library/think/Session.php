<?php

namespace think;

/** Plain PHP sessions below one key ("think"); opened by the first use, locked until closed. */
class Session
{
    protected static $prefix = '';
    /** null: not configured yet, false: closed, true: open */
    protected static $init = null;

    public static function prefix($prefix = '')
    {
        self::boot();
        if (empty($prefix) && $prefix !== null) {
            return self::$prefix;
        }
        self::$prefix = $prefix;
    }

    public static function init(array $config = [])
    {
        $config = $config ?: Config::get('session');
        if (isset($config['prefix']) && !self::$prefix) {
            self::$prefix = $config['prefix'];
        }
        $settings = ['expire' => 'gc_maxlifetime', 'secure' => 'cookie_secure', 'httponly' => 'cookie_httponly'];
        foreach ($settings as $key => $setting) {
            if (isset($config[$key])) {
                ini_set("session.$setting", (string) $config[$key]);
            }
        }
        if (isset($config['name'])) {
            session_name($config['name']);
        }
        self::$init = !empty($config['auto_start']) && session_status() !== PHP_SESSION_ACTIVE;
        self::$init && session_start();
    }

    public static function boot()
    {
        if (self::$init === null) {
            self::init();
        }
        if (self::$init === false) {
            if (session_status() !== PHP_SESSION_ACTIVE) {
                session_start();
            }
            self::$init = true;
        }
    }

    /** The array that holds a dotted name, by reference, and the last key in it. */
    private static function &place($name, $prefix, &$key)
    {
        self::boot();
        $place = &$_SESSION;
        $prefix = $prefix ?? self::$prefix;
        if ($prefix) {
            $place = &$place[$prefix];
        }
        $keys = explode('.', $name, 2);
        $key = array_pop($keys);
        if ($keys) {
            $place = &$place[$keys[0]];
        }
        return $place;
    }

    public static function set($name, $value = '', $prefix = null)
    {
        $place = &self::place($name, $prefix, $key);
        $place[$key] = $value;
    }

    public static function get($name = '', $prefix = null)
    {
        self::boot();
        $prefix = $prefix ?? self::$prefix;
        $value = $prefix ? ($_SESSION[$prefix] ?? []) : $_SESSION;
        foreach ((string) $name === '' ? [] : explode('.', $name, 2) as $key) {
            $value = $value[$key] ?? null;
        }
        return $value;
    }

    public static function has($name, $prefix = null)
    {
        return self::get($name, $prefix) !== null;
    }

    public static function pull($name, $prefix = null)
    {
        $value = self::get($name, $prefix);
        if ($value) {
            self::delete($name, $prefix);
        }
        return $value ?: null;
    }

    public static function push($key, $value)
    {
        $values = self::get($key) ?? [];
        $values[] = $value;
        self::set($key, $values);
    }

    public static function delete($name, $prefix = null)
    {
        foreach ((array) $name as $item) {
            $place = &self::place($item, $prefix, $key);
            unset($place[$key]);
            unset($place);
        }
    }

    public static function clear($prefix = null)
    {
        self::boot();
        $prefix = $prefix ?? self::$prefix;
        if ($prefix) {
            unset($_SESSION[$prefix]);
        } else {
            $_SESSION = [];
        }
    }

    /** Valid for the next request only. */
    public static function flash($name, $value)
    {
        self::set($name, $value);
        if (!self::has('__flash__.__time__')) {
            self::set('__flash__.__time__', $_SERVER['REQUEST_TIME_FLOAT']);
        }
        self::push('__flash__', $name);
    }

    public static function flush()
    {
        $item = self::$init ? self::get('__flash__') : [];
        if (!empty($item) && $_SERVER['REQUEST_TIME_FLOAT'] > $item['__time__']) {
            unset($item['__time__']);
            self::delete($item);
            self::set('__flash__', []);
        }
    }

    public static function start()
    {
        session_start();
        self::$init = true;
    }

    public static function destroy()
    {
        $_SESSION = [];
        session_unset();
        session_destroy();
        self::$init = null;
    }

    public static function regenerate($delete = false)
    {
        session_regenerate_id($delete);
    }

    public static function pause()
    {
        session_write_close();
        self::$init = false;
    }
}
