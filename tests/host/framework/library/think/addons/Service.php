<?php

namespace think\addons;

use think\Config;
use think\Db;
use think\Exception;

/** What the plugin manager does with an addon's files, tables and hooks. */
class Service
{
    private const GLOBAL_DIRECTORIES = ['application', 'public'];

    public static function unzip($name, $file = '')
    {
        $zip = new \ZipArchive();
        if ($zip->open($file) !== true) {
            throw new Exception('Unable to open the zip file');
        }
        $directory = self::getAddonDir($name);
        is_dir($directory) || mkdir($directory, 0755, true);
        if (!$zip->extractTo($directory)) {
            throw new Exception('Unable to extract the file');
        }
        $zip->close();
        return $directory;
    }

    public static function check($name)
    {
        $class = get_addon_class($name);
        if (!$class) {
            throw new Exception('The addon file does not exist');
        }
        if (!(new $class())->checkInfo()) {
            throw new Exception('The configuration file content is incorrect');
        }
        return true;
    }

    /** Line by line, and whatever goes wrong is forgotten. */
    public static function importsql($name, $fileName = 'install.sql')
    {
        $file = self::getAddonDir($name) . $fileName;
        $statement = '';
        foreach (is_file($file) ? file($file) : [] as $line) {
            if (strncmp($line, '--', 2) === 0 || strncmp($line, '/*', 2) === 0) {
                continue;
            }
            $statement .= $line;
            if (substr(trim($line), -1) !== ';') {
                continue;
            }
            $statement = str_ireplace('__PREFIX__', Config::get('database.prefix'), $statement);
            $statement = str_ireplace('INSERT INTO ', 'INSERT IGNORE INTO ', $statement);
            try {
                Db::getPdo()->exec($statement);
            } catch (\PDOException $e) {
                // The host says nothing either.
            }
            $statement = '';
        }
        return true;
    }

    /** Files first, then the addon's own enable(): a refusal there leaves the files where they are. */
    public static function enable($name, $force = false)
    {
        self::mustExist($name);
        $directory = self::getAddonDir($name);
        $files = self::getGlobalFiles($name);
        $files && self::config($name, ['files' => $files]);
        if (is_dir($directory . 'assets')) {
            copydirs($directory . 'assets', self::assetsDir($name));
            rmdirs($directory . 'assets');
        }
        foreach (self::GLOBAL_DIRECTORIES as $global) {
            if (is_dir($directory . $global)) {
                copydirs($directory . $global, ROOT_PATH . $global);
                rmdirs($directory . $global);
            }
        }
        self::call($name, 'enable');
        self::setState($name, 1);
        return true;
    }

    /** The copied files move back into the addon, and its own disable() runs last. */
    public static function disable($name, $force = false)
    {
        self::mustExist($name);
        $directory = self::getAddonDir($name);
        foreach (self::config($name)['files'] ?? [] as $file) {
            $isAsset = strpos($file, 'public/assets/addons/') === 0;
            if (is_file(ROOT_PATH . $file)) {
                $isAsset || is_dir(dirname($directory . $file)) || mkdir(dirname($directory . $file), 0755, true);
                $isAsset || copy(ROOT_PATH . $file, $directory . $file);
            }
        }
        if (is_dir(self::assetsDir($name))) {
            copydirs(self::assetsDir($name), $directory . 'assets');
        }
        foreach (self::config($name)['files'] ?? [] as $file) {
            is_file(ROOT_PATH . $file) && unlink(ROOT_PATH . $file);
        }
        self::setState($name, 0, false);
        self::call($name, 'disable');
        self::refresh();
        return true;
    }

    /** Tables stay, the addon's folder (with its configuration) goes. */
    public static function uninstall($name, $force = false)
    {
        self::mustExist($name);
        self::call($name, 'uninstall');
        rmdirs(self::getAddonDir($name));
        self::refresh();
        return true;
    }

    /** Every public method that the base class does not have becomes a hook. */
    public static function refresh()
    {
        $hooks = [];
        $base = array_merge(get_class_methods('\\think\\Addons'), ['install', 'uninstall', 'enable', 'disable']);
        foreach (glob(ADDON_PATH . '*' . DS . 'info.ini') as $file) {
            $info = parse_ini_file($file);
            $class = get_addon_class($info['name']);
            foreach ($info['state'] && $class ? array_diff(get_class_methods($class), $base) : [] as $method) {
                $hooks[\think\Loader::parseName($method, 0, false)][] = $info['name'];
            }
        }
        $config = ['hooks' => $hooks] + (array) Config::get('addons');
        $code = "<?php\n\nreturn " . var_export($config, true) . ";\n";
        file_put_contents(CONF_PATH . 'extra' . DS . 'addons.php', $code, LOCK_EX);
        return true;
    }

    /** Reads, and with values also changes, the addon's .addonrc. */
    public static function config($name, $changed = [])
    {
        $file = self::getAddonDir($name) . '.addonrc';
        $config = is_file($file) ? (array) json_decode(file_get_contents($file), true) : [];
        $config = array_merge($config, $changed);
        $changed && file_put_contents($file, json_encode($config, JSON_UNESCAPED_UNICODE));
        return $config;
    }

    /** Paths below the site's root that belong to the addon. */
    public static function getGlobalFiles($name, $onlyconflict = false)
    {
        $list = [];
        $directory = self::getAddonDir($name);
        foreach (array_merge(self::GLOBAL_DIRECTORIES, ['assets']) as $part) {
            foreach (self::filesBelow($directory . $part) as $file) {
                $path = $part === 'assets' ? "public/assets/addons/$name" : $part;
                $list[] = $path . substr($file, strlen($directory . $part));
            }
        }
        return $list;
    }

    public static function getAddonDir($name)
    {
        return ADDON_PATH . $name . DS;
    }

    private static function filesBelow($directory)
    {
        if (!is_dir($directory)) {
            return [];
        }
        $flags = \FilesystemIterator::SKIP_DOTS;
        $tree = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($directory, $flags));
        return array_map('strval', iterator_to_array($tree, false));
    }

    private static function assetsDir($name)
    {
        return ROOT_PATH . 'public' . DS . 'assets' . DS . 'addons' . DS . $name;
    }

    private static function mustExist($name)
    {
        if (!$name || !is_dir(ADDON_PATH . $name)) {
            throw new Exception('Addon not exists');
        }
    }

    private static function call($name, $method)
    {
        $class = get_addon_class($name);
        if ($class && method_exists($class, $method)) {
            (new $class())->$method();
        }
    }

    private static function setState($name, $state, $refresh = true)
    {
        $info = get_addon_info($name);
        unset($info['url']);
        Config::set($name, $info, 'addoninfo');
        set_addon_info($name, ['state' => $state]);
        $refresh && self::refresh();
    }
}
