<?php

namespace think\exception;

class HttpException extends \RuntimeException
{
    private $statusCode;
    private $headers;

    public function __construct(
        $statusCode,
        $message = '',
        ?\Exception $previous = null,
        array $headers = [],
        $code = 0
    ) {
        $this->statusCode = $statusCode;
        $this->headers = $headers;
        parent::__construct((string) $message, $code, $previous);
    }

    public function getStatusCode()
    {
        return $this->statusCode;
    }

    public function getHeaders()
    {
        return $this->headers;
    }
}
