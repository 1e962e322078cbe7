<?php

namespace think;

/** Holds assigned variables. There is no template engine here: pages of the addon are plain PHP. */
class View
{
    protected static $instance;
    protected $data = [];
    public $engine;

    public function __construct($engine = [], $replace = [])
    {
        $this->engine = new view\Engine();
    }

    public static function instance($engine = [], $replace = [])
    {
        self::$instance ??= new self($engine, $replace);
        return self::$instance;
    }

    public function assign($name, $value = '')
    {
        $this->data = array_merge($this->data, is_array($name) ? $name : [$name => $value]);
        return $this;
    }

    public function replace($content, $replace = '')
    {
        return $this;
    }

    public function fetch($template = '', $vars = [], $replace = [], $config = [])
    {
        throw new Exception('template not exists:' . $template);
    }

    public function __set($name, $value)
    {
        $this->data[$name] = $value;
    }

    public function __get($name)
    {
        return $this->data[$name];
    }

    public function __isset($name)
    {
        return isset($this->data[$name]);
    }
}
