<?php

/**
 * Proves that the site under test treats an addon as spec'd: `php run.php var/NAME/env.json`.
 * The place must run the addon `oddity` (services.py up NAME --addon tests/host/selftest/oddity). The same
 * checks pass on a real FastAdmin, so none of them describes the stand-in alone.
 */

declare(strict_types=1);

require __DIR__ . '/Client.php';
require __DIR__ . '/Checks.php';
require __DIR__ . '/requests.php';
require __DIR__ . '/answers.php';
require __DIR__ . '/sessions.php';
require __DIR__ . '/installing.php';

$env = json_decode((string) file_get_contents($argv[1]), true, 512, JSON_THROW_ON_ERROR);
$checks = new Checks();
check_requests($checks, new Client($env['base_url']));
check_answers($checks, new Client($env['base_url']), $env);
check_sessions($checks, $env);
check_installing($checks, new Client($env['base_url']), $env);
exit($checks->close());
