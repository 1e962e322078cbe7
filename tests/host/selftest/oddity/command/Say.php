<?php

namespace addons\oddity\command;

use think\console\Command;
use think\console\Input;
use think\console\input\Argument;
use think\console\input\Option;
use think\console\Output;

class Say extends Command
{
    protected function configure()
    {
        $this->setName('oddity:say')
            ->setDescription('Repeats a word')
            ->addArgument('word', Argument::REQUIRED, 'what to say')
            ->addOption('times', 't', Option::VALUE_REQUIRED, 'how often', 1)
            ->addOption('loud', null, Option::VALUE_NONE, 'in capitals');
    }

    protected function execute(Input $input, Output $output)
    {
        $word = $input->getArgument('word');
        for ($i = 0; $i < $input->getOption('times'); $i++) {
            $output->writeln($input->getOption('loud') ? strtoupper($word) : $word);
        }
        return $word === 'fail' ? 7 : 0;
    }
}
