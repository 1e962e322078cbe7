<?php

namespace think\addons;

use app\common\library\Auth;
use think\Config;
use think\Cookie;
use think\Lang;
use think\Request;
use think\Validate;

/** Base of an addon's controllers. From here on every input value is trimmed, stripped of tags and escaped. */
class Controller extends \think\Controller
{
    protected $addon = null;
    protected $controller = null;
    protected $action = null;
    protected $template;
    protected $noNeedLogin = ['*'];
    protected $noNeedRight = ['*'];
    protected $auth = null;
    protected $layout = null;

    public function __construct(?Request $request = null)
    {
        $this->request = $request ?? Request::instance();
        $this->request->filter('trim,strip_tags,htmlspecialchars');
        $param = $this->request->param();
        $this->addon = strtolower($param['addon'] ?? '');
        $this->controller = strtolower($param['controller'] ?? '') ?: 'index';
        $this->action = strtolower($param['action'] ?? '') ?: 'index';
        parent::__construct($this->request);
    }

    // phpcs:ignore PSR2.Methods.MethodDeclaration.Underscore
    protected function _initialize()
    {
        check_ip_allowed();
        $this->view->assign('config', get_addon_config($this->addon));
        $lang = $this->request->langset();
        $lang = preg_match('/^[a-zA-Z\-_]{2,10}$/', $lang) ? $lang : 'zh-cn';
        Lang::load([ADDON_PATH . $this->addon . DS . 'lang' . DS . $lang . EXT]);

        $this->auth = Auth::instance();
        $token = $this->request->server('HTTP_TOKEN', $this->request->request('token', Cookie::get('token')));
        $path = "addons/$this->addon/" . str_replace('.', '/', $this->controller) . "/$this->action";
        $this->auth->setRequestUri($path);
        $this->authorize($token, $path);
        $this->view->assign('user', $this->auth->getUser());
        $this->assign('site', Config::get('site'));
    }

    private function authorize($token, $path)
    {
        if ($this->auth->match($this->noNeedLogin)) {
            $token && $this->auth->init($token);
            return;
        }
        $this->auth->init($token);
        if (!$this->auth->isLogin()) {
            $this->error(__('Please login first'), 'index/user/login');
        }
        if (!$this->auth->match($this->noNeedRight) && !$this->auth->check($path)) {
            $this->error(__('You have no permission'));
        }
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
