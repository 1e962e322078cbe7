<?php

// How fast a contender is, in CPU time.

declare(strict_types=1);

/** CPU time of this process; `openssl speed` counts its own the same way, so other load matters less. */
function cpu_seconds(): float
{
    $usage = getrusage();

    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}

function per_second(callable $work, float $seconds): float
{
    $count = 0;
    $began = cpu_seconds();
    do {
        for ($i = 0; $i < 20; $i++) {
            $work() || throw new LogicException('a contender does not do its work');
        }
        $count += 20;
        $spent = cpu_seconds() - $began;
    } while ($spent < $seconds);

    return $count / $spent;
}
