<?php

namespace think\exception;

use think\App;
use think\Config;
use think\Log;
use think\Response;

class Handle
{
    /** HTTP errors (404, disabled addon) are not logged, as in the host. */
    public function report(\Exception $e)
    {
        if (!$e instanceof HttpException) {
            $code = $e->getCode() ?: (method_exists($e, 'getSeverity') ? $e->getSeverity() : 0);
            Log::record("[$code]{$e->getMessage()}[{$e->getFile()}:{$e->getLine()}]", 'error');
        }
    }

    public function render(\Exception $e)
    {
        // What the action printed so far is thrown away.
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        $status = $e instanceof HttpException ? $e->getStatusCode() : 500;
        $headers = $e instanceof HttpException ? $e->getHeaders() : [];
        $message = App::$debug ? $e->getMessage() : Config::get('error_message');
        $html = '<!doctype html><meta charset="utf-8"><title>System Error</title><h1>'
            . htmlspecialchars((string) $message, ENT_QUOTES | ENT_SUBSTITUTE) . '</h1>';
        return (new Response($html, $status))->header($headers);
    }

    public function renderForConsole(\Exception $e)
    {
        fwrite(STDERR, '[' . get_class($e) . "]\n" . $e->getMessage() . "\n");
    }
}
