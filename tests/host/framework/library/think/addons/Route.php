<?php

namespace think\addons;

use think\Config;
use think\exception\HttpException;
use think\Hook;
use think\Lang;
use think\Request;

/** Runs an addon's action; actions get no arguments, whatever their signature says. */
class Route
{
    public function execute($addon = null, $controller = null, $action = null)
    {
        $addon = strtolower(trim((string) $addon));
        $controller = strtolower(trim((string) $controller)) ?: 'index';
        $action = strtolower(trim((string) $action)) ?: 'index';
        $request = Request::instance();

        Hook::listen('addon_begin', $request);
        $this->switchLanguage($request);
        $info = get_addon_info($addon);
        if (!$info) {
            throw new HttpException(404, "addon $addon not found");
        }
        if (!$info['state']) {
            throw new HttpException(500, "addon $addon is disabled");
        }
        $request->controller($controller)->action($action);
        Hook::listen('addon_module_init', $request);
        Hook::listen('addons_init', $request);

        $class = get_addon_class($addon, 'controller', $controller);
        if (!$class) {
            throw new HttpException(404, "addon controller $controller not found");
        }
        $instance = new $class($request);
        $call = [$instance, $action];
        $arguments = [];
        if (!is_callable($call)) {
            if (!is_callable([$instance, '_empty'])) {
                throw new HttpException(404, "addon action $class->$action() not found");
            }
            [$call, $arguments] = [[$instance, '_empty'], [$action]];
        }
        Hook::listen('addon_action_begin', $call);
        return call_user_func_array($call, $arguments);
    }

    /** ?lang= is remembered, on sites that switch languages at all. */
    private function switchLanguage(Request $request)
    {
        if (!Config::get('lang_switch_on')) {
            return;
        }
        $lang = $request->get('lang');
        if (is_string($lang) && preg_match('/^[a-z\-_]{2,10}$/i', $lang)) {
            \think\Cookie::set('think_var', $lang);
        }
    }
}
