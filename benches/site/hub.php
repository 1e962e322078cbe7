<?php

// A notification by the extension, without a framework around it.

declare(strict_types=1);

$settings = require __DIR__ . '/bench-settings.php';
$hub = new ChatHub\Hub($settings['database'], $settings['config']);
$answer = $hub->payNotify('alipay', file_get_contents('php://input'));
http_response_code($answer['status']);
header('Content-Type: ' . $answer['content_type']);
echo $answer['body'];
