<?php

use think\Cache;
use think\Config;
use think\Cookie;
use think\Db;
use think\exception\HttpException;
use think\exception\HttpResponseException;
use think\Lang;
use think\Log;
use think\Request;
use think\Response;
use think\Session;
use think\Url;

function exception($msg, $code = 0, $exception = '')
{
    $class = $exception ?: '\think\Exception';
    throw new $class($msg, $code);
}

function lang($name, $vars = [], $lang = '')
{
    return Lang::get($name, $vars, $lang);
}

function config($name = '', $value = null, $range = '')
{
    if ($value !== null || !is_string($name)) {
        return Config::set($name, $value, $range);
    }
    return strpos($name, '?') === 0 ? Config::has(substr($name, 1), $range) : Config::get($name, $range);
}

/** `post.name/d`: the source (param unless named), the name, the type. */
function input($key = '', $default = null, $filter = '')
{
    $has = strpos($key, '?') === 0;
    $parts = explode('.', $has ? substr($key, 1) : $key, 2);
    $sources = ['get', 'post', 'put', 'route', 'param', 'request', 'session', 'cookie', 'server'];
    $source = count($parts) > 1 && in_array($parts[0], $sources, true) ? array_shift($parts) : 'param';
    $name = implode('.', $parts);
    return $has ? request()->has($name, $source) : request()->$source($name, $default, $filter);
}

function db($name = '')
{
    return Db::name($name);
}

function url($url = '', $vars = '', $suffix = true, $domain = false)
{
    return Url::build($url, $vars, $suffix, $domain);
}

function session($name, $value = '', $prefix = null)
{
    if ($name === null) {
        return Session::clear($value === '' ? null : $value);
    }
    if ($value === '') {
        $has = strpos($name, '?') === 0;
        return $has ? Session::has(substr($name, 1), $prefix) : Session::get($name, $prefix);
    }
    return $value === null ? Session::delete($name, $prefix) : Session::set($name, $value, $prefix);
}

function cookie($name, $value = '', $option = null)
{
    if ($value === '') {
        return Cookie::get($name);
    }
    return $value === null ? Cookie::delete($name) : Cookie::set($name, $value, $option);
}

function cache($name, $value = '', $options = null)
{
    if ($value === '') {
        return Cache::get($name);
    }
    return $value === null ? Cache::rm($name) : Cache::set($name, $value, $options);
}

function trace($log = '[think]', $level = 'log')
{
    Log::record($log, $level);
}

function request()
{
    return Request::instance();
}

function response($data = [], $code = 200, $header = [], $type = 'html')
{
    return Response::create($data, $type, $code, $header);
}

function json($data = [], $code = 200, $header = [], $options = [])
{
    return Response::create($data, 'json', $code, $header, $options);
}

function redirect($url = [], $params = [], $code = 302, $with = [])
{
    [$params, $code] = is_int($params) ? [[], $params] : [$params, $code];
    return Response::create($url, 'redirect', $code)->params($params)->with($with);
}

function abort($code, $message = null, $header = [])
{
    throw $code instanceof Response
        ? new HttpResponseException($code)
        : new HttpException($code, $message, null, $header);
}

function token($name = '__token__', $type = 'md5')
{
    $token = Request::instance()->token($name, $type);
    return '<input type="hidden" name="' . $name . '" value="' . $token . '" />';
}
