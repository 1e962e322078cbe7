<?php

return [
    [
        'name' => 'colour', 'title' => 'Colour', 'type' => 'string', 'content' => [], 'value' => 'red',
        'rule' => '', 'msg' => '', 'tip' => '', 'ok' => '', 'extend' => '',
    ],
];
