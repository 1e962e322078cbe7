<?php

/**
 * Stand-in for ThinkPHP 5.0 as FastAdmin runs it: written for this project, behaves like the host, holds
 * only what an addon can touch. Signatures are untyped and files are not strict, as in the host.
 */

namespace think;

define('THINK_VERSION', '5.0.25');
define('THINK_START_TIME', microtime(true));
define('EXT', '.php');
define('DS', DIRECTORY_SEPARATOR);
defined('THINK_PATH') or define('THINK_PATH', __DIR__ . DS);
define('LIB_PATH', THINK_PATH . 'library' . DS);
define('TRAIT_PATH', LIB_PATH . 'traits' . DS);
defined('APP_PATH') or define('APP_PATH', dirname($_SERVER['SCRIPT_FILENAME']) . DS);
defined('ROOT_PATH') or define('ROOT_PATH', dirname(realpath(APP_PATH)) . DS);
defined('RUNTIME_PATH') or define('RUNTIME_PATH', ROOT_PATH . 'runtime' . DS);
defined('LOG_PATH') or define('LOG_PATH', RUNTIME_PATH . 'log' . DS);
defined('CACHE_PATH') or define('CACHE_PATH', RUNTIME_PATH . 'cache' . DS);
defined('CONF_PATH') or define('CONF_PATH', APP_PATH);
defined('CONF_EXT') or define('CONF_EXT', EXT);
defined('ENV_PREFIX') or define('ENV_PREFIX', 'PHP_');
define('IS_CLI', PHP_SAPI === 'cli');
define('IS_WIN', false);

require LIB_PATH . 'think' . DS . 'Loader.php';

Loader::register();
Env::load(ROOT_PATH . '.env');
Error::register();
require THINK_PATH . 'addons.php';
