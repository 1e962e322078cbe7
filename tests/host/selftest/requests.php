<?php

declare(strict_types=1);

/** How input reaches an action: routing, precedence, filters. */
function check_requests(Checks $checks, Client $site): void
{
    $base = '/addons/oddity/index/';
    // Trimmed first and stripped afterwards: the space before the tag stays.
    $escaped = 'A&amp;B &quot;x&quot; ';
    $value = ' A&B "x" <b>';
    $form = $site->post($base . 'values', ['v' => $value])['json'];
    $checks->same($escaped, $form['param'], 'param() is trimmed, stripped and escaped');
    $checks->same($escaped, $form['post'], 'post() too');
    $checks->same($value, $form['unfiltered'], 'a null filter leaves ordinary values alone');
    $checks->same($value, $form['raw'], '$_POST is untouched');
    $get = $site->get($base . 'values?v=' . urlencode($value))['json'];
    $checks->same($escaped, $get['get'], 'get() is filtered');
    $json = $site->post($base . 'values', json_encode(['v' => $value]), ['Content-Type: application/json'])['json'];
    $checks->same($escaped, $json['param'], 'a JSON body is read and filtered');
    $path = $site->get($base . 'values/v/' . rawurlencode($value))['json'];
    $checks->same(rtrim($escaped), $path['param'], 'path values lose their tags before that');
    $love = $site->post($base . 'values', ['v' => '1 <3 is love'])['json'];
    $checks->same('1 ', $love['param'], 'text after < vanishes');

    foreach (['or', 'NULL', 'in', 'Like', 'not in', 'between time'] as $word) {
        $sql = $site->post($base . 'values', ['v' => $word])['json'];
        $checks->same("$word ", $sql['unfiltered'], "post('', '', null) appends a space to $word");
    }
    $checks->same('order', $site->post($base . 'values', ['v' => 'order'])['json']['unfiltered'], 'but not to order');

    $all = $site->post($base . 'values/v/path?v=get&only=get', ['v' => 'post', 'addon' => 'evil'])['json'];
    $checks->same('path', $all['param'], 'the path wins over POST and GET');
    $checks->same(
        ['v' => 'path', 'only' => 'get', 'addon' => 'oddity', 'controller' => 'index', 'action' => 'values'],
        array_replace(array_flip(['v', 'only', 'addon', 'controller', 'action']), $all['all']),
        'param() holds addon, controller and action as well, whatever is posted'
    );
    $both = $site->post($base . 'values?v=get', ['v' => 'post'])['json'];
    $checks->same('post', $both['param'], 'POST wins over GET');
    $checks->same('PUT', $site->post($base . 'values', ['_method' => 'put'])['json']['method'], '_method is believed');

    foreach (['payOrder', 'payorder', 'PAYORDER.html', 'payOrder.html'] as $action) {
        $checks->same('payorder nothing', $site->get($base . $action)['body'], "$action reaches one method");
    }
    $checks->same('payorder nothing', $site->get($base . 'payOrder?ids=5')['body'], 'an action gets no arguments');
    $checks->same(404, $site->get($base . 'nowhere')['status'], 'unknown action');
    $checks->same(404, $site->get($base . 'hidden')['status'], 'protected method');
    $checks->same(404, $site->get('/addons/oddity/nowhere/index')['status'], 'unknown controller');
    $checks->same(404, $site->get('/addons/nobody/index/index')['status'], 'unknown addon');
    $checks->same(404, $site->get($base . 'values?0=x')['status'], 'a variable of number 0 takes the addon\'s place');
    $list = $site->post($base . 'values', '["x"]', ['Content-Type: application/json']);
    $checks->same(404, $list['status'], 'so does a JSON list');
    $checks->same(500, $site->post($base . 'values', ['v' => ['x']])['status'], 'an array where a string is read');
}
