<?php

namespace think;

/** File cache; nothing outlives its expiry. */
class Cache
{
    private static function file($name)
    {
        return CACHE_PATH . md5($name) . EXT;
    }

    public static function has($name)
    {
        return self::get($name) !== false;
    }

    public static function get($name, $default = false)
    {
        $file = self::file($name);
        $entry = is_file($file) ? unserialize(file_get_contents($file)) : null;
        return $entry && (!$entry[0] || $entry[0] > time()) ? $entry[1] : $default;
    }

    public static function set($name, $value, $expire = null)
    {
        is_dir(CACHE_PATH) || mkdir(CACHE_PATH, 0755, true);
        $entry = serialize([$expire ? time() + $expire : 0, $value]);
        return (bool) file_put_contents(self::file($name), $entry, LOCK_EX);
    }

    public static function rm($name)
    {
        return is_file(self::file($name)) && unlink(self::file($name));
    }
}
