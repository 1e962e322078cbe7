<?php

declare(strict_types=1);

namespace addons\chathub\command;

use addons\chathub\library\Extension;
use addons\chathub\library\KeyRotation;
use addons\chathub\library\Migration;
use addons\chathub\library\Saved;
use addons\chathub\library\Site;
use addons\chathub\library\WorkReport;
use ChatHub\Worker;
use think\console\Command;
use think\console\Input;
use think\console\input\Argument;
use think\console\input\Option;
use think\console\Output;

/**
 * `php think chathub work`: the background worker. `php think chathub status`: who works, and what is left to do.
 * `php think chathub migrate`: brings the tables to this version's layout.
 * `php think chathub rekey`: all shop credentials under the current key.
 */
class Chathub extends Command
{
    protected function configure()
    {
        $this->setName('chathub')
            ->setDescription('ChatHub: work (后台任务进程) | status (运行状态) | migrate (升级数据表) | rekey (更换凭据密钥)')
            ->addArgument('action', Argument::REQUIRED, 'work | status | migrate | rekey')
            ->addOption('once', null, Option::VALUE_NONE, 'work: 处理完当前到期的任务后退出')
            ->addOption('seconds', null, Option::VALUE_REQUIRED, 'work: 运行多少秒后退出，适合由 cron 启动')
            ->addOption('concurrency', null, Option::VALUE_REQUIRED, 'work: 同时进行的开通请求数，默认 8，最多 64')
            ->addOption('dry-run', null, Option::VALUE_NONE, 'migrate: 只列出将要执行的步骤，不做任何改动')
            // The host's own commands have --quiet (-q) for everything that is no error.
            ->addOption('silent', null, Option::VALUE_NONE, 'work、rekey: 只输出结果、失败与异常');
    }

    protected function execute(Input $input, Output $output)
    {
        $action = (string) $input->getArgument('action');
        $refusal = $this->refusal($action, $input);
        if ($refusal !== null) {
            $output->writeln($refusal);

            return 2;
        }
        try {
            return match ($action) {
                'work' => $this->work($input, $output),
                'migrate' => (new Migration($output))->run(Site::hub(), (bool) $input->getOption('dry-run')),
                'rekey' => (new KeyRotation($output, (bool) $input->getOption('silent')))->run(),
                default => $this->status($output),
            };
        } catch (\Throwable $e) {
            // An \Error that nobody catches would end the host's console with status 0.
            $output->writeln('出错：' . $e->getMessage());

            return 1;
        }
    }

    /** Why the command cannot be run like this; null when it can. */
    private function refusal(string $action, Input $input): ?string
    {
        if (!in_array($action, ['work', 'status', 'migrate', 'rekey'], true)) {
            return "没有这个操作：{$action}。可用的有：work、status、migrate、rekey";
        }
        $problem = Extension::problem();
        if ($problem !== null) {
            return $problem;
        }
        foreach (['seconds' => 86400 * 365, 'concurrency' => Worker::MAX_CONCURRENCY] as $name => $most) {
            $value = $input->getOption($name);
            if ($value !== null && (preg_match('/^[1-9]\d{0,8}$/D', (string) $value) !== 1 || (int) $value > $most)) {
                return "--{$name} 须为 1 到 {$most} 的整数";
            }
        }

        return null;
    }

    private function work(Input $input, Output $output): int
    {
        $saved = new Saved();
        $report = new WorkReport($output, (bool) $input->getOption('silent'));
        $options = ['once' => (bool) $input->getOption('once')];
        foreach (['seconds', 'concurrency'] as $name) {
            if ($input->getOption($name) !== null) {
                $options[$name] = (int) $input->getOption($name);
            }
        }
        $config = $saved->config();
        if ($config === null) {
            $output->writeln('插件已停用，或读不到它的配置（addons/chathub/config.php）：后台任务没有启动');

            return 1;
        }
        $worker = new Worker(Site::database(), $config);
        $totals = $worker->run($options, $report->hear(...), static function () use ($saved, $report): ?array {
            $config = $saved->config();
            if ($config === null) {
                $report->say('插件已停用或已更新，后台任务退出');
            }

            return $config;
        });
        $report->close($totals);

        return 0;
    }

    private function status(Output $output): int
    {
        $work = Site::hub()->work();
        $alive = 0;
        foreach ($work['workers'] as $worker) {
            $alive += $worker['alive'] ? 1 : 0;
            $state = match (true) {
                $worker['alive'] => '运行中',
                $worker['stopped'] => '已退出',
                default => '失联',
            };
            $output->writeln(sprintf(
                '%s  %s  %d 秒前  并发 %d  进行中 %d  完成 %d  失败 %d  版本 %s',
                $state,
                $worker['name'],
                $worker['silent_for'],
                $worker['concurrency'],
                $worker['in_flight'],
                $worker['done'],
                $worker['failed'],
                $worker['version']
            ));
        }
        $jobs = $work['jobs'];
        $output->writeln($alive === 0
            ? '没有后台任务进程在运行：到期的任务只由页面访问顺带处理。请运行 php think chathub work'
            : "后台任务进程：{$alive}");
        $output->writeln("任务：到期 {$jobs['due']}，进行中 {$jobs['in_flight']}，等待重试 {$jobs['waiting']}，已放弃 {$jobs['dead']}");

        return $alive === 0 ? 1 : 0;
    }
}
