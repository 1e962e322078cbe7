<?php

namespace traits\controller;

use think\Config;
use think\exception\HttpResponseException;
use think\Request;
use think\Response;
use think\response\Redirect;
use think\Url;

/** Ways out of an action. success() and error() answer HTTP 200, as a page or, for AJAX, as JSON. */
trait Jump
{
    protected function success($msg = '', $url = null, $data = '', $wait = 3, array $header = [])
    {
        $this->jump(1, $msg, $url ?? Request::instance()->server('HTTP_REFERER'), $data, $wait, $header);
    }

    protected function error($msg = '', $url = null, $data = '', $wait = 3, array $header = [])
    {
        $back = Request::instance()->isAjax() ? '' : 'javascript:history.back(-1);';
        $this->jump(0, $msg, $url ?? $back, $data, $wait, $header);
    }

    protected function result($data, $code = 0, $msg = '', $type = '', array $header = [])
    {
        $time = Request::instance()->server('REQUEST_TIME');
        $result = ['code' => $code, 'msg' => $msg, 'time' => $time, 'data' => $data];
        $response = Response::create($result, $type ?: $this->getResponseType());
        throw new HttpResponseException($response->header($header));
    }

    protected function redirect($url, $params = [], $code = 302, $with = [])
    {
        [$params, $code] = is_int($params) ? [[], $params] : [$params, $code];
        throw new HttpResponseException((new Redirect($url))->code($code)->params($params)->with($with));
    }

    protected function getResponseType()
    {
        $isAjax = Request::instance()->isAjax();
        return Config::get($isAjax ? 'default_ajax_return' : 'default_return_type');
    }

    private function jump($code, $msg, $url, $data, $wait, array $header)
    {
        $url = (string) $url;
        if ($url !== '' && !preg_match('#^(/|javascript:)|://#', $url)) {
            $url = Url::build($url);
        }
        $type = $this->getResponseType();
        $result = ['code' => $code, 'msg' => $msg, 'data' => $data, 'url' => $url, 'wait' => $wait];
        if ($type === 'html') {
            // The host's page does not escape the message: that is left to whoever writes it.
            $result = '<!doctype html><meta charset="utf-8"><title>温馨提示</title><h1>' . $msg
                . '</h1><a href="' . htmlspecialchars($url) . '">立即跳转</a>';
        }
        throw new HttpResponseException(Response::create($result, $type)->header($header));
    }
}
