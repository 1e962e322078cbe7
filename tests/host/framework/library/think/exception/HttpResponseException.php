<?php

namespace think\exception;

use think\Response;

/** Carries a finished response out of an action: success(), error(), redirect(). */
class HttpResponseException extends \RuntimeException
{
    protected $response;

    public function __construct(Response $response)
    {
        parent::__construct();
        $this->response = $response;
    }

    public function getResponse()
    {
        return $this->response;
    }
}
