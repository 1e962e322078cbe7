<?php

namespace think\exception;

class PDOException extends DbException
{
    public function __construct(\PDOException $exception, array $config, $sql, $code = 10501)
    {
        parent::__construct($exception->getMessage(), $config, $sql, $code);
        $this->setData('PDO Error Info', (array) $exception->errorInfo);
    }
}
