<?php

namespace think\request;

use think\Config;

/** Method, address, headers and path of the request. */
trait Server
{
    protected $method;
    protected $domain;
    protected $url;
    protected $root;
    protected $pathinfo;
    protected $header = [];

    /** `_method` in a form and X-HTTP-Method-Override change it; true asks for what was really sent. */
    public function method($method = false)
    {
        if ($method === true) {
            return $this->server('REQUEST_METHOD') ?: 'GET';
        }
        if (!$this->method) {
            $override = Config::get('var_method');
            if (isset($_POST[$override])) {
                $wanted = strtoupper($_POST[$override]);
                $this->method = in_array($wanted, ['GET', 'POST', 'DELETE', 'PUT', 'PATCH'], true) ? $wanted : 'POST';
                unset($_POST[$override]);
            } else {
                $this->method = strtoupper($_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE'] ?? $this->method(true));
            }
        }
        return $this->method;
    }

    public function isGet()
    {
        return $this->method() === 'GET';
    }

    public function isPost()
    {
        return $this->method() === 'POST';
    }

    public function isPut()
    {
        return $this->method() === 'PUT';
    }

    public function isDelete()
    {
        return $this->method() === 'DELETE';
    }

    public function isHead()
    {
        return $this->method() === 'HEAD';
    }

    public function isPatch()
    {
        return $this->method() === 'PATCH';
    }

    public function isOptions()
    {
        return $this->method() === 'OPTIONS';
    }

    public function isCli()
    {
        return PHP_SAPI === 'cli';
    }

    public function isAjax($ajax = false)
    {
        $byHeader = $this->server('HTTP_X_REQUESTED_WITH', '', 'strtolower') === 'xmlhttprequest';
        if ($ajax === true || $byHeader) {
            return $byHeader;
        }
        $byParameter = (bool) $this->param(Config::get('var_ajax'));
        $this->mergeParam = false;
        return $byParameter;
    }

    public function isMobile()
    {
        return (bool) preg_match('/mobile|android|iphone|ipod|mobi|phone/i', $_SERVER['HTTP_USER_AGENT'] ?? '');
    }

    /** X-Forwarded-Proto is believed from anybody. */
    public function isSsl()
    {
        return in_array(strtolower($_SERVER['HTTPS'] ?? ''), ['1', 'on'], true)
            || ($_SERVER['REQUEST_SCHEME'] ?? '') === 'https'
            || ($_SERVER['SERVER_PORT'] ?? '') === '443'
            || ($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https';
    }

    public function scheme()
    {
        return $this->isSsl() ? 'https' : 'http';
    }

    /** X-Real-Host is believed from anybody. */
    public function host($strict = false)
    {
        $host = $_SERVER['HTTP_X_REAL_HOST'] ?? $this->server('HTTP_HOST');
        return $strict === true && strpos((string) $host, ':') ? strstr($host, ':', true) : $host;
    }

    public function domain($domain = null)
    {
        if ($domain !== null) {
            $this->domain = $domain;
            return $this;
        }
        $this->domain = $this->domain ?: $this->scheme() . '://' . $this->host();
        return $this->domain;
    }

    public function port()
    {
        return $this->server('SERVER_PORT');
    }

    public function protocol()
    {
        return $this->server('SERVER_PROTOCOL');
    }

    public function query()
    {
        return $this->server('QUERY_STRING');
    }

    public function time($float = false)
    {
        return $float ? $_SERVER['REQUEST_TIME_FLOAT'] : $_SERVER['REQUEST_TIME'];
    }

    /** FastAdmin sets http_agent_ip to REMOTE_ADDR, so X-Forwarded-For is not looked at. */
    public function ip($type = 0, $adv = true)
    {
        $ip = $_SERVER[Config::get('http_agent_ip')] ?? '0.0.0.0';
        $long = sprintf('%u', ip2long($ip));
        // An IPv6 address has no long form, and then the host reports none at all.
        return $type ? ($long ?: 0) : ($long ? $ip : '0.0.0.0');
    }

    public function contentType()
    {
        return trim(explode(';', (string) $this->server('CONTENT_TYPE'))[0]);
    }

    public function header($name = '', $default = null)
    {
        if (!$this->header) {
            foreach ($_SERVER as $key => $value) {
                if (strpos($key, 'HTTP_') === 0) {
                    $this->header[str_replace('_', '-', strtolower(substr($key, 5)))] = $value;
                }
            }
            foreach (['CONTENT_TYPE' => 'content-type', 'CONTENT_LENGTH' => 'content-length'] as $key => $header) {
                if (isset($_SERVER[$key])) {
                    $this->header[$header] = $_SERVER[$key];
                }
            }
        }
        return $name === '' ? $this->header : ($this->header[str_replace('_', '-', strtolower($name))] ?? $default);
    }

    public function getContent()
    {
        return $this->input;
    }

    public function getInput()
    {
        return $this->input;
    }

    public function url($url = null)
    {
        if ($url !== null && $url !== true) {
            $this->url = $url;
            return $this;
        }
        $this->url = $this->url ?: ($_SERVER['REQUEST_URI'] ?? ($_SERVER['argv'][1] ?? ''));
        return $url === true ? $this->domain() . $this->url : $this->url;
    }

    public function baseUrl($url = null)
    {
        $base = explode('?', $this->url())[0];
        return $url === true ? $this->domain() . $base : $base;
    }

    public function baseFile($file = null)
    {
        $script = IS_CLI ? '' : $_SERVER['SCRIPT_NAME'];
        return $file === true ? $this->domain() . $script : $script;
    }

    public function root($url = null)
    {
        if ($url !== null && $url !== true) {
            $this->root = $url;
            return $this;
        }
        if ($this->root === null) {
            $file = $this->baseFile();
            $hidden = $file !== '' && strpos($this->url(), $file) !== 0;
            $this->root = rtrim($hidden ? dirname($file) : $file, '/');
        }
        return $url === true ? $this->domain() . $this->root : $this->root;
    }

    /** The web server's rewrite puts the path into ?s=, and so can a visitor. */
    public function pathinfo()
    {
        if ($this->pathinfo === null) {
            $variable = Config::get('var_pathinfo');
            $path = $_GET[$variable] ?? $_SERVER['PATH_INFO'] ?? (IS_CLI ? ($_SERVER['argv'][1] ?? '') : '');
            unset($_GET[$variable]);
            $this->pathinfo = empty($path) ? '/' : ltrim($path, '/');
        }
        return $this->pathinfo;
    }

    public function path()
    {
        return preg_replace('/\.(' . ltrim(Config::get('url_html_suffix'), '.') . ')$/i', '', $this->pathinfo());
    }

    public function ext()
    {
        return pathinfo($this->pathinfo(), PATHINFO_EXTENSION);
    }
}
