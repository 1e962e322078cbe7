<?php

namespace app\index\controller;

use app\common\controller\Frontend;

/** The site's own front page. */
class Index extends Frontend
{
    protected $noNeedLogin = '*';
    protected $noNeedRight = '*';

    public function index()
    {
        $landing = htmlspecialchars(addon_url('chathub/index/landing', [], false));
        $name = htmlspecialchars(config('site.name'));
        return "<!doctype html><meta charset=\"utf-8\"><title>$name</title><h1>$name</h1>"
            . "<a href=\"$landing\">ChatHub</a>";
    }
}
