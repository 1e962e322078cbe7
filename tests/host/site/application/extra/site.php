<?php

return [
    'name' => '我的网站',
    'beian' => '',
    'cdnurl' => '',
    'version' => '1.0.1',
    'timezone' => 'Asia/Shanghai',
    'forbiddenip' => '',
    'languages' => ['backend' => 'zh-cn', 'frontend' => 'zh-cn'],
];
