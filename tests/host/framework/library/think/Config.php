<?php

namespace think;

class Config
{
    /** @var array<string,array<string,mixed>> range => values; first-level keys are lower-case */
    private static $config = ['_sys_' => []];

    public static function load($file, $name = '', $range = '')
    {
        return is_file($file) ? self::set(include $file, strtolower($name), $range) : self::get(null, $range);
    }

    /** Only INI is needed: addons keep their info in one. */
    public static function parse($config, $type = '', $name = '', $range = '')
    {
        return self::set(parse_ini_file($config, true), $name, $range);
    }

    public static function has($name, $range = '')
    {
        return self::get($name, $range) !== null;
    }

    public static function get($name = null, $range = '')
    {
        $values = self::$config[$range ?: '_sys_'] ?? [];
        if ($name === null || $name === '') {
            return $values;
        }
        [$first, $second] = array_pad(explode('.', $name, 2), 2, null);
        $value = $values[strtolower($first)] ?? null;
        return $second === null ? $value : ($value[$second] ?? null);
    }

    public static function set($name, $value = null, $range = '')
    {
        $range = $range ?: '_sys_';
        self::$config[$range] ??= [];
        if (is_array($name)) {
            return self::merge($name, $value, $range);
        }
        [$first, $second] = array_pad(explode('.', $name, 2), 2, null);
        if ($second === null) {
            self::$config[$range][strtolower($first)] = $value;
        } else {
            self::$config[$range][strtolower($first)][$second] = $value;
        }
        return $value;
    }

    private static function merge(array $values, $name, $range)
    {
        if ($name) {
            self::$config[$range][$name] = array_merge(self::$config[$range][$name] ?? [], $values);
            return self::$config[$range][$name];
        }
        self::$config[$range] = array_merge(self::$config[$range], array_change_key_case($values));
        return self::$config[$range];
    }
}
