<?php

namespace addons\oddity;

use think\Addons;
use think\Db;
use think\Exception;

/** Writes down in which order the plugin manager calls, and what is there at that moment. */
class Oddity extends Addons
{
    public function install()
    {
        self::note('install tables=' . (self::hasTable() ? 'yes' : 'no'));
        if (is_file(RUNTIME_PATH . 'refuse-install')) {
            throw new Exception('install refused');
        }
        if (is_file(RUNTIME_PATH . 'ddl-install')) {
            Db::execute('CREATE TABLE IF NOT EXISTS oddity_ddl (id int)');
        }
        return true;
    }

    public function uninstall()
    {
        self::note('uninstall');
        return true;
    }

    public function enable()
    {
        $copied = is_file(ROOT_PATH . 'public/oddity.txt') ? 'yes' : 'no';
        self::note('enable tables=' . (self::hasTable() ? 'yes' : 'no') . " copied=$copied");
        if (is_file(RUNTIME_PATH . 'refuse-enable')) {
            throw new Exception('enable refused');
        }
        return true;
    }

    public function disable()
    {
        self::note('disable');
        return true;
    }

    public function upgrade()
    {
        self::note('upgrade as ' . (new \ReflectionClass($this))->getShortName());
        return true;
    }

    /** Any further public method is a hook. */
    public function appInit(&$params = null)
    {
        \think\Config::set('oddity_hooked', true);
        if (IS_CLI) {
            \think\Console::addDefaultCommands(['addons\oddity\command\Say']);
        }
    }

    private static function note($line)
    {
        file_put_contents(RUNTIME_PATH . 'oddity-calls.txt', "$line\n", FILE_APPEND);
    }

    private static function hasTable()
    {
        $table = \think\Config::get('database.prefix') . 'oddity';
        return Db::query("SHOW TABLES LIKE '$table'") !== [];
    }
}
