<?php

declare(strict_types=1);

/** Counts checks and prints those that fail. */
final class Checks
{
    private int $passed = 0;
    private int $failed = 0;

    public function same(mixed $expected, mixed $actual, string $what): void
    {
        if ($expected === $actual) {
            $this->passed++;
            return;
        }
        $this->failed++;
        $show = fn (mixed $value): string => json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES)
            ?: var_export($value, true);
        echo "not ok: $what\n  expected {$show($expected)}\n  but got  {$show($actual)}\n";
    }

    public function true(bool $value, string $what): void
    {
        $this->same(true, $value, $what);
    }

    public function close(): int
    {
        echo "$this->passed passed, $this->failed failed\n";
        return $this->failed === 0 ? 0 : 1;
    }
}
