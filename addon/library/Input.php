<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\Request;

/**
 * What the client sent, untouched: the host's own accessors strip tags, trim and escape.
 */
final class Input
{
    /** Whatever was sent, as a string; a list or an object counts as nothing. */
    public static function text(mixed $value): string
    {
        return is_string($value) || is_int($value) || is_float($value) ? (string) $value : '';
    }

    public static function query(string $name): string
    {
        return self::text($_GET[$name] ?? '');
    }

    public static function post(string $name): string
    {
        return self::text($_POST[$name] ?? '');
    }

    /** A value of the path (/name/value) or else of the query; never of the body. */
    public static function pathOrQuery(string $name): string
    {
        $routed = Request::instance()->route(false);
        $value = is_array($routed) ? self::text($routed[$name] ?? '') : '';

        return $value !== '' ? $value : self::query($name);
    }

    /** What could be the token of a link; '' otherwise. */
    public static function token(string $value): string
    {
        return preg_match('/^[0-9A-Z]{1,100}$/D', $value) === 1 ? $value : '';
    }

    /** The token in the address of a link. The host's log writes the address down, so it is taken out there. */
    public static function linkToken(): string
    {
        $hide = static fn (string $text): string => (string) preg_replace('/(?<=^|[?&])token=[^&#]*/i', 'token=', $text);
        $_SERVER['QUERY_STRING'] = $hide(self::text($_SERVER['QUERY_STRING'] ?? ''));
        self::rewriteAddress($hide);

        return self::token(self::query('token'));
    }

    /** A row's id; 0 when it is not one. */
    public static function id(string $value): int
    {
        return preg_match('/^[1-9]\d{0,9}$/D', $value) === 1 && (int) $value <= 4294967295 ? (int) $value : 0;
    }

    /**
     * The named values of a form or of a JSON body as they came, whatever they are; the missing are left out.
     *
     * @param list<string> $names
     * @return array<string,mixed>
     */
    public static function only(array $names): array
    {
        return array_intersect_key(self::isJson() ? self::json() : $_POST, array_flip($names));
    }

    public static function body(): string
    {
        return (string) file_get_contents('php://input');
    }

    /** @return array<string,string> */
    public static function headers(): array
    {
        return array_filter((array) Request::instance()->header(), 'is_string');
    }

    public static function method(): string
    {
        $method = strtoupper(self::text($_SERVER['REQUEST_METHOD'] ?? 'GET'));

        return $method === 'HEAD' ? 'GET' : $method;
    }

    public static function isJson(): bool
    {
        return str_starts_with(strtolower(ltrim(self::text($_SERVER['CONTENT_TYPE'] ?? ''))), 'application/json');
    }

    /** Does the client want the JSON answer instead of a page? */
    public static function wantsJson(): bool
    {
        return self::isJson()
            || strtolower(self::text($_SERVER['HTTP_X_REQUESTED_WITH'] ?? '')) === 'xmlhttprequest'
            || str_starts_with(strtolower(ltrim(self::text($_SERVER['HTTP_ACCEPT'] ?? ''))), 'application/json');
    }

    /**
     * The texts of the query, which is then forgotten: whatever is logged for this request, a platform's code
     * is not part of it.
     *
     * @return array<string,string>
     */
    public static function takeQuery(): array
    {
        $query = [];
        foreach ($_GET as $name => $value) {
            if (is_string($value)) {
                $query[(string) $name] = $value;
            }
        }
        $_GET = [];
        $_SERVER['QUERY_STRING'] = '';
        self::rewriteAddress(static fn (string $text): string => explode('?', $text, 2)[0]);

        return $query;
    }

    /**
     * In every place from which the host's log may take the address; it remembers the first that it read.
     *
     * @param callable(string):string $rewrite
     */
    private static function rewriteAddress(callable $rewrite): void
    {
        foreach (['REQUEST_URI', 'HTTP_X_REWRITE_URL', 'HTTP_X_ORIGINAL_URL'] as $name) {
            if (isset($_SERVER[$name])) {
                $_SERVER[$name] = $rewrite(self::text($_SERVER[$name]));
            }
        }
        Request::instance()->url(self::text($_SERVER['REQUEST_URI'] ?? ''));
    }

    /** The CSRF token that came with the request, in a header or a field. */
    public static function csrfToken(): string
    {
        return self::text($_SERVER['HTTP_X_CSRF_TOKEN'] ?? '') ?: self::text(self::only(['__token__'])['__token__'] ?? '');
    }

    /** @return array<array-key,mixed> */
    private static function json(): array
    {
        $decoded = json_decode(self::body(), true, 16);

        return is_array($decoded) ? $decoded : [];
    }
}
