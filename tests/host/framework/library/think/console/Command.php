<?php

namespace think\console;

use think\Console;
use think\console\input\Argument;
use think\console\input\Option;

class Command
{
    /** @var Input */
    protected $input;
    /** @var Output */
    protected $output;
    private $console;
    private $name;
    private $description = '';
    private $arguments = [];
    private $options = [];

    public function __construct($name = null)
    {
        $name === null || $this->setName($name);
        $this->configure();
        if (!$this->name) {
            throw new \LogicException('The command defined in "' . get_class($this) . '" cannot have an empty name.');
        }
    }

    protected function configure()
    {
    }

    protected function initialize(Input $input, Output $output)
    {
    }

    protected function execute(Input $input, Output $output)
    {
        throw new \LogicException('You must override the execute() method in the concrete command class.');
    }

    public function run(Input $input, Output $output)
    {
        [$this->input, $this->output] = [$input, $output];
        $input->bind($this->arguments, $this->options);
        $this->initialize($input, $output);
        $input->validate();
        $status = $this->execute($input, $output);
        return is_numeric($status) ? (int) $status : 0;
    }

    public function addArgument($name, $mode = null, $description = '', $default = null)
    {
        $this->arguments[$name] = new Argument($name, $mode, $description, $default);
        return $this;
    }

    public function addOption($name, $shortcut = null, $mode = null, $description = '', $default = null)
    {
        $this->options[$name] = new Option($name, $shortcut, $mode, $description, $default);
        return $this;
    }

    public function setDefinition($definition)
    {
        foreach ($definition as $item) {
            $kind = $item instanceof Option ? 'options' : 'arguments';
            $this->$kind[$item->getName()] = $item;
        }
        return $this;
    }

    public function setConsole(?Console $console = null)
    {
        $this->console = $console;
    }

    public function getConsole()
    {
        return $this->console;
    }

    public function setName($name)
    {
        $this->name = $name;
        return $this;
    }

    public function getName()
    {
        return $this->name;
    }

    public function setDescription($description)
    {
        $this->description = $description;
        return $this;
    }

    public function getDescription()
    {
        return $this->description;
    }

    public function setHelp($help)
    {
        return $this;
    }
}
