<?php

namespace think\response;

use think\Response;
use think\Session;
use think\Url;

class Redirect extends Response
{
    protected $params = [];

    public function __construct($data = '', $code = 302, array $header = [], array $options = [])
    {
        parent::__construct($data, $code, $header, $options);
        $this->cacheControl('no-cache,must-revalidate');
    }

    protected function output($data)
    {
        $this->header['Location'] = $this->getTargetUrl();
        return null;
    }

    public function with($name, $value = null)
    {
        foreach (is_array($name) ? $name : [$name => $value] as $key => $item) {
            Session::flash($key, $item);
        }
        return $this;
    }

    /** A URL or an absolute path is taken as it is; anything else is a route to build. */
    public function getTargetUrl()
    {
        $ready = strpos($this->data, '://') || (strpos($this->data, '/') === 0 && empty($this->params));
        return $ready ? $this->data : Url::build($this->data, $this->params);
    }

    public function params($params = [])
    {
        $this->params = $params;
        return $this;
    }
}
