<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\console\Output;

/**
 * `php think chathub rekey`: seals all shop credentials with the current key. It may be stopped and run again at
 * any time.
 */
final class KeyRotation
{
    private const REPORT_SECONDS = 1.0;

    public function __construct(private readonly Output $output, private readonly bool $silent)
    {
    }

    /** @return int the command's exit status: 0 when nothing is left under another key */
    public function run(): int
    {
        $hub = Site::hub();
        $totals = ['seen' => 0, 'resealed' => 0, 'sealed' => 0, 'unreadable' => 0, 'left_plain' => 0];
        $after = 0;
        $reported = microtime(true);
        do {
            $batch = $hub->rekey($after);
            $after = $batch['after'];
            foreach ($totals as $name => $count) {
                $totals[$name] = $count + $batch[$name];
            }
            if (!$this->silent && microtime(true) - $reported >= self::REPORT_SECONDS) {
                $reported = microtime(true);
                $this->output->writeln("已检查 {$totals['seen']}，已换新密钥 {$totals['resealed']}");
            }
        } while (!$batch['done']);

        return $this->close($totals, $batch['left_old']);
    }

    /** @param array{seen:int,resealed:int,sealed:int,unreadable:int,left_plain:int} $totals */
    private function close(array $totals, int $leftOld): int
    {
        $this->output->writeln(
            "共检查 {$totals['seen']} 个店铺账号：换成新密钥 {$totals['resealed']}，明文加密 {$totals['sealed']}"
        );
        if ($totals['unreadable'] > 0) {
            $this->output->writeln(
                "有 {$totals['unreadable']} 个用两个密钥都无法解密：请检查“旧的加密密钥”是否填写正确，或让会员重新绑定"
            );
        }
        if ($totals['left_plain'] > 0) {
            $this->output->writeln("有 {$totals['left_plain']} 个明文凭据太长，无法加密：请让会员重新填写");
        }
        $this->output->writeln($leftOld === 0
            ? '没有账号仍在使用其他密钥'
            : "仍有 {$leftOld} 个账号使用其他密钥：请确认所有进程都已读到新配置，再运行一次");

        return $leftOld + $totals['unreadable'] + $totals['left_plain'] === 0 ? 0 : 1;
    }
}
