<?php

declare(strict_types=1);

/** Sessions, cookies, the form token, and the time after the answer. */
function check_sessions(Checks $checks, array $env): void
{
    $base = '/addons/oddity/index/';
    $site = new Client($env['base_url']);
    $checks->same(false, $site->get($base . 'plain')['json'][0], 'no session is opened before it is used');
    $checks->same(null, $site->sessionId(), 'and no cookie is set');
    $visit = $site->get($base . 'visit');
    $checks->same('1', $visit['body'], 'first visit');
    $checks->same('2', $site->get($base . 'visit')['body'], 'second visit');
    preg_match('/^Set-Cookie: (PHPSESSID=.*?)\r?$/mi', $visit['headers'], $cookie);
    $checks->true(isset($cookie[1]) && !preg_match('/httponly|secure|samesite/i', $cookie[1]), 'cookie without flags');
    preg_match('/^Set-Cookie: (flavour=.*?)\r?$/mi', $site->get($base . 'cookie')['headers'], $cookie);
    $checks->true(isset($cookie[1]) && !preg_match('/httponly|secure|samesite/i', $cookie[1]), 'others neither');

    $token = $site->get($base . 'form')['body'];
    $checks->same('submitted', $site->post($base . 'submit', ['__token__' => $token])['body'], 'token()');
    $again = $site->post($base . 'submit', ['__token__' => $token], ['X-Requested-With: XMLHttpRequest']);
    $checks->same(0, $again['json']['code'] ?? null, 'a token works once');
    $fresh = $again['json']['data']['__token__'] ?? '';
    $submitted = $site->post($base . 'submit', ['__token__' => $fresh])['body'];
    $checks->same('submitted', $submitted, 'a fresh one comes along');

    check_afterwards($checks, $env, $site);
}

/** One request still works after its answer; another one of the same session has to wait for it. */
function check_afterwards(Checks $checks, array $env, Client $site): void
{
    $runtime = $env['site_root'] . '/runtime/';
    $first = $site->get('/addons/oddity/index/afterwards');
    $checks->same('answered', $first['body'], 'the answer leaves before the shutdown functions end');

    $waiting = curl_init($env['base_url'] . '/addons/oddity/index/waiting');
    curl_setopt_array($waiting, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_PROXY => '',
        CURLOPT_COOKIE => 'PHPSESSID=' . $site->sessionId(),
    ]);
    $multi = curl_multi_init();
    curl_multi_add_handle($multi, $waiting);
    $deadline = microtime(true) + 30;
    do {
        curl_multi_exec($multi, $running);
        curl_multi_select($multi, 0.05);
        clearstatcache();
    } while (!is_file($runtime . 'arrived') && microtime(true) < $deadline);
    usleep(300000); // would be time enough for a session without a lock
    touch($runtime . 'release');
    do {
        curl_multi_exec($multi, $running);
        curl_multi_select($multi, 0.05);
    } while ($running && microtime(true) < $deadline);
    $checks->same('through', curl_multi_getcontent($waiting), 'the second request gets through');
    $order = (string) file_get_contents($runtime . 'order.txt');
    $checks->same("first\nsecond\n", $order, 'the lock outlives the answer');
}
