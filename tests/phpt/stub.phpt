--TEST--
The stub says what the extension reflects: classes, parents, constants, properties, methods, parameters, types, defaults
--FILE--
<?php
require __DIR__ . '/include/common.php';

function reflected(array $arguments): string
{
    $process = proc_open([PHP_BINARY, '-n', ...$arguments], [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
    $output = stream_get_contents($pipes[1]) . stream_get_contents($pipes[2]);
    Checks::same(0, proc_close($process), 'exit status of ' . implode(' ', $arguments) . "\n$output");

    return $output;
}

$script = __DIR__ . '/include/reflect.php';
$stub = explode("\n", reflected([$script, root() . '/php-stubs/chathub.stub.php']));
$built = explode("\n", reflected(['-d', 'extension=' . getenv('CHATHUB_EXTENSION'), $script]));
foreach (array_diff($stub, $built) as $line) {
    echo "only in the stub: $line\n";
}
foreach (array_diff($built, $stub) as $line) {
    echo "not in the stub:  $line\n";
}
// An empty answer on both sides would agree as well.
Checks::that(count($built) > 50, 'the extension reflects its classes');
Checks::that(count(preg_grep('/SensitiveParameter/', $built)) === 22, 'so many parameters carry secrets');
Checks::held();
?>
--EXPECT--
4 checks held
