<?php

// A notification by the extension, without a framework around it.

declare(strict_types=1);

$settings = require __DIR__ . '/bench-settings.php';
$hub = new ChatHub\Hub($settings['database'], $settings['config']);
$answer = $hub->payNotify($_GET['provider'], file_get_contents('php://input'), getallheaders());
http_response_code($answer['status']);
header('Content-Type: ' . $answer['content_type']);
echo $answer['body'];
