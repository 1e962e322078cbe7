<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Hub;
use think\Config;
use think\Env;
use think\Request;

/**
 * The site that the addon runs on: its configuration, its addresses, and the Hub built from them.
 */
final class Site
{
    /** The oldest extension that this addon works with. */
    public const REQUIRED_EXTENSION = '2.0.0';

    /** The site's own settings for mail (系统配置 → 邮件配置); the addon's configuration cannot replace them. */
    private const MAIL = [
        'mail_type', 'mail_smtp_host', 'mail_smtp_port', 'mail_smtp_user', 'mail_smtp_pass', 'mail_verify_type',
        'mail_from',
    ];

    private static ?Hub $hub = null;

    /** @throws Unavailable when the extension is missing or too old */
    public static function hub(): Hub
    {
        if (self::$hub === null) {
            if (!class_exists(Hub::class, false)) {
                throw new Unavailable('the chathub extension is not loaded');
            }
            if (version_compare(Hub::VERSION, self::REQUIRED_EXTENSION, '<')) {
                throw new Unavailable('the chathub extension is ' . Hub::VERSION . ', too old for this addon');
            }
            self::$hub = new Hub(self::database(), self::hubConfig(self::config()));
        }

        return self::$hub;
    }

    /** @return array<string,mixed> */
    public static function database(): array
    {
        return (array) Config::get('database');
    }

    /**
     * The addon's configuration with what the site knows. Works on the command line, where there is no request.
     *
     * @param array<string,mixed> $config
     * @return array<string,mixed>
     */
    public static function hubConfig(array $config): array
    {
        $site = (array) Config::get('site');
        $mail = [];
        foreach (self::MAIL as $name) {
            $mail[$name] = Input::text($site[$name] ?? '');
        }

        return [
            'timezone' => date_default_timezone_get(),
            'request_base_url' => self::requestBaseUrl(),
            'request_language' => Messages::language(),
            // php-fpm hides the process's environment; the host reads its own .env.
            'env_gateway_aes_key' => (string) Env::get('gateway_aes_key', ''),
            'runtime_path' => RUNTIME_PATH . 'chathub',
        ] + $mail + $config;
    }

    public static function name(): string
    {
        return self::setting('site_name') ?: 'ChatHub';
    }

    /** The support address, or '' when none is configured or it is not one. */
    public static function supportEmail(): string
    {
        $email = self::setting('support_email');

        return filter_var($email, FILTER_VALIDATE_EMAIL) === false ? '' : $email;
    }

    /**
     * The address of an action, under whatever folder or entry file the site is reached by.
     *
     * @param array<string,string|int> $query
     */
    public static function url(string $action, array $query = []): string
    {
        $url = Request::instance()->root() . '/addons/chathub/index/' . $action;

        return $query === [] ? $url : $url . '?' . http_build_query($query, '', '&', PHP_QUERY_RFC3986);
    }

    /** The address of a file of assets/, with a version so that browsers notice a change. */
    public static function asset(string $file): string
    {
        $root = (string) preg_replace('~/\w+\.php$~i', '', Request::instance()->root());
        $path = ROOT_PATH . 'public/assets/addons/chathub/' . $file;
        $version = is_file($path) ? base_convert((string) filemtime($path), 10, 36) : self::REQUIRED_EXTENSION;

        return $root . '/assets/addons/chathub/' . $file . '?v=' . $version;
    }

    public static function isHttps(): bool
    {
        return Request::instance()->isSsl();
    }

    /**
     * The client's address. The host's own ip() turns every IPv6 address into 0.0.0.0, and all of those
     * visitors would share one limit; the server variable to trust is the one that the host is told to.
     */
    public static function clientIp(): string
    {
        $variable = Input::text(Config::get('http_agent_ip')) ?: 'REMOTE_ADDR';
        foreach ([$variable, 'REMOTE_ADDR'] as $name) {
            $ip = filter_var(Input::text($_SERVER[$name] ?? ''), FILTER_VALIDATE_IP);
            if ($ip !== false) {
                return $ip;
            }
        }

        return '0.0.0.0';
    }

    /** May members choose their language, or does the site have one? */
    public static function languageSwitch(): bool
    {
        return (bool) Config::get('lang_switch_on');
    }

    private static function setting(string $name): string
    {
        return trim(Input::text(self::config()[$name] ?? ''));
    }

    /** @return array<string,mixed> */
    private static function config(): array
    {
        return (array) get_addon_config('chathub');
    }

    /** How this request reached the site: scheme, host, and the folder or entry file that url() uses as well. */
    private static function requestBaseUrl(): string
    {
        $host = Input::text($_SERVER['HTTP_HOST'] ?? '');
        if (preg_match('/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/iD', $host) !== 1) {
            return '';
        }

        return (self::isHttps() ? 'https://' : 'http://') . $host . Request::instance()->root();
    }
}
