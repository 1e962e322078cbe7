<?php

namespace think;

/** Two kinds of address: `addons/:addon/[:controller]/[:action]` and module/controller/action. */
class Route
{
    /** @return array{type:string,module?:array,method?:array,var?:array} */
    public static function check(Request $request, $path)
    {
        $parts = explode('/', trim($path, '/'));
        if (strcasecmp($parts[0], 'addons') === 0 && isset($parts[1])) {
            $vars = ['addon' => $parts[1], 'controller' => $parts[2] ?? null, 'action' => $parts[3] ?? null];
            $vars = self::parameters(array_slice($parts, 4), $vars);
            $request->route($vars);
            $request->routeInfo(['route' => '\\think\\addons\\Route@execute', 'var' => $vars]);
            return ['type' => 'method', 'method' => ['\\think\\addons\\Route', 'execute'], 'var' => []];
        }
        $parts = defined('BIND_MODULE') ? array_merge([BIND_MODULE], $parts) : $parts;
        $request->route(self::parameters(array_slice($parts, 3)));
        return ['type' => 'module', 'module' => array_pad(array_slice($parts, 0, 3), 3, '')];
    }

    /** The rest of the path is name/value pairs; tags are stripped, and a name may repeat one of the route's. */
    private static function parameters(array $parts, array $vars = [])
    {
        preg_match_all('/(\w+)\|([^|]+)/', implode('|', $parts), $pairs, PREG_SET_ORDER);
        foreach ($pairs as $pair) {
            $vars[$pair[1]] = strip_tags($pair[2]);
        }
        return $vars;
    }
}
