<?php

namespace app\common\library;

use think\Db;

/** Member login by token. direct() sets no cookies: that is left to the member centre. */
class Auth
{
    protected static $instance = null;
    private $error = '';
    private $user = null;
    private $token = '';
    private $requestUri = '';

    public static function instance($options = [])
    {
        self::$instance ??= new static();
        return self::$instance;
    }

    public function init($token)
    {
        $data = Token::get($token);
        $user = $data ? Db::name('user')->where('id', $data['user_id'])->find() : null;
        if (!$user || $user['status'] !== 'normal') {
            $this->error = $user ? 'Account is locked' : 'You are not logged in';
            return false;
        }
        [$this->user, $this->token] = [(object) $user, $token];
        return true;
    }

    public function direct($userId)
    {
        $user = Db::name('user')->where('id', $userId)->find();
        if (!$user) {
            return false;
        }
        $now = ['prevtime' => $user['logintime'], 'logintime' => time(), 'loginip' => request()->ip()];
        Db::name('user')->where('id', $userId)->update($now + ['loginfailure' => 0]);
        $this->token = bin2hex(random_bytes(16));
        Token::set($this->token, $userId, 2592000);
        $this->user = (object) ($now + $user);
        return true;
    }

    public function logout()
    {
        Token::delete($this->token);
        $this->user = null;
        return true;
    }

    public function match($arr = [])
    {
        $names = array_map('strtolower', is_array($arr) ? $arr : explode(',', $arr));
        return in_array(request()->action(), $names, true) || in_array('*', $names, true);
    }

    /** The member groups of the stand-in have no rules. */
    public function check($path = null, $module = null)
    {
        return false;
    }

    public function isLogin()
    {
        return $this->user !== null;
    }

    public function getUser()
    {
        return $this->user;
    }

    public function getToken()
    {
        return $this->token;
    }

    public function getError()
    {
        return $this->error;
    }

    public function getRequestUri()
    {
        return $this->requestUri;
    }

    public function setRequestUri($uri)
    {
        $this->requestUri = $uri;
    }

    public function __get($name)
    {
        return $this->user->$name ?? null;
    }
}
