<?php

namespace think;

class Request
{
    use request\Input;
    use request\Server;

    protected static $instance;

    protected $routeInfo = [];
    protected $dispatch = [];
    protected $module;
    protected $controller;
    protected $action;
    protected $langset;
    protected $bind = [];

    protected function __construct($options = [])
    {
        $this->filter = Config::get('default_filter');
        $this->input = file_get_contents('php://input');
    }

    public static function instance($options = [])
    {
        self::$instance ??= new static($options);
        return self::$instance;
    }

    public function routeInfo($route = [])
    {
        if (empty($route)) {
            return $this->routeInfo;
        }
        $this->routeInfo = $route;
    }

    public function dispatch($dispatch = null)
    {
        $this->dispatch = $dispatch ?? $this->dispatch;
        return $this->dispatch;
    }

    public function module($module = null)
    {
        return $this->property('module', $module);
    }

    public function controller($controller = null)
    {
        return $this->property('controller', $controller);
    }

    public function action($action = null)
    {
        if ($action !== null && !is_bool($action)) {
            return $this->property('action', $action);
        }
        return $action === true ? (string) $this->action : strtolower((string) $this->action);
    }

    public function langset($lang = null)
    {
        return $this->property('langset', $lang);
    }

    private function property($name, $value)
    {
        if ($value === null) {
            return $this->$name ?: '';
        }
        $this->$name = $value;
        return $this;
    }

    /** A single-use form token; an AJAX request also gets it as a header. */
    public function token($name = '__token__', $type = 'md5')
    {
        $token = call_user_func(is_callable($type) ? $type : 'md5', (string) $_SERVER['REQUEST_TIME_FLOAT']);
        if ($this->isAjax()) {
            header("$name: $token");
        }
        Session::set($name, $token);
        return $token;
    }

    public function bind($name, $obj = null)
    {
        $this->bind = array_merge($this->bind, is_array($name) ? $name : [$name => $obj]);
    }

    public function __set($name, $value)
    {
        $this->bind[$name] = $value;
    }

    public function __get($name)
    {
        return $this->bind[$name] ?? null;
    }

    public function __isset($name)
    {
        return isset($this->bind[$name]);
    }

    public function __call($method, $args)
    {
        throw new Exception('method not exists:' . __CLASS__ . '->' . $method);
    }
}
