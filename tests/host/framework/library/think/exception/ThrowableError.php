<?php

namespace think\exception;

/** An Error seen by the exception handler, which knows Exceptions only. */
class ThrowableError extends \ErrorException
{
    public function __construct(\Throwable $e)
    {
        $kind = $e instanceof \ParseError ? 'Parse error' : ($e instanceof \TypeError ? 'Type error' : 'Fatal error');
        parent::__construct("$kind: " . $e->getMessage(), $e->getCode(), E_ERROR, $e->getFile(), $e->getLine(), $e);
    }
}
