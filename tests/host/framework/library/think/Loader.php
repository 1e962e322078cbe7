<?php

namespace think;

class Loader
{
    /** @var array<string,string> root namespace => directory */
    private static $roots = [];

    public static function register()
    {
        self::addNamespace('think', LIB_PATH . 'think' . DS);
        self::addNamespace('traits', TRAIT_PATH);
        spl_autoload_register([__CLASS__, 'autoload'], true, true);
    }

    public static function addNamespace($namespace, $path = '')
    {
        self::$roots[trim($namespace, '\\')] = rtrim($path, '/') . DS;
    }

    public static function autoload($class)
    {
        $parts = explode('\\', $class);
        $root = array_shift($parts);
        if (!isset(self::$roots[$root]) || !$parts) {
            return false;
        }
        $file = self::$roots[$root] . implode(DS, $parts) . EXT;
        if (!is_file($file)) {
            return false;
        }
        include $file;
        return true;
    }

    /** Name style: 0 gives snake_case, 1 gives CamelCase (upper first letter unless told otherwise). */
    public static function parseName($name, $type = 0, $ucfirst = true)
    {
        $name = (string) $name;
        if (!$type) {
            return strtolower(trim(preg_replace('/[A-Z]/', '_$0', $name), '_'));
        }
        $name = preg_replace_callback('/_([a-zA-Z])/', fn ($match) => strtoupper($match[1]), $name);
        return $ucfirst ? ucfirst($name) : lcfirst($name);
    }

    public static function clearInstance()
    {
    }
}
