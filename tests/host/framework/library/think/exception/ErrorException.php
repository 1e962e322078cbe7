<?php

namespace think\exception;

use think\Exception;

class ErrorException extends Exception
{
    protected $severity;

    public function __construct($severity, $message, $file, $line)
    {
        parent::__construct($message);
        $this->severity = $severity;
        $this->file = $file;
        $this->line = $line;
    }

    final public function getSeverity()
    {
        return $this->severity;
    }
}
