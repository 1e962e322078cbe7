<?php

namespace think;

class Env
{
    /** Reads the site's .env; php-fpm clears its parent's environment, so this is the only source. */
    public static function load($file)
    {
        if (!is_file($file)) {
            return;
        }
        foreach (parse_ini_file($file, true) as $key => $value) {
            foreach (is_array($value) ? $value : ['' => $value] as $name => $item) {
                $name = $name === '' ? $key : $key . '_' . $name;
                putenv(ENV_PREFIX . strtoupper($name) . '=' . $item);
            }
        }
    }

    public static function get($name, $default = null)
    {
        $value = getenv(ENV_PREFIX . strtoupper(str_replace('.', '_', $name)));
        if ($value === false) {
            return $default;
        }
        return ['true' => true, 'false' => false][$value] ?? $value;
    }
}
