<?php

namespace think\request;

use think\Config;
use think\Cookie;
use think\Session;

/** The request's variables, changed on their way by the filters, as the host does it. */
trait Input
{
    protected $param = [];
    protected $get = [];
    protected $post = [];
    protected $request = [];
    protected $route = [];
    protected $put;
    protected $server = [];
    protected $filter;
    protected $input;
    protected $mergeParam = false;

    /** Path parameters win over POST, POST wins over GET. */
    public function param($name = '', $default = null, $filter = '')
    {
        if (!$this->mergeParam) {
            $method = $this->method(true);
            $vars = $method === 'POST' ? $this->post(false)
                : (in_array($method, ['PUT', 'DELETE', 'PATCH'], true) ? $this->put(false) : []);
            $this->param = array_merge($this->param, $this->get(false), $vars, $this->route(false));
            $this->mergeParam = true;
        }
        return $this->input($this->param, $name === true ? '' : $name, $default, $filter);
    }

    public function route($name = '', $default = null, $filter = '')
    {
        if (is_array($name)) {
            $this->param = [];
            $this->mergeParam = false;
            return $this->route = array_merge($this->route, $name);
        }
        return $this->input($this->route, $name, $default, $filter);
    }

    public function get($name = '', $default = null, $filter = '')
    {
        $this->get = $this->get ?: $_GET;
        return $this->readOrMerge('get', $name, $default, $filter);
    }

    public function post($name = '', $default = null, $filter = '')
    {
        if (empty($this->post)) {
            $json = empty($_POST) && strpos($this->contentType(), 'application/json') !== false;
            $this->post = $json ? (array) json_decode($this->input, true) : $_POST;
        }
        return $this->readOrMerge('post', $name, $default, $filter);
    }

    public function put($name = '', $default = null, $filter = '')
    {
        if ($this->put === null) {
            $this->put = [];
            if (strpos($this->contentType(), 'application/json') !== false) {
                $this->put = (array) json_decode($this->input, true);
            } else {
                parse_str($this->input, $this->put);
            }
        }
        return $this->readOrMerge('put', $name, $default, $filter);
    }

    public function request($name = '', $default = null, $filter = '')
    {
        $this->request = $this->request ?: $_REQUEST;
        return $this->readOrMerge('request', $name, $default, $filter);
    }

    public function server($name = '', $default = null, $filter = '')
    {
        $this->server = $this->server ?: $_SERVER;
        return $this->input($this->server, $name === false ? false : strtoupper($name), $default, $filter);
    }

    public function session($name = '', $default = null, $filter = '')
    {
        return $this->input(Session::get(), $name, $default, $filter);
    }

    public function cookie($name = '', $default = null, $filter = '')
    {
        return $this->input(Cookie::get(), $name, $default, $filter);
    }

    private function readOrMerge($source, $name, $default, $filter)
    {
        if (is_array($name)) {
            $this->param = [];
            $this->mergeParam = false;
            return $this->$source = array_merge($this->$source, $name);
        }
        return $this->input($this->$source, $name, $default, $filter);
    }

    public function has($name, $type = 'param', $checkEmpty = false)
    {
        $value = $this->$type(false);
        foreach (explode('.', $name) as $key) {
            if (!isset($value[$key])) {
                return false;
            }
            $value = $value[$key];
        }
        return !($checkEmpty && $value === '');
    }

    public function only($name, $type = 'param')
    {
        $keys = is_string($name) ? explode(',', $name) : $name;
        return array_filter(array_intersect_key($this->$type(), array_flip($keys)), fn ($value) => $value !== null);
    }

    public function except($name, $type = 'param')
    {
        $keys = is_string($name) ? explode(',', $name) : $name;
        return array_diff_key($this->$type(), array_flip($keys));
    }

    /**
     * One value by dotted name, `/a /d /f /b /s` forcing its type. Without a type it is forced to a string,
     * and an array where a string is read is an exception.
     */
    public function input($data = [], $name = '', $default = null, $filter = '')
    {
        if ($name === false) {
            return $data;
        }
        $name = (string) $name;
        $type = null;
        if ($name !== '') {
            [$name, $type] = array_pad(explode('/', $name, 2), 2, 's');
            foreach (explode('.', $name) as $key) {
                if (!isset($data[$key])) {
                    return $default;
                }
                $data = $data[$key];
            }
        }
        $filters = $this->getFilter($filter, $default);
        if (is_array($data)) {
            array_walk_recursive($data, [$this, 'filterValue'], $filters);
        } else {
            $this->filterValue($data, $name, $filters);
        }
        return $type !== null && $data !== $default ? $this->typeCast($data, $type) : $data;
    }

    public function filter($filter = null)
    {
        if ($filter === null) {
            return $this->filter;
        }
        $this->filter = $filter;
    }

    protected function getFilter($filter, $default)
    {
        $filters = [];
        if ($filter !== null) {
            $filter = $filter ?: $this->filter;
            $filters = is_string($filter) && strpos($filter, '/') === false ? explode(',', $filter) : (array) $filter;
        }
        $filters[] = $default;
        return $filters;
    }

    private function filterValue(&$value, $key, $filters)
    {
        $default = array_pop($filters);
        foreach ($filters as $filter) {
            if (is_callable($filter)) {
                $value = call_user_func($filter, $value);
            } elseif (is_scalar($value) && is_string($filter) && strpos($filter, '/') !== false) {
                if (!preg_match($filter, $value)) {
                    $value = $default;
                    break;
                }
            } elseif (is_scalar($value) && !empty($filter)) {
                $value = filter_var($value, is_int($filter) ? $filter : filter_id($filter));
                if ($value === false) {
                    $value = $default;
                    break;
                }
            }
        }
        $this->filterExp($value);
    }

    /** Values that could be operators of a query get a space appended, whatever filter was asked for. */
    public function filterExp(&$value)
    {
        $words = 'EXP|NEQ|GT|EGT|LT|ELT|OR|XOR|NULL|IN|LIKE|BETWEEN|EXISTS|NOT ?(LIKE|BETWEEN|EXISTS|NULL|IN)'
            . '|(NOT ?)?BETWEEN TIME';
        if (is_string($value) && preg_match("/^($words)$/i", $value)) {
            $value .= ' ';
        }
    }

    private function typeCast($data, $type)
    {
        switch (strtolower($type)) {
            case 'a':
                return (array) $data;
            case 'd':
                return (int) $data;
            case 'f':
                return (float) $data;
            case 'b':
                return (bool) $data;
        }
        if (!is_scalar($data)) {
            throw new \InvalidArgumentException('variable type error：' . gettype($data));
        }
        return (string) $data;
    }
}
