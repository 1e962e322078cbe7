<?php

namespace think\console\input;

class Option
{
    public const VALUE_NONE = 1;
    public const VALUE_REQUIRED = 2;
    public const VALUE_OPTIONAL = 4;
    public const VALUE_IS_ARRAY = 8;

    private $name;
    private $shortcut;
    private $mode;
    private $default;

    public function __construct($name, $shortcut = null, $mode = null, $description = '', $default = null)
    {
        $this->name = ltrim($name, '-');
        $this->shortcut = $shortcut === null ? null : ltrim($shortcut, '-');
        $this->mode = $mode ?? self::VALUE_NONE;
        if ($this->isArray()) {
            $this->default = $default ?? [];
        } else {
            $this->default = $this->acceptValue() ? $default : false;
        }
    }

    public function getName()
    {
        return $this->name;
    }

    public function getShortcut()
    {
        return $this->shortcut;
    }

    public function acceptValue()
    {
        return (bool) ($this->mode & (self::VALUE_REQUIRED | self::VALUE_OPTIONAL));
    }

    public function isValueRequired()
    {
        return (bool) ($this->mode & self::VALUE_REQUIRED);
    }

    public function isArray()
    {
        return (bool) ($this->mode & self::VALUE_IS_ARRAY);
    }

    public function getDefault()
    {
        return $this->default;
    }
}
