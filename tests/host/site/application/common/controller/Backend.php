<?php

namespace app\common\controller;

use think\Controller;
use think\Session;

/** Pages of the administrator: a session with a rule check, and input that nobody filters. */
class Backend extends Controller
{
    protected $noNeedLogin = [];
    protected $noNeedRight = [];
    protected $layout = 'default';
    protected $model = null;
    protected $searchFields = 'id';

    // phpcs:ignore PSR2.Methods.MethodDeclaration.Underscore
    public function _initialize()
    {
        check_ip_allowed();
        $listed = array_map('strtolower', (array) $this->noNeedLogin);
        $open = in_array('*', $listed, true) || in_array($this->request->action(), $listed, true);
        if (!$open && !Session::get('admin')) {
            $this->error(__('Please login first'), url('index/login', ['url' => $this->request->url()]));
        }
        $this->assign('admin', Session::get('admin'));
    }
}
