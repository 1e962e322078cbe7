<?php

declare(strict_types=1);

/** What comes out of an action, and what the host makes of trouble. */
function check_answers(Checks $checks, Client $site, array $env): void
{
    $base = '/addons/oddity/index/';
    $ajax = ['X-Requested-With: XMLHttpRequest'];
    $checks->same(500, $site->get($base . 'bareArray')['status'], 'an array is no answer');
    $checks->same('printed, returned', $site->get($base . 'prints')['body'], 'what is printed comes first');
    foreach (['undefined', 'deprecated'] as $action) {
        $broken = $site->get($base . $action);
        $checks->same(500, $broken['status'], "$action is an exception");
        $checks->true(!str_contains($broken['body'], 'reached'), "$action ends the action");
        $checks->true(!str_contains($broken['body'], 'missing'), "$action tells the visitor nothing");
    }
    $checks->same('reached ', $site->get($base . 'silenced')['body'], 'a silenced warning is none');

    $refused = $site->get($base . 'refuse');
    $checks->same(200, $refused['status'], 'error() is HTTP 200');
    $checks->true(str_contains($refused['headers'], 'text/html'), 'error() is a page');
    $checks->true(str_contains($refused['body'], '<h1>no & never</h1>'), 'error() does not escape');
    $refused = $site->get($base . 'refuse', $ajax);
    $checks->same(200, $refused['status'], 'for AJAX too');
    $checks->same([0, 'no & never'], [$refused['json']['code'], $refused['json']['msg']], 'then it is JSON');
    $accepted = $site->get($base . 'accept?_ajax=1');
    $checks->same(
        ['code' => 1, 'msg' => 'done', 'data' => ['id' => 7], 'url' => '/somewhere', 'wait' => 3],
        $accepted['json'],
        '_ajax counts as AJAX'
    );
    $away = $site->get($base . 'away');
    $checks->same(302, $away['status'], 'redirect');
    $checks->true(
        preg_match('#^Location: ?/addons/oddity/index/values\?v=a%20b\r?$#mi', $away['headers']) === 1,
        'Location as given'
    );

    $headers = ['X-Real-Host: evil.example', 'X-Forwarded-For: 6.6.6.6', 'Client-IP: 7.7.7.7'];
    $address = $site->get($base . 'address', $headers)['json'];
    $checks->same('http://evil.example', $address['domain'], 'X-Real-Host decides domain()');
    $checks->same('127.0.0.1', $address['ip'], 'X-Forwarded-For does not decide ip()');
    $secure = $site->get($base . 'address', ['X-Forwarded-Proto: https'])['json'];
    $checks->true(str_starts_with($secure['domain'], 'https://'), 'X-Forwarded-Proto is believed');
    $checks->same('/addons/oddity/index/payOrder.html', $address['url'], 'addon_url()');
    $checks->same('zh-cn', $address['langset'], 'language of the site');
    $checks->same('你好 Ann', $address['hello'], 'lang/zh-cn.php of the addon is loaded');
    $english = $site->get($base . 'address?lang=en', ['Accept-Language: en'])['json'];
    $checks->same('zh-cn', $english['langset'], 'visitors cannot switch the language by default');
    $checks->same([true, true], [$address['hooked'], $address['merged']], 'app_init hook and application/ are active');
    $checks->same(['colour' => 'red'], $address['config'], 'get_addon_config()');
    $checks->same('PRC', $address['zone'], 'time zone');

    $plain = $site->get($base . 'plain')['json'];
    $checks->same(false, $plain[1], 'the environment of the parent is invisible');
    $log = implode("\n", array_map('file_get_contents', glob($env['framework_log'] . '/*/*.log')));
    $checks->true(str_contains($log, 'missing') && str_contains($log, 'strlen'), 'what went wrong is logged');
    $checks->same('1 first,2 second', implode(',', array_map(
        fn (array $row): string => "{$row['id']} {$row['note']}",
        $site->get($base . 'rows')['json']
    )), 'install.sql: errors and an unfinished last statement vanish, INSERT ignores duplicates');
}
