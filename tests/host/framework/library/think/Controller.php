<?php

namespace think;

class Controller
{
    use \traits\controller\Jump;

    protected $view;
    protected $request;
    protected $beforeActionList = [];

    public function __construct(?Request $request = null)
    {
        $this->view = View::instance(Config::get('template'), Config::get('view_replace_str'));
        $this->request = $request ?? Request::instance();
        $this->_initialize();
    }

    // The host's name for the hook that every controller may override.
    // phpcs:ignore PSR2.Methods.MethodDeclaration.Underscore
    protected function _initialize()
    {
    }

    protected function fetch($template = '', $vars = [], $replace = [], $config = [])
    {
        return $this->view->fetch($template, $vars, $replace, $config);
    }

    protected function assign($name, $value = '')
    {
        $this->view->assign($name, $value);
        return $this;
    }
}
