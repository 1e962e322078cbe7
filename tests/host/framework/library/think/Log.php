<?php

namespace think;

/** Writes runtime/log/YYYYMM/DD.log; records are collected and written at the end of the request. */
class Log
{
    private static $lines = [];

    public static function record($msg, $type = 'log')
    {
        self::$lines[] = "[ $type ] " . (is_string($msg) ? $msg : var_export($msg, true));
        IS_CLI && self::save();
    }

    public static function write($msg, $type = 'log', $force = false)
    {
        self::record($msg, $type);
        return self::save();
    }

    public static function save()
    {
        if (!self::$lines) {
            return true;
        }
        $file = LOG_PATH . date('Ym') . DS . date('d') . (IS_CLI ? '_cli' : '') . '.log';
        is_dir(dirname($file)) || mkdir(dirname($file), 0755, true);
        $head = '[ ' . date('c') . ' ] ' . ($_SERVER['REMOTE_ADDR'] ?? '0.0.0.0') . ' '
            . ($_SERVER['REQUEST_METHOD'] ?? 'CLI') . ' ' . Request::instance()->url();
        file_put_contents($file, $head . "\n" . implode("\n", self::$lines) . "\n", FILE_APPEND | LOCK_EX);
        self::$lines = [];
        return true;
    }

    public static function __callStatic($type, $args)
    {
        self::record($args[0], $type);
    }
}
