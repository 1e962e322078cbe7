<?php

namespace think\console;

/** The command line: the first word is the command, the rest its arguments and options. */
class Input
{
    private $tokens;
    private $arguments = [];
    private $options = [];
    private $definitions = [];

    public function __construct($argv = null)
    {
        $this->tokens = $argv ?? array_slice($_SERVER['argv'], 1);
    }

    public function getFirstArgument()
    {
        foreach ($this->tokens as $token) {
            if ($token === '' || $token[0] !== '-') {
                return $token;
            }
        }
        return null;
    }

    /** @param array<string,input\Argument> $arguments @param array<string,input\Option> $options */
    public function bind(array $arguments, array $options)
    {
        $this->definitions = array_values($arguments);
        foreach ($options as $name => $option) {
            $this->options[$name] = $option->getDefault();
        }
        $words = [];
        $tokens = $this->tokens;
        while ($tokens) {
            $token = array_shift($tokens);
            if (strlen($token) > 1 && $token[0] === '-') {
                $this->bindOption($token, $options, $tokens);
            } else {
                $words[] = $token;
            }
        }
        $this->bindArguments(array_slice($words, 1));
    }

    private function bindOption($token, array $options, array &$tokens)
    {
        [$name, $value] = array_pad(explode('=', ltrim($token, '-'), 2), 2, null);
        foreach ($options as $option) {
            if ($name !== $option->getName() && $name !== $option->getShortcut()) {
                continue;
            }
            if ($option->acceptValue() && $value === null && $tokens && $tokens[0][0] !== '-') {
                $value = array_shift($tokens);
            }
            if ($option->isValueRequired() && $value === null) {
                throw new \RuntimeException("The \"--$name\" option requires a value.");
            }
            $value = $option->acceptValue() ? $value : true;
            if ($option->isArray()) {
                $this->options[$option->getName()][] = $value;
            } else {
                $this->options[$option->getName()] = $value;
            }
            return;
        }
        throw new \RuntimeException("The \"--$name\" option does not exist.");
    }

    private function bindArguments(array $words)
    {
        foreach ($this->definitions as $argument) {
            $given = $argument->isArray() ? array_splice($words, 0) : array_shift($words);
            if ($given !== null && $given !== []) {
                $this->arguments[$argument->getName()] = $given;
            }
        }
        if ($words) {
            throw new \RuntimeException('Too many arguments.');
        }
    }

    public function validate()
    {
        foreach ($this->definitions as $argument) {
            if ($argument->isRequired() && !isset($this->arguments[$argument->getName()])) {
                throw new \RuntimeException('Not enough arguments.');
            }
        }
    }

    public function getArgument($name)
    {
        foreach ($this->definitions as $argument) {
            if ($argument->getName() === $name) {
                return $this->arguments[$name] ?? $argument->getDefault();
            }
        }
        throw new \InvalidArgumentException("The \"$name\" argument does not exist.");
    }

    public function hasArgument($name)
    {
        return in_array($name, array_map(fn ($argument) => $argument->getName(), $this->definitions), true);
    }

    public function getOption($name)
    {
        if (!$this->hasOption($name)) {
            throw new \InvalidArgumentException("The \"$name\" option does not exist.");
        }
        return $this->options[$name];
    }

    public function hasOption($name)
    {
        return array_key_exists($name, $this->options);
    }

    public function getOptions()
    {
        return $this->options;
    }
}
