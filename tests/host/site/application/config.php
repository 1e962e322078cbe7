<?php

use think\Env;

// The values that FastAdmin 1.4.0 ships; only those that reach an addon.
return [
    'app_debug' => Env::get('app.debug', false),
    'default_return_type' => 'html',
    'default_ajax_return' => 'json',
    'default_timezone' => 'PRC',
    // Off in FastAdmin; an end-to-end test of the English pages switches it on in .env.
    'lang_switch_on' => Env::get('app.lang_switch_on', false),
    'default_filter' => '',
    'default_lang' => 'zh-cn',
    'allow_lang_list' => ['zh-cn', 'en'],
    'http_agent_ip' => 'REMOTE_ADDR',
    'default_module' => 'index',
    'deny_module_list' => ['common', 'admin'],
    'default_controller' => 'Index',
    'default_action' => 'index',
    'var_pathinfo' => 's',
    'url_html_suffix' => 'html',
    'url_convert' => true,
    'var_method' => '_method',
    'var_ajax' => '_ajax',
    'template' => ['type' => 'Think', 'view_path' => '', 'view_suffix' => 'html', 'view_depr' => DS],
    'view_replace_str' => ['__PUBLIC__' => '', '__ROOT__' => '', '__CDN__' => ''],
    'error_message' => '你所浏览的页面暂时无法访问',
    'show_error_msg' => false,
    'session' => ['id' => '', 'var_session_id' => '', 'prefix' => 'think', 'type' => '', 'auto_start' => true],
    'cookie' => ['prefix' => '', 'expire' => 0, 'path' => '/', 'domain' => '', 'secure' => false, 'httponly' => ''],
    'token' => ['type' => 'Mysql', 'key' => Env::get('token.key', 'stand-in'), 'hashalgo' => 'sha256', 'expire' => 0],
    'fastadmin' => ['version' => '1.4.0.20230711', 'addon_pure_mode' => true],
];
