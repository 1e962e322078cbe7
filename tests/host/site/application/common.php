<?php

use think\exception\HttpResponseException;
use think\Response;

/** Translates; a list of values, or values as further arguments, fills the placeholders. */
function __($name, $vars = [], $lang = '')
{
    if (is_numeric($name) || !$name) {
        return $name;
    }
    if (!is_array($vars)) {
        $vars = array_slice(func_get_args(), 1);
        $lang = '';
    }
    return \think\Lang::get($name, $vars, $lang);
}

function datetime($time, $format = 'Y-m-d H:i:s')
{
    return date($format, is_numeric($time) ? $time : strtotime($time));
}

function cdnurl($url, $domain = false)
{
    $isAbsolute = preg_match('#^(([a-z]+:)?//|data:image/)#i', $url);
    return $isAbsolute || !$domain ? $url : ($domain === true ? request()->domain() : $domain) . $url;
}

function rmdirs($dirname, $withself = true)
{
    if (!is_dir($dirname)) {
        return false;
    }
    $files = new RecursiveIteratorIterator(
        new RecursiveDirectoryIterator($dirname, RecursiveDirectoryIterator::SKIP_DOTS),
        RecursiveIteratorIterator::CHILD_FIRST
    );
    foreach ($files as $file) {
        $file->isDir() ? rmdir($file->getPathname()) : unlink($file->getPathname());
    }
    $withself && rmdir($dirname);
    return true;
}

function copydirs($source, $dest)
{
    is_dir($dest) || mkdir($dest, 0755, true);
    $tree = new RecursiveIteratorIterator(
        new RecursiveDirectoryIterator($source, RecursiveDirectoryIterator::SKIP_DOTS),
        RecursiveIteratorIterator::SELF_FIRST
    );
    foreach ($tree as $item) {
        $target = $dest . DS . $tree->getSubPathName();
        if ($item->isDir()) {
            is_dir($target) || mkdir($target, 0755, true);
        } else {
            copy($item->getPathname(), $target);
        }
    }
}

function check_ip_allowed($ip = null)
{
    $forbidden = array_filter(explode("\n", str_replace("\r", '', (string) config('site.forbiddenip'))));
    if (in_array($ip ?? request()->ip(), $forbidden, true)) {
        throw new HttpResponseException(Response::create('请求无权访问', 'html', 403));
    }
}
