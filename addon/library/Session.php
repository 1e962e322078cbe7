<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\Config;
use think\Session as Store;

/**
 * The member's session: who is signed in, the CSRF token, and a note for the next page.
 *
 * The session is read once and closed again at once, so that a registration which waits for the
 * provisioning service does not hold up the member's other tabs; writing opens it for a moment.
 */
final class Session
{
    private const USER_ID = 'chathub_user_id';
    private const EMAIL = 'chathub_user_email';
    private const NICKNAME = 'chathub_user_nick';
    private const CSRF = 'chathub_csrf';
    private const MARK = 'chathub_session_mark';
    private const LOGIN_EMAIL = 'chathub_login_email';
    private const CHANNEL_KEY = 'chathub_channel_key';
    private const CHANNEL_TENANT = 'chathub_channel_tenant';

    private const KEYS = [
        self::USER_ID, self::EMAIL, self::NICKNAME, self::MARK, self::CSRF, self::LOGIN_EMAIL, self::CHANNEL_KEY,
        self::CHANNEL_TENANT,
    ];

    private static bool $loaded = false;
    private static int $userId = 0;
    private static string $email = '';
    private static string $csrf = '';
    private static string $mark = '';

    /** Reads the session of a client that has one; a visitor of a public page is not given one. */
    public static function peek(): void
    {
        if (session_status() === PHP_SESSION_ACTIVE || isset($_COOKIE[self::cookieName()])) {
            self::load();
        }
    }

    /** The signed-in member's id, or 0. */
    public static function userId(): int
    {
        return self::$userId;
    }

    public static function email(): string
    {
        return self::$email;
    }

    /**
     * Was this session begun with the password that the account has now? One from before there were marks
     * is given its own.
     */
    public static function fits(string $mark): bool
    {
        if (self::$mark === '') {
            self::write(static function () use ($mark): void {
                Store::set(self::MARK, $mark);
            });
        }

        return hash_equals(self::$mark, $mark);
    }

    /** The token for this session's forms; opens a session when there is none. */
    public static function csrfToken(): string
    {
        self::load();
        if (self::$csrf === '') {
            self::renewCsrfToken();
        }

        return self::$csrf;
    }

    /** Does the request carry this session's token? */
    public static function csrfPasses(): bool
    {
        self::peek();

        return self::$csrf !== '' && hash_equals(self::$csrf, Input::csrfToken());
    }

    /**
     * Names this session to what leaves the site and comes back, a platform's consent above all. It outlives
     * the CSRF token, and is not the session's own id.
     */
    public static function channelKey(): string
    {
        self::load();
        $key = self::read(self::CHANNEL_KEY);
        if ($key === '') {
            self::write(static function () use (&$key): void {
                // Two tabs at once: the first one's key counts.
                $key = self::read(self::CHANNEL_KEY) ?: self::randomToken();
                Store::set(self::CHANNEL_KEY, $key);
            });
        }

        return $key;
    }

    /** The company that the member left for a platform's consent page with. */
    public static function channelTenant(): int
    {
        return self::$loaded ? Input::id(self::read(self::CHANNEL_TENANT)) : 0;
    }

    public static function rememberChannelTenant(int $tenantId): void
    {
        self::write(static function () use ($tenantId): void {
            Store::set(self::CHANNEL_TENANT, $tenantId);
        });
    }

    /** A form that was accepted must not be accepted again by a reload. */
    public static function renewCsrfToken(): void
    {
        self::write(static function (): void {
            Store::set(self::CSRF, self::randomToken());
        });
    }

    /** @param array{user_id:int,email:string,nickname:string,session_mark:string} $account */
    public static function signIn(array $account): void
    {
        self::write(static function () use ($account): void {
            session_regenerate_id(true);
            if (Input::id(self::read(self::USER_ID)) !== $account['user_id']) {
                Store::delete(self::CHANNEL_KEY);
                Store::delete(self::CHANNEL_TENANT);
            }
            Store::set(self::USER_ID, $account['user_id']);
            Store::set(self::EMAIL, $account['email']);
            Store::set(self::NICKNAME, $account['nickname']);
            Store::set(self::MARK, $account['session_mark']);
            Store::set(self::CSRF, self::randomToken());
        });
    }

    public static function signOut(): void
    {
        self::peek();
        if (!self::$loaded) {
            return;
        }
        self::write(static function (): void {
            foreach (self::KEYS as $key) {
                Store::delete($key);
            }
            session_regenerate_id(true);
        });
    }

    /** Keeps the address for the login form that follows: it has no place in a URL. */
    public static function rememberLoginEmail(string $email): void
    {
        self::write(static function () use ($email): void {
            Store::set(self::LOGIN_EMAIL, mb_strcut(mb_scrub($email, 'UTF-8'), 0, 255, 'UTF-8'));
        });
    }

    public static function takeLoginEmail(): string
    {
        self::peek();
        $email = self::$loaded ? Input::text(Store::get(self::LOGIN_EMAIL)) : '';
        if ($email !== '') {
            self::write(static function (): void {
                Store::delete(self::LOGIN_EMAIL);
            });
        }

        return $email;
    }

    private static function load(): void
    {
        if (!self::$loaded) {
            self::write(static function (): void {
                if (self::read(self::CSRF) === '') {
                    Store::set(self::CSRF, self::randomToken());
                }
            });
        }
    }

    private static function write(callable $change): void
    {
        self::open();
        $change();
        self::$userId = Input::id(self::read(self::USER_ID));
        self::$email = self::read(self::EMAIL);
        self::$csrf = self::read(self::CSRF);
        self::$mark = self::read(self::MARK);
        self::$loaded = true;
        session_write_close();
    }

    private static function read(string $key): string
    {
        return Input::text(Store::get($key));
    }

    /**
     * Starts the host's session with a cookie that scripts and other sites cannot use. Lax, not Strict:
     * the way back from the cashier is a link from another site, and the member is still signed in.
     */
    private static function open(): void
    {
        if (self::$loaded) {
            session_start();

            return;
        }
        if (session_status() === PHP_SESSION_ACTIVE) {
            // Started by somebody else: the settings of the cookie can only change in between.
            session_write_close();
        }
        $config = (array) Config::get('session');
        $config['httponly'] = true;
        $config['secure'] = !empty($config['secure']) || Site::isHttps();
        ini_set('session.cookie_samesite', 'Lax');
        self::dropImpossibleId();
        Store::init($config);
        Store::boot();
        if (session_status() !== PHP_SESSION_ACTIVE) {
            session_start();
        }
    }

    private static function cookieName(): string
    {
        return Input::text(Config::get('session.name')) ?: (string) session_name();
    }

    /** PHP warns about an id that it cannot use, and the host makes an error page of that, visit after visit. */
    private static function dropImpossibleId(): void
    {
        $id = $_COOKIE[self::cookieName()] ?? '';
        if ($id !== '' && (!is_string($id) || preg_match('/^[A-Za-z0-9,-]{1,128}$/D', $id) !== 1)) {
            session_id((string) session_create_id());
        }
    }

    private static function randomToken(): string
    {
        return bin2hex(random_bytes(32));
    }
}
