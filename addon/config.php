<?php

/*
 * The configuration form of the plugin manager. The host reads every key of every field, so all are given.
 * Only types that its form draws: there is no "switch".
 * In a function of its own, so that its variables stay out of the host's that includes this file.
 */

return (static function (): array {
    $field = static function (
        string $group,
        string $name,
        string $title,
        string $type,
        string $value,
        string $tip = '',
        array $content = []
    ): array {
        return [
            'name' => $name,
            'title' => $title,
            'type' => $type,
            'content' => $content,
            'value' => $value,
            'rule' => '',
            'msg' => '',
            'tip' => $tip,
            'ok' => '',
            'extend' => $type === 'text' ? 'spellcheck="false"' : '',
            'group' => $group,
        ];
    };
    $onOff = ['1' => '开启', '0' => '关闭'];
    $redirect = '；在开放平台登记的回调地址为：网站公开地址 + /addons/chathub/index/channelCallback';
    $keyTip = '可以填写密钥内容，也可以填写 file:/绝对路径 指向服务器上的文件，这样密钥不会出现在后台日志中';

    return [
        $field('站点', 'site_name', '站点名称', 'string', 'ChatHub', '显示在页面顶部和支付订单中'),
        $field('站点', 'support_email', '客服邮箱', 'string', '', '会员遇到问题时看到的联系邮箱'),
        $field('站点', 'public_base_url', '网站公开地址', 'string', '', '例如 https://www.example.com，结尾不带斜杠；正式收款和店铺授权时必填，支付平台的通知、店铺授权后的返回都用这个地址'),

        $field('开通服务', 'provision_server_url', '开通服务地址', 'string', 'http://CoPaw:5566', '创建客服空间的服务'),
        $field('开通服务', 'provision_api_key', '开通服务密钥', 'password', 'chathub-default-key-change-me', '随请求发送的 X-API-Key，请改成与开通服务一致的值'),
        $field('开通服务', 'chatwoot_url', 'Chatwoot 地址', 'string', '', '例如 https://chatwoot.example.com'),
        $field('开通服务', 'chatwoot_api_token', 'Chatwoot 访问令牌', 'password', '', 'Chatwoot 个人资料页中的 Access Token'),
        $field('开通服务', 'provision_wait', '注册时最多等待（秒）', 'number', '15', '超过后先告诉会员“正在开通”，页面会自动更新'),
        $field('开通服务', 'provision_inline_limit', '同时开通数上限', 'number', '3', '网页请求最多同时占用几个 PHP 进程去开通，其余排队由后台任务处理'),
        $field('开通服务', 'suspend_expired', '到期后自动暂停', 'radio', '1', '关闭后仍会发送到期提醒，但不会自动暂停服务', $onOff),
        $field('开通服务', 'grace_days', '到期后宽限（天）', 'number', '3', '服务到期后过几天才暂停，0 到 90'),

        $field('支付宝', 'alipay_enabled', '启用支付宝', 'radio', '0', '', $onOff),
        $field('支付宝', 'alipay_sandbox', '沙箱环境', 'radio', '1', '开启时使用支付宝沙箱，不会真实收款；正式收款前请关闭', $onOff),
        $field('支付宝', 'alipay_app_id', '应用 APPID', 'string', '', '支付宝开放平台中的应用编号'),
        $field('支付宝', 'alipay_seller_id', '收款账号 PID', 'string', '', '选填，以 2088 开头的 16 位数字；填写后会核对每笔付款的收款方'),
        $field('支付宝', 'alipay_merchant_private_key', '应用私钥', 'text', '', $keyTip),
        $field('支付宝', 'alipay_public_key', '支付宝公钥', 'text', '', '是“支付宝公钥”，不是“应用公钥”；证书模式填写支付宝公钥证书。' . $keyTip),
        $field('支付宝', 'alipay_app_cert_path', '应用公钥证书路径', 'string', '', '仅证书模式：appCertPublicKey 文件在服务器上的绝对路径'),
        $field('支付宝', 'alipay_root_cert_path', '支付宝根证书路径', 'string', '', '仅证书模式：alipayRootCert 文件在服务器上的绝对路径'),

        $field('微信支付', 'wechat_enabled', '启用微信支付', 'radio', '0', '', $onOff),
        $field('微信支付', 'wechat_sandbox', '测试模式', 'radio', '1', '开启时每笔订单只收 1 分钱，真实扣款，会员照样获得 30 天；仅用于测试，正式收款前请关闭', $onOff),
        $field('微信支付', 'wechat_app_id', '应用 AppID', 'string', '', '与商户号绑定的公众号、小程序或应用'),
        $field('微信支付', 'wechat_mch_id', '商户号', 'string', '', '商户平台中的 10 位数字'),
        $field('微信支付', 'wechat_api_v3_key', 'APIv3 密钥', 'password', '', '商户平台“API 安全”中设置的 32 位密钥'),
        $field('微信支付', 'wechat_cert_path', '商户证书路径', 'string', '', 'apiclient_cert.pem 在服务器上的绝对路径，放在网站目录之外'),
        $field('微信支付', 'wechat_key_path', '商户私钥路径', 'string', '', 'apiclient_key.pem 在服务器上的绝对路径，放在网站目录之外'),
        $field('微信支付', 'wechat_public_key_id', '微信支付公钥 ID', 'string', '', '以 PUB_KEY_ID_ 开头，在商户平台“API 安全”中查看；2024 年底以后开通的商户必填，仍使用平台证书的商户留空'),
        $field('微信支付', 'wechat_public_key_path', '微信支付公钥路径', 'string', '', 'pub_key.pem 在服务器上的绝对路径；与上一项一起填写，从平台证书切换到公钥期间两种签名都能验证'),

        $field('店铺渠道', 'gateway_aes_key', '凭据加密密钥', 'password', '', '与网关的 GATEWAY_AES_KEY 相同：32 字节的 Base64，可用 openssl rand -base64 32 生成；也可以填写 file:/绝对路径，或留空并写在站点 .env 的 GATEWAY_AES_KEY 中。没有密钥时不保存任何店铺凭据'),
        $field('店铺渠道', 'gateway_aes_key_old', '旧的加密密钥', 'password', '', '仅在更换密钥期间填写：旧凭据仍能读取，执行 php think chathub rekey 全部换成新密钥后清空'),
        $field('店铺渠道', 'amazon_application_id', 'Amazon 应用 ID', 'string', '', '卖家平台“开发者中心”中以 amzn1.sp.solution. 开头的编号' . $redirect),
        $field('店铺渠道', 'amazon_client_id', 'Amazon LWA 客户端编码', 'string', '', '“开发者中心”应用的“LWA 凭据”中，以 amzn1.application-oa2-client. 开头'),
        $field('店铺渠道', 'amazon_client_secret', 'Amazon LWA 客户端密钥', 'password', '', '同在“LWA 凭据”中'),
        $field('店铺渠道', 'amazon_beta', 'Amazon 应用为草稿', 'radio', '0', '应用还没有发布时开启，授权地址会带上 version=beta；发布后关闭', $onOff),
        $field('店铺渠道', 'jd_app_key', '京东 App Key', 'string', '', '京东宙斯开放平台“应用管理”的应用证书中' . $redirect),
        $field('店铺渠道', 'jd_app_secret', '京东 App Secret', 'password', '', '同在应用证书中'),
        $field('店铺渠道', 'taobao_app_key', '淘宝 App Key', 'string', '', '淘宝开放平台控制台“应用管理”的“概览”中' . $redirect),
        $field('店铺渠道', 'taobao_app_secret', '淘宝 App Secret', 'password', '', '同在“概览”中'),
        $field('店铺渠道', 'pdd_client_id', '拼多多 client_id', 'string', '', '拼多多开放平台控制台“应用管理”的应用详情中' . $redirect),
        $field('店铺渠道', 'pdd_client_secret', '拼多多 client_secret', 'password', '', '同在应用详情中'),
        $field('店铺渠道', 'tiktok_client_key', '抖音 Client Key', 'string', '', '抖音开放平台“控制台”的应用详情中' . $redirect),
        $field('店铺渠道', 'tiktok_client_secret', '抖音 Client Secret', 'password', '', '同在应用详情中'),

        $field('安全', 'limit_login_per_address', '每个地址的登录次数', 'number', '60', '同一 IP 地址 15 分钟内最多尝试登录的次数，0 为不限'),
        $field('安全', 'limit_login_per_account', '每个账号的登录次数', 'number', '10', '同一账号 15 分钟内最多尝试登录的次数，0 为不限'),
        $field('安全', 'limit_register_per_address', '每个地址的注册次数', 'number', '20', '同一 IP 地址 1 小时内最多注册的次数，0 为不限'),
        $field('安全', 'confirm_email', '注册后先确认邮箱', 'radio', '0', '开启后，会员点击邮件中的链接才会开通；需要先填好“系统配置”中的邮件配置和上面的网站公开地址，否则不起作用', $onOff),
        $field('安全', 'limit_forgot_per_address', '每个地址的重设密码次数', 'number', '20', '同一 IP 地址 1 小时内最多索取重设密码或确认邮箱邮件的次数，0 为不限'),
    ];
})();
