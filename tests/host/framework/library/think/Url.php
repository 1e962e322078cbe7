<?php

namespace think;

class Url
{
    protected static $root;

    /** `@addons/...` and `/...` are taken as paths, anything else is completed to module/controller/action. */
    public static function build($url = '', $vars = '', $suffix = true, $domain = false)
    {
        [$url, $query] = array_pad(explode('?', $url, 2), 2, '');
        if (is_string($vars)) {
            parse_str($vars, $vars);
        }
        parse_str($query, $more);
        $vars = array_merge($more, $vars);

        $url = self::path($url);
        foreach ($vars as $name => $value) {
            if (trim((string) $value) !== '') {
                $url .= "/$name/" . urlencode($value);
            }
        }
        $ending = $url === '' ? '' : ($suffix === true ? Config::get('url_html_suffix') : (string) $suffix);
        $url .= $ending === '' || $ending[0] === '.' ? $ending : ".$ending";

        $request = Request::instance();
        $host = $domain === true ? $request->domain() : ($domain ? $request->scheme() . "://$domain" : '');
        return $host . rtrim(self::$root ?: $request->root(), '/') . '/' . ltrim($url, '/');
    }

    private static function path($url)
    {
        if ($url !== '' && ($url[0] === '/' || $url[0] === '@')) {
            return substr($url, 1);
        }
        $request = Request::instance();
        $parts = $url === '' ? [$request->action()] : explode('/', $url);
        if (count($parts) === 1) {
            array_unshift($parts, Loader::parseName($request->controller()));
        }
        if (count($parts) === 2 && $request->module() !== '') {
            array_unshift($parts, $request->module());
        }
        return strtolower(implode('/', $parts));
    }

    public static function root($root)
    {
        self::$root = $root;
    }
}
