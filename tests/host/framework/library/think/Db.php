<?php

namespace think;

use think\db\Connection;
use think\db\Query;

/** The site's database connection, made by the first use. */
class Db
{
    private static $connection;

    public static function connect($config = [], $name = false)
    {
        self::$connection ??= new Connection(Config::get('database'));
        return self::$connection;
    }

    public static function name($name)
    {
        return (new Query(self::connect()))->name($name);
    }

    public static function table($table)
    {
        return (new Query(self::connect()))->table($table);
    }

    public static function query($sql, $bind = [])
    {
        return self::connect()->query($sql, $bind);
    }

    public static function execute($sql, $bind = [])
    {
        return self::connect()->execute($sql, $bind);
    }

    /** False until something else has opened the connection. */
    public static function getPdo()
    {
        return self::connect()->getPdo();
    }

    public static function startTrans()
    {
        self::connect()->open()->beginTransaction();
    }

    /** PHP 8 throws here when a statement (DDL) has already committed by itself. */
    public static function commit()
    {
        self::connect()->open()->commit();
    }

    public static function rollback()
    {
        self::connect()->open()->rollBack();
    }

    public static function transaction($callback)
    {
        self::startTrans();
        try {
            $result = $callback();
            self::commit();
            return $result;
        } catch (\Throwable $e) {
            self::rollback();
            throw $e;
        }
    }
}
