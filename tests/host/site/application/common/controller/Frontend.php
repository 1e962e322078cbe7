<?php

namespace app\common\controller;

use app\common\library\Auth;
use think\Controller;
use think\Cookie;
use think\Lang;
use think\Loader;
use think\Validate;

/** Pages of the site: filtered input, and a signed-in member unless the action is listed. */
class Frontend extends Controller
{
    protected $layout = '';
    protected $noNeedLogin = [];
    protected $noNeedRight = [];
    protected $auth = null;

    // phpcs:ignore PSR2.Methods.MethodDeclaration.Underscore
    public function _initialize()
    {
        $this->request->filter('trim,strip_tags,htmlspecialchars');
        check_ip_allowed();
        $controller = Loader::parseName($this->request->controller());
        $path = "$controller/" . $this->request->action();
        $this->auth = Auth::instance();
        $this->auth->setRequestUri($path);
        $token = $this->request->server('HTTP_TOKEN', $this->request->request('token', Cookie::get('token')));
        if ($token) {
            $this->auth->init($token);
        }
        if (!$this->auth->match($this->noNeedLogin)) {
            if (!$this->auth->isLogin()) {
                $this->error(__('Please login first'), 'index/user/login');
            }
            if (!$this->auth->match($this->noNeedRight) && !$this->auth->check($path)) {
                $this->error(__('You have no permission'));
            }
        }
        $this->assign('user', $this->auth->getUser());
        $lang = $this->request->langset();
        Lang::load(APP_PATH . $this->request->module() . "/lang/$lang/$controller.php");
    }

    protected function token()
    {
        $token = $this->request->param('__token__');
        if (!Validate::make()->check(['__token__' => $token], ['__token__' => 'require|token'])) {
            $fresh = ['__token__' => $this->request->token()];
            $this->error(__('Token verification error'), '', $fresh);
        }
        $this->request->token();
    }
}
