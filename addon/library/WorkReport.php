<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\console\Output;

/**
 * What the worker does, one line each, for a terminal or a log.
 */
final class WorkReport
{
    private const NAMES = [
        'provision' => '开通',
        'suspend' => '暂停服务',
        'activate' => '恢复服务',
        'order' => '查询订单',
        'mail' => '发送邮件',
        'notice' => '到期提醒',
        'suspension' => '到期停用',
        'heal' => '修复遗留数据',
        'channel' => '更新店铺授权',
        'journal' => '补存店铺授权',
        'seal' => '加密店铺凭据',
    ];

    private string $lastTrouble = '';

    public function __construct(private readonly Output $output, private readonly bool $silent)
    {
    }

    /** @param array<string,mixed> $event as ChatHub\Worker tells it */
    public function hear(array $event): void
    {
        match ($event['event']) {
            'started' => $this->progress('后台任务已启动：' . $event['name']),
            'step' => $this->step($event),
            'trouble' => $this->trouble($event['message']),
            'stopping' => $this->progress('正在退出，等待进行中的请求结束'),
            default => null,
        };
    }

    /** @param array{done:int,failed:int} $totals */
    public function close(array $totals): void
    {
        $this->progress("已退出：完成 {$totals['done']}，失败 {$totals['failed']}");
    }

    public function say(string $text): void
    {
        $this->output->writeln(date('Y-m-d H:i:s') . ' ' . $text);
    }

    /** @param array<string,mixed> $step */
    private function step(array $step): void
    {
        $this->lastTrouble = '';
        $text = sprintf(
            '%s %s：%s（%.1f 秒）',
            self::NAMES[$step['what']] ?? $step['what'],
            $step['subject'],
            $step['outcome'] === 'done' ? '完成' : $step['outcome'],
            $step['took_ms'] / 1000
        );
        $step['ok'] ? $this->progress($text) : $this->say('失败 ' . $text);
    }

    /** A database that is away for an hour is one line, not a thousand. */
    private function trouble(string $message): void
    {
        if ($message !== $this->lastTrouble) {
            $this->lastTrouble = $message;
            $this->say('异常 ' . $message);
        }
    }

    private function progress(string $text): void
    {
        if (!$this->silent) {
            $this->say($text);
        }
    }
}
