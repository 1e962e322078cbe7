<?php

namespace think;

abstract class Addons
{
    protected $view = null;
    protected $error;
    public $addons_path = '';
    public $addonPath = '';
    protected $addonName = '';

    public function __construct($name = null)
    {
        $this->addonName = $name ?? $this->getName();
        $this->addonPath = ADDON_PATH . $this->addonName . DS;
        $this->addons_path = $this->addonPath;
        $this->view = new View();
        if (method_exists($this, '_initialize')) {
            $this->_initialize();
        }
    }

    final public function getInfo($name = '', $force = false)
    {
        $name = $name ?: $this->getName();
        $info = $force ? null : Config::get($name, 'addoninfo');
        if (!$info) {
            $file = $this->addonPath . 'info.ini';
            $info = is_file($file) ? parse_ini_file($file, true) + ['url' => addon_url($name)] : [];
            Config::set($name, $info, 'addoninfo');
        }
        return $info;
    }

    final public function getConfig($name = '', $force = false)
    {
        $name = $name ?: $this->getName();
        $config = $force ? null : Config::get($name, 'addonconfig');
        if (!$config) {
            $config = array_column($this->getFullConfig($name), 'value', 'name');
            Config::set($name, $config, 'addonconfig');
        }
        return $config;
    }

    final public function setConfig($name = '', $value = [])
    {
        $name = $name ?: $this->getName();
        return Config::set($name, array_merge($this->getConfig($name), $value), 'addonconfig');
    }

    final public function setInfo($name = '', $value = [])
    {
        $name = $name ?: $this->getName();
        return Config::set($name, array_merge($this->getInfo($name), $value), 'addoninfo');
    }

    final public function getFullConfig($name = '')
    {
        $file = $this->addonPath . 'config.php';
        return is_file($file) ? include $file : [];
    }

    final public function getName()
    {
        if ($this->addonName) {
            return $this->addonName;
        }
        $parts = explode('\\', get_class($this));
        return strtolower(end($parts));
    }

    final public function setName($name)
    {
        $this->addonName = $name;
    }

    final public function checkInfo()
    {
        $required = ['name', 'title', 'intro', 'author', 'version', 'state'];
        return !array_diff($required, array_keys($this->getInfo()));
    }

    public function assign($name, $value = '')
    {
        $this->view->assign($name, $value);
    }

    public function getError()
    {
        return $this->error;
    }

    abstract public function install();

    abstract public function uninstall();
}
