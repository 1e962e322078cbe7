--TEST--
Worker: options, callbacks that throw, and signals, while the database is unreachable
--FILE--
<?php
require __DIR__ . '/include/common.php';

const PASSWORD = 'S3cr3tS3cr3tS3cr3t';
$database = ['hostname' => '127.0.0.1', 'hostport' => '1', 'username' => 'site', 'password' => PASSWORD, 'database' => 'site', 'prefix' => 'fa_'];
$worker = static fn () => new ChatHub\Worker($database, ['provision_api_key' => PASSWORD]);
$kill = static fn (string $signal) => exec("kill -$signal " . getmypid());

// What cannot be meant is read as if it were absent, or as the nearest that can.
$odd = [
    [], ['once' => '0'], ['once' => []], ['seconds' => -1], ['seconds' => 'x'], ['seconds' => []], ['seconds' => PHP_INT_MAX],
    ['concurrency' => 0], ['concurrency' => PHP_INT_MAX], ['concurrency' => 'x'], ['unknown' => 1], [new stdClass()],
];
foreach ($odd as $number => $options) {
    $thrown = null;
    $events = [];
    try {
        $worker()->run($options, static function (array $event) use (&$events): void {
            $events[] = $event['event'];
            if ($event['event'] === 'trouble') {
                throw new LogicException('enough');
            }
        });
    } catch (LogicException $thrown) {
    }
    Checks::same('enough', $thrown?->getMessage(), "options $number: what a callback throws reaches the caller");
    Checks::same(['started', 'trouble'], $events, "options $number: no callback after that");
}

$seen = [];
$totals = $worker()->run(['seconds' => 1], static function (array $event) use (&$seen): void {
    $seen[$event['event']][] = $event;
});
Checks::same(['done' => 0, 'failed' => 0], $totals, 'a second without a database');
Checks::same(['started', 'trouble', 'beat', 'stopping'], array_keys($seen), 'what is told');
Checks::that((bool) preg_match('/^[\w.]+-' . getmypid() . '-[A-Z2-9]{4}$/', $seen['started'][0]['name']), 'its name: ' . $seen['started'][0]['name']);
Checks::that(str_contains($seen['trouble'][0]['message'], 'cannot connect to the database'), 'the trouble is named');
Checks::that(is_int($seen['stopping'][0]['at_ms']) && $seen['stopping'][0]['at_ms'] >= 1000, 'since the start');
Checks::that(!str_contains(json_encode($seen), PASSWORD), 'no password in what is told');

Checks::same('StorageException storage', outcome(static fn () => $worker()->run(['once' => true])), 'once, without a database');

// The configuration is asked every few seconds; null ends the work, what is thrown reaches the caller.
$asked = 0;
$totals = $worker()->run([], null, static function () use (&$asked): ?array {
    $asked++;

    return null;
});
Checks::same([1, ['done' => 0, 'failed' => 0]], [$asked, $totals], 'null ends it');
$thrown = null;
try {
    $worker()->run([], null, static fn () => throw new DomainException('no configuration'));
} catch (DomainException $thrown) {
}
Checks::same('no configuration', $thrown?->getMessage(), 'a configuration that throws');

// A signal stops it; afterwards it has its old meaning.
foreach (['TERM' => SIGTERM, 'INT' => SIGINT] as $name => $number) {
    $ours = 0;
    pcntl_signal($number, static function () use (&$ours): void {
        $ours++;
    });
    $events = [];
    $worker()->run([], static function (array $event) use (&$events, $kill, $name): void {
        $events[] = $event['event'];
        if ($event['event'] === 'beat' && !in_array('stopping', $events, true)) {
            $kill($name);
        }
    });
    pcntl_signal_dispatch();
    Checks::that(in_array('stopping', $events, true), "SIG$name stops it");
    Checks::same(0, $ours, "SIG$name is the worker's while it works");
    $kill($name);
    pcntl_signal_dispatch();
    Checks::same(1, $ours, "SIG$name is PHP's again");
    pcntl_signal($number, SIG_DFL);
}

foreach ([[], ['x'], [[], 'no_such_function'], [[], null, 'no_such_function'], [null]] as $number => $arguments) {
    Checks::that((bool) preg_match('/^(ArgumentCountError|TypeError|ChatHub.*|Exception): /', outcome(static fn () => $worker()->run(...$arguments))), "arguments $number");
}
Checks::held();
?>
--EXPECTF--
%d checks held
