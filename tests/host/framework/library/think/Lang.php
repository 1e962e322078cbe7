<?php

namespace think;

class Lang
{
    /** @var array<string,array<string,string>> language => lower-case name => text */
    private static $lang = [];
    private static $range = 'zh-cn';
    protected static $allowLangList = [];

    public static function range($range = '')
    {
        self::$range = $range ?: self::$range;
        return self::$range;
    }

    public static function setAllowLangList($list)
    {
        self::$allowLangList = $list;
    }

    public static function set($name, $value = null, $range = '')
    {
        $range = $range ?: self::$range;
        $texts = is_array($name) ? array_change_key_case($name) : [strtolower($name) => $value];
        self::$lang[$range] = $texts + (self::$lang[$range] ?? []);
    }

    public static function load($file, $range = '')
    {
        foreach ((array) $file as $path) {
            $texts = is_file($path) ? include $path : null;
            if (is_array($texts)) {
                self::set($texts, null, $range);
            }
        }
        return self::$lang[$range ?: self::$range] ?? [];
    }

    public static function has($name, $range = '')
    {
        return isset(self::$lang[$range ?: self::$range][strtolower($name)]);
    }

    public static function get($name = null, $vars = [], $range = '')
    {
        $range = $range ?: self::$range;
        if (empty($name)) {
            return self::$lang[$range] ?? [];
        }
        $text = self::$lang[$range][strtolower($name)] ?? $name;
        if (empty($vars) || !is_array($vars)) {
            return $text;
        }
        if (key($vars) === 0) {
            return sprintf($text, ...$vars);
        }
        return str_replace(array_map(fn ($key) => "{:$key}", array_keys($vars)), $vars, $text);
    }

    /** From ?lang=, then the cookie, then the browser; runs only where the site switches languages on. */
    public static function detect()
    {
        $wanted = $_GET['lang'] ?? $_COOKIE['think_var'] ?? $_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? '';
        if (!is_string($wanted) || !preg_match('/^([a-z\d\-]+)/i', $wanted, $match)) {
            return self::$range;
        }
        $lang = strtolower($match[1]);
        $lang = $lang === 'zh-hans-cn' ? 'zh-cn' : $lang;
        if (!self::$allowLangList || in_array($lang, self::$allowLangList, true)) {
            self::$range = $lang;
        }
        return self::$range;
    }
}
