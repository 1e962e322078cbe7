<?php

namespace think\response;

use think\Response;

class Json extends Response
{
    protected $options = ['json_encode_param' => JSON_UNESCAPED_UNICODE];
    protected $contentType = 'application/json';

    protected function output($data)
    {
        $json = json_encode($data, $this->options['json_encode_param']);
        if ($json === false) {
            throw new \InvalidArgumentException(json_last_error_msg());
        }
        return $json;
    }
}
