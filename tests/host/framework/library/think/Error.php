<?php

namespace think;

use think\exception\ErrorException;
use think\exception\Handle;
use think\exception\ThrowableError;

/** Every notice, warning and deprecation becomes an exception. */
class Error
{
    public static function register()
    {
        error_reporting(E_ALL);
        set_error_handler([__CLASS__, 'appError']);
        set_exception_handler([__CLASS__, 'appException']);
        register_shutdown_function([__CLASS__, 'appShutdown']);
    }

    public static function appError($errno, $errstr, $errfile = '', $errline = 0)
    {
        $exception = new ErrorException($errno, $errstr, $errfile, $errline);
        if (error_reporting() & $errno) {
            throw $exception;
        }
        // Silenced with @: logged all the same.
        (new Handle())->report($exception);
    }

    public static function appException($e)
    {
        $e = $e instanceof \Exception ? $e : new ThrowableError($e);
        $handle = new Handle();
        $handle->report($e);
        if (IS_CLI) {
            $handle->renderForConsole($e);
        } else {
            $handle->render($e)->send();
        }
    }

    public static function appShutdown()
    {
        $error = error_get_last();
        if ($error !== null && in_array($error['type'], [E_ERROR, E_CORE_ERROR, E_COMPILE_ERROR, E_PARSE], true)) {
            self::appException(
                new ErrorException($error['type'], $error['message'], $error['file'], $error['line'])
            );
        }
        Log::save();
    }
}
