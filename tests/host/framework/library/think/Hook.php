<?php

namespace think;

class Hook
{
    /** @var array<string,list<mixed>> */
    private static $tags = [];

    public static function add($tag, $behavior, $first = false)
    {
        self::$tags[$tag] ??= [];
        if (is_array($behavior) && !is_callable($behavior)) {
            self::$tags[$tag] = array_merge(self::$tags[$tag], $behavior);
        } elseif ($first) {
            array_unshift(self::$tags[$tag], $behavior);
        } else {
            self::$tags[$tag][] = $behavior;
        }
    }

    public static function import(array $tags, $recursive = true)
    {
        foreach ($tags as $tag => $behavior) {
            self::add($tag, $behavior);
        }
    }

    public static function get($tag = '')
    {
        return $tag === '' ? self::$tags : (self::$tags[$tag] ?? []);
    }

    public static function listen($tag, &$params = null, $extra = null, $once = false)
    {
        $results = [];
        foreach (self::get($tag) as $key => $behavior) {
            $results[$key] = self::exec($behavior, $tag, $params, $extra);
            if ($results[$key] === false || ($once && $results[$key] !== null)) {
                break;
            }
        }
        return $once ? end($results) : $results;
    }

    public static function exec($class, $tag = '', &$params = null, $extra = null)
    {
        if ($class instanceof \Closure) {
            return $class($params, $extra);
        }
        $object = is_string($class) ? new $class() : $class;
        $method = Loader::parseName($tag, 1, false);
        $method = is_callable([$object, $method]) ? $method : 'run';
        return $object->$method($params, $extra);
    }
}
