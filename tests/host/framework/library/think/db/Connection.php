<?php

namespace think\db;

use PDO;
use think\exception\PDOException;

class Connection
{
    private $config;
    private $pdo;

    public function __construct(array $config)
    {
        $this->config = $config;
    }

    public function getConfig($name = '')
    {
        return $name === '' ? $this->config : ($this->config[$name] ?? null);
    }

    public function getPdo()
    {
        return $this->pdo ?: false;
    }

    public function open()
    {
        if (!$this->pdo) {
            $config = $this->config;
            $dsn = "mysql:dbname={$config['database']};host={$config['hostname']}";
            $dsn .= empty($config['hostport']) ? '' : ";port={$config['hostport']}";
            $dsn .= ";charset={$config['charset']}";
            $this->pdo = new PDO($dsn, $config['username'], $config['password'], [
                PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
                PDO::ATTR_STRINGIFY_FETCHES => false,
                PDO::ATTR_EMULATE_PREPARES => false,
            ]);
        }
        return $this->pdo;
    }

    public function query($sql, $bind = [])
    {
        return $this->run($sql, $bind)->fetchAll(PDO::FETCH_ASSOC);
    }

    public function execute($sql, $bind = [])
    {
        return $this->run($sql, $bind)->rowCount();
    }

    private function run($sql, array $bind)
    {
        try {
            $statement = $this->open()->prepare($sql);
            $statement->execute($bind);
            return $statement;
        } catch (\PDOException $e) {
            throw new PDOException($e, $this->config, $sql);
        }
    }
}
