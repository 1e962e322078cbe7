<?php

namespace addons\oddity\controller;

use think\addons\Controller;
use think\Cookie;
use think\Db;
use think\Lang;
use think\Session;

/** One action per oddity of the host. */
class Index extends Controller
{
    protected $noNeedLogin = ['*'];

    public function values()
    {
        return json([
            'param' => $this->request->param('v'),
            'all' => $this->request->param(),
            'get' => $this->request->get('v'),
            'post' => $this->request->post('v'),
            'unfiltered' => $this->request->post('v', '', null),
            'raw' => $_POST['v'] ?? null,
            'method' => $this->request->method(),
            'action' => $this->request->action(),
        ]);
    }

    public function payOrder($ids = 'nothing')
    {
        return response($this->request->action() . ' ' . $ids);
    }

    public function address()
    {
        $request = $this->request;
        return json([
            'domain' => $request->domain(),
            'ip' => $request->ip(),
            'url' => addon_url('oddity/index/payOrder'),
            'ajax' => $request->isAjax(),
            'langset' => $request->langset(),
            'hello' => __('Hello %s', 'Ann'),
            'hooked' => config('oddity_hooked'),
            'merged' => config('oddity.merged'),
            'config' => get_addon_config('oddity'),
            'zone' => date_default_timezone_get(),
        ]);
    }

    public function bareArray()
    {
        return ['code' => 1];
    }

    public function prints()
    {
        echo 'printed, ';
        return response('returned', 200, ['X-Late' => 'yes']);
    }

    public function undefined()
    {
        $values = [];
        return response('reached ' . $values['missing']);
    }

    public function deprecated()
    {
        return response('reached ' . strlen(null));
    }

    public function silenced()
    {
        return response('reached ' . @file_get_contents('/no/such/file'));
    }

    public function refuse()
    {
        $this->error('no & never');
    }

    public function accept()
    {
        $this->success('done', '/somewhere', ['id' => 7]);
    }

    public function away()
    {
        return redirect('/addons/oddity/index/values?v=a%20b');
    }

    public function form()
    {
        return response($this->request->token());
    }

    public function submit()
    {
        $this->token();
        return response('submitted');
    }

    public function visit()
    {
        Session::set('oddity', Session::get('oddity') + 1);
        return response((string) Session::get('oddity'));
    }

    public function plain()
    {
        return response(json_encode([session_status() === PHP_SESSION_ACTIVE, getenv('CHATHUB_PARENT')]));
    }

    public function cookie()
    {
        Cookie::set('flavour', 'mint', 60);
        return response('ok');
    }

    /** The answer leaves before the shutdown function ends, and the session stays locked until then. */
    public function afterwards()
    {
        Session::set('oddity', 1);
        $folder = RUNTIME_PATH;
        register_shutdown_function(function () use ($folder) {
            while (!is_file($folder . 'release')) {
                usleep(5000);
                clearstatcache();
            }
            file_put_contents($folder . 'order.txt', "first\n", FILE_APPEND);
        });
        return response('answered');
    }

    public function waiting()
    {
        touch(RUNTIME_PATH . 'arrived');
        Session::get('oddity');
        file_put_contents(RUNTIME_PATH . 'order.txt', "second\n", FILE_APPEND);
        return response('through');
    }

    public function rows()
    {
        return json(Db::name('oddity')->order('id', 'asc')->select());
    }

    protected function hidden()
    {
        return response('never');
    }
}
