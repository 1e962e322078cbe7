<?php

namespace app\common\library;

use think\Db;

/** The backend's menu: rows of auth_rule, a tree by pid. */
class Menu
{
    private const COLUMNS = ['name', 'title', 'url', 'icon', 'condition', 'remark', 'ismenu', 'menutype',
        'extend', 'weigh', 'status'];

    public static function create($menu = [], $parent = 0)
    {
        if (!is_numeric($parent)) {
            $parent = Db::name('auth_rule')->where('name', $parent)->value('id', 0);
        }
        self::save($menu, $parent);
    }

    public static function upgrade($name, $menu)
    {
        $old = self::names($name);
        self::save($menu, 0);
        $gone = array_diff($old, self::namesIn($menu));
        $gone && Db::name('auth_rule')->where('name', 'in', array_values($gone))->delete();
        return true;
    }

    public static function delete($name)
    {
        $names = self::names($name);
        return $names && Db::name('auth_rule')->where('name', 'in', $names)->delete() > 0;
    }

    public static function enable($name)
    {
        return self::setStatus($name, 'normal');
    }

    public static function disable($name)
    {
        return self::setStatus($name, 'hidden');
    }

    private static function setStatus($name, $status)
    {
        $names = self::names($name);
        $names && Db::name('auth_rule')->where('name', 'in', $names)->update(['status' => $status]);
        return (bool) $names;
    }

    private static function save(array $menu, $pid)
    {
        foreach ($menu as $item) {
            $children = $item['sublist'] ?? [];
            $row = array_intersect_key($item, array_flip(self::COLUMNS));
            $row += ['ismenu' => $children ? 1 : 0, 'icon' => 'fa fa-circle-o', 'status' => 'normal'];
            $row['pid'] = $pid;
            $id = Db::name('auth_rule')->where('name', $row['name'])->value('id');
            if ($id) {
                Db::name('auth_rule')->where('id', $id)->update($row);
            } else {
                $id = Db::name('auth_rule')->insertGetId($row);
            }
            self::save($children, $id);
        }
    }

    private static function namesIn(array $menu)
    {
        $names = [];
        foreach ($menu as $item) {
            $names = array_merge($names, [$item['name']], self::namesIn($item['sublist'] ?? []));
        }
        return $names;
    }

    /** The rule of that name and all below it. */
    private static function names($name)
    {
        $rules = Db::name('auth_rule')->field('id,pid,name')->select();
        $level = array_column(array_filter($rules, fn ($rule) => $rule['name'] === $name), 'name', 'id');
        $all = [];
        while ($level) {
            $all = array_merge($all, array_values($level));
            $below = array_filter($rules, fn ($rule) => isset($level[$rule['pid']]));
            $level = array_column($below, 'name', 'id');
        }
        return $all;
    }
}
