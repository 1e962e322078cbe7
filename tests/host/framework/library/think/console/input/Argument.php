<?php

namespace think\console\input;

class Argument
{
    public const REQUIRED = 1;
    public const OPTIONAL = 2;
    public const IS_ARRAY = 4;

    private $name;
    private $mode;
    private $default;

    public function __construct($name, $mode = null, $description = '', $default = null)
    {
        $this->name = $name;
        $this->mode = $mode ?? self::OPTIONAL;
        $this->default = $this->isArray() ? ($default ?? []) : $default;
    }

    public function getName()
    {
        return $this->name;
    }

    public function isRequired()
    {
        return (bool) ($this->mode & self::REQUIRED);
    }

    public function isArray()
    {
        return (bool) ($this->mode & self::IS_ARRAY);
    }

    public function getDefault()
    {
        return $this->default;
    }
}
