<?php

namespace think;

use think\console\Input;
use think\console\Output;

/** `php think COMMAND`: the commands that addons registered from their app_init hook. */
class Console
{
    private static $defaultCommands = [];
    private $commands = [];

    public static function addDefaultCommands(array $classes)
    {
        self::$defaultCommands = array_merge(self::$defaultCommands, $classes);
    }

    public static function init($run = true)
    {
        $console = new self();
        foreach (self::$defaultCommands as $class) {
            $console->add(new $class());
        }
        return $run ? $console->run() : $console;
    }

    public function add(console\Command $command)
    {
        $command->setConsole($this);
        $this->commands[$command->getName()] = $command;
        return $command;
    }

    public function find($name)
    {
        if (!isset($this->commands[$name])) {
            throw new \InvalidArgumentException("Command \"$name\" is not defined.");
        }
        return $this->commands[$name];
    }

    public function run()
    {
        $input = new Input();
        $output = new Output();
        try {
            $name = $input->getFirstArgument();
            $status = $name === null ? $this->listCommands($output) : $this->find($name)->run($input, $output);
        } catch (\Exception $e) {
            $output->renderException($e);
            $status = is_numeric($e->getCode()) ? ((int) $e->getCode() ?: 1) : 1;
        }
        exit(min($status, 255));
    }

    private function listCommands(Output $output)
    {
        foreach ($this->commands as $name => $command) {
            $output->writeln("$name  {$command->getDescription()}");
        }
        return 0;
    }
}
