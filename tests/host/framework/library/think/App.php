<?php

namespace think;

use think\exception\HttpException;
use think\exception\HttpResponseException;

class App
{
    protected static $init = false;
    public static $debug = false;
    public static $namespace = 'app';

    public static function run(?Request $request = null)
    {
        $request = $request ?? Request::instance();
        try {
            self::initCommon();
            $request->filter(Config::get('default_filter'));
            Lang::range(Config::get('default_lang'));
            Config::get('lang_switch_on') && Lang::detect();
            $request->langset(Lang::range());

            $dispatch = Route::check($request, $request->path());
            $request->dispatch($dispatch);
            Hook::listen('app_begin', $dispatch);
            $data = $dispatch['type'] === 'method'
                ? self::invokeMethod($dispatch['method'], $request->param())
                : self::module($dispatch['module']);
        } catch (HttpResponseException $exception) {
            $data = $exception->getResponse();
        }
        $response = self::response($request, $data);
        Hook::listen('app_end', $response);
        return $response;
    }

    private static function response(Request $request, $data)
    {
        if ($data instanceof Response) {
            return $data;
        }
        if ($data === null) {
            return Response::create();
        }
        return Response::create($data, Config::get($request->isAjax() ? 'default_ajax_return' : 'default_return_type'));
    }

    public static function initCommon()
    {
        if (self::$init) {
            return Config::get();
        }
        Loader::addNamespace(self::$namespace, APP_PATH);
        Config::load(CONF_PATH . 'config' . CONF_EXT);
        Config::load(CONF_PATH . 'database' . CONF_EXT, 'database');
        foreach (glob(CONF_PATH . 'extra' . DS . '*' . CONF_EXT) as $file) {
            Config::load($file, pathinfo($file, PATHINFO_FILENAME));
        }
        include THINK_PATH . 'helper' . EXT;
        include CONF_PATH . 'common' . EXT;

        self::$debug = (bool) Config::get('app_debug');
        self::$debug || ini_set('display_errors', 'Off');
        date_default_timezone_set(Config::get('default_timezone'));
        Lang::setAllowLangList(Config::get('allow_lang_list'));
        Hook::listen('app_init');
        self::$init = true;
        return Config::get();
    }

    /** module/controller/action of the site itself; `admin` is reached only through its own entry file. */
    private static function module(array $parts)
    {
        $request = Request::instance();
        $module = strip_tags(strtolower($parts[0] ?: Config::get('default_module')));
        $bound = defined('BIND_MODULE') && $module === BIND_MODULE;
        $allowed = $bound || !in_array($module, Config::get('deny_module_list'), true);
        if (!$allowed || !is_dir(APP_PATH . $module)) {
            throw new HttpException(404, 'module not exists:' . $module);
        }
        $controller = strip_tags(strtolower($parts[1] ?: Config::get('default_controller')));
        $action = strip_tags(strtolower($parts[2] ?: Config::get('default_action')));
        $class = "\\app\\$module\\controller\\" . Loader::parseName($controller, 1);
        if (!preg_match('/^[a-z]\w*$/', $controller) || !class_exists($class)) {
            throw new HttpException(404, 'controller not exists:' . $controller);
        }
        $request->module($module)->controller(Loader::parseName($controller, 1))->action($action);
        $instance = new $class($request);
        if (!is_callable([$instance, $action])) {
            throw new HttpException(404, "method not exists:$class->$action()");
        }
        return self::invokeMethod([$instance, $action], $request->param());
    }

    /** Arguments are bound by name; when the first variable is number 0 (?0=x, a JSON list), by position. */
    public static function invokeMethod($method, $vars = [])
    {
        $object = is_object($method[0]) ? $method[0] : new $method[0]();
        $byPosition = array_key_first($vars) === 0;
        $arguments = [];
        foreach ((new \ReflectionMethod($object, $method[1]))->getParameters() as $parameter) {
            $name = $parameter->getName();
            if ($byPosition && $vars) {
                $arguments[] = array_shift($vars);
            } elseif (!$byPosition && isset($vars[$name])) {
                $arguments[] = $vars[$name];
            } elseif ($parameter->isDefaultValueAvailable()) {
                $arguments[] = $parameter->getDefaultValue();
            } else {
                throw new \InvalidArgumentException('method param miss:' . $name);
            }
        }
        return $object->{$method[1]}(...$arguments);
    }
}
