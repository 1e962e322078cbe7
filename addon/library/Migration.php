<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Exception as HubException;
use ChatHub\Hub;
use think\console\Output;

/**
 * The upgrade of the tables, in an administrator's words.
 */
final class Migration
{
    /** the number of rows in the last line */
    private int $told = 0;

    public function __construct(private readonly Output $output)
    {
    }

    /** For the console; gives the exit status. */
    public function run(Hub $hub, bool $dryRun): int
    {
        try {
            if ($dryRun) {
                $this->list($hub->migrationPlan());
            } else {
                $done = $hub->migrate($this->hear(...));
                $this->output->writeln($done === [] ? '数据表已是最新，没有需要执行的步骤' : '数据表升级完成');
            }
        } catch (HubException $e) {
            $this->output->writeln(self::refusal($e));

            return 1;
        }

        return 0;
    }

    /** What went wrong, and what the administrator can do about it. */
    public static function refusal(HubException $e): string
    {
        $advice = match ($e->getKey()) {
            'database_rights' => '数据库账号缺少权限，升级需要 CREATE、ALTER、INDEX、INSERT、SELECT、UPDATE，请授权后重试',
            'database_busy' => '数据表正被其他连接占用（例如备份或没有结束的事务），请待其结束后重试',
            'migration_running' => '另一次升级还在进行，大表可能需要几分钟，请稍候再试',
            'duplicate_rows' => '数据表中有重复的值，无法建立唯一索引。请用下面的语句查出并逐条改正（不要删除记录），然后重试',
            default => '请按下面的信息处理后重试',
        };

        return "数据表升级没有完成：{$advice}。已完成的步骤会保留，再次启用插件（或重新执行 php think chathub migrate）即从中断处继续。（{$e->getMessage()}）";
    }

    /** @param list<array{step:string,rows:int,copies:bool}> $steps */
    private function list(array $steps): void
    {
        foreach ($steps as $index => $step) {
            $this->output->writeln(self::line($index + 1, count($steps), $step));
        }
        $this->output->writeln($steps === [] ? '数据表已是最新，没有需要执行的步骤' : '以上为将要执行的步骤，没有做任何改动');
    }

    /** @param array<string,mixed> $event as ChatHub\Hub tells it */
    private function hear(array $event): void
    {
        match ($event['event']) {
            'begin' => $this->output->writeln(self::line($event['number'], $event['of'], $event)),
            'rows' => $this->progress($event['done']),
            'done' => $this->output->writeln(sprintf('    完成，%.1f 秒', $event['took_ms'] / 1000)),
            default => null,
        };
    }

    private function progress(int $rows): void
    {
        if ($rows - $this->told >= 10000) {
            $this->told = $rows;
            $this->output->writeln("    {$rows} 行");
        }
    }

    /** @param array<string,mixed> $step */
    private static function line(int $number, int $of, array $step): string
    {
        $cost = match (true) {
            $step['rows'] === 0 => '',
            $step['copies'] => "（约 {$step['rows']} 行，需要复制整表）",
            default => "（约 {$step['rows']} 行）",
        };

        return "{$number}/{$of}  {$step['step']}{$cost}";
    }
}
