<?php

namespace think\console;

/**
 * @method void info($message)
 * @method void error($message)
 * @method void comment($message)
 * @method void warning($message)
 * @method void highlight($message)
 */
class Output
{
    private const STYLES = ['info', 'error', 'comment', 'question', 'highlight', 'warning'];

    public function __construct($driver = 'console')
    {
    }

    public function writeln($messages, $type = 0)
    {
        $this->write($messages, true, $type);
    }

    public function write($messages, $newline = false, $type = 0)
    {
        foreach ((array) $messages as $message) {
            $plain = preg_replace('#</?(' . implode('|', self::STYLES) . ')>#', '', $message);
            fwrite(STDOUT, $plain . ($newline ? "\n" : ''));
        }
    }

    public function newLine($count = 1)
    {
        fwrite(STDOUT, str_repeat("\n", $count));
    }

    public function renderException(\Exception $e)
    {
        fwrite(STDERR, "\n  [" . (new \ReflectionClass($e))->getShortName() . "]\n  {$e->getMessage()}\n\n");
    }

    public function __call($method, $args)
    {
        if (!in_array($method, self::STYLES, true)) {
            throw new \think\Exception('method not exists:' . __CLASS__ . '->' . $method);
        }
        $this->writeln($args[0]);
    }
}
