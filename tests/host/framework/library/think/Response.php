<?php

namespace think;

class Response
{
    protected $data;
    protected $contentType = 'text/html';
    protected $charset = 'utf-8';
    protected $code = 200;
    protected $options = [];
    protected $header = [];
    protected $content = null;

    public function __construct($data = '', $code = 200, array $header = [], $options = [])
    {
        $this->data($data);
        $this->options = array_merge($this->options, $options);
        $this->contentType($this->contentType, $this->charset);
        $this->header = array_merge($this->header, $header);
        $this->code = $code;
    }

    public static function create($data = '', $type = '', $code = 200, array $header = [], $options = [])
    {
        $class = strpos($type, '\\') !== false ? $type : '\\think\\response\\' . ucfirst(strtolower($type));
        return class_exists($class)
            ? new $class($data, $code, $header, $options)
            : new static($data, $code, $header, $options);
    }

    /** Sends, then lets the client go; what comes after runs while the worker is still busy. */
    public function send()
    {
        Hook::listen('response_send', $this);
        $data = $this->getContent();
        if (!headers_sent() && !empty($this->header)) {
            http_response_code($this->code);
            foreach ($this->header as $name => $value) {
                header($value === null ? $name : "$name:$value");
            }
        }
        echo $data;
        if (function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
        Hook::listen('response_end', $this);
        if (!$this instanceof response\Redirect) {
            Session::flush();
        }
    }

    protected function output($data)
    {
        return $data;
    }

    public function options($options = [])
    {
        $this->options = array_merge($this->options, $options);
        return $this;
    }

    public function data($data)
    {
        $this->data = $data;
        return $this;
    }

    public function header($name, $value = null)
    {
        $this->header = array_merge($this->header, is_array($name) ? $name : [$name => $value]);
        return $this;
    }

    public function content($content)
    {
        $this->content = $this->checked($content);
        return $this;
    }

    public function code($code)
    {
        $this->code = $code;
        return $this;
    }

    public function lastModified($time)
    {
        return $this->header('Last-Modified', $time);
    }

    public function expires($time)
    {
        return $this->header('Expires', $time);
    }

    public function eTag($eTag)
    {
        return $this->header('ETag', $eTag);
    }

    public function cacheControl($cache)
    {
        return $this->header('Cache-control', $cache);
    }

    public function contentType($contentType, $charset = 'utf-8')
    {
        return $this->header('Content-Type', $contentType . '; charset=' . $charset);
    }

    public function getHeader($name = '')
    {
        return $name === '' ? $this->header : ($this->header[$name] ?? null);
    }

    public function getData()
    {
        return $this->data;
    }

    public function getContent()
    {
        if ($this->content === null || $this->content === '') {
            $this->content = $this->checked($this->output($this->data));
        }
        return $this->content;
    }

    public function getCode()
    {
        return $this->code;
    }

    /** Only what prints may be sent: an array here is the well-known 500. */
    private function checked($content)
    {
        $printable = $content === null || is_string($content) || is_numeric($content)
            || is_callable([$content, '__toString']);
        if (!$printable) {
            throw new \InvalidArgumentException('variable type error： ' . gettype($content));
        }
        return (string) $content;
    }
}
