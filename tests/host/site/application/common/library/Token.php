<?php

namespace app\common\library;

use think\Config;
use think\Db;

/** Member tokens in user_token; the table holds only their hashes. */
class Token
{
    public static function set($token, $userId, $expire = 0)
    {
        return (bool) Db::name('user_token')->insert([
            'token' => self::hash($token),
            'user_id' => $userId,
            'createtime' => time(),
            'expiretime' => $expire ? time() + $expire : 0,
        ]);
    }

    public static function get($token, $default = [])
    {
        $row = is_string($token) ? Db::name('user_token')->where('token', self::hash($token))->find() : null;
        return $row && (!$row['expiretime'] || $row['expiretime'] > time()) ? $row : $default;
    }

    public static function delete($token)
    {
        return Db::name('user_token')->where('token', self::hash($token))->delete();
    }

    private static function hash($token)
    {
        return substr(hash_hmac('sha256', $token, Config::get('token.key')), 0, 50);
    }
}
