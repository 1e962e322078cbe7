<?php

namespace think\exception;

use think\Exception;

class DbException extends Exception
{
    public function __construct($message, array $config, $sql, $code = 10500)
    {
        parent::__construct($message, $code);
        $this->setData('Database Status', ['Error Code' => $code, 'Error Message' => $message, 'Error SQL' => $sql]);
    }
}
