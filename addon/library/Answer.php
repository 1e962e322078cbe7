<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\Response;
use think\response\Redirect;

/**
 * Responses with the headers that each of them needs.
 */
final class Answer
{
    private const SECURITY = [
        'Content-Security-Policy' => "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
            . "form-action 'self'; frame-ancestors 'self'",
        'X-Content-Type-Options' => 'nosniff',
        'X-Frame-Options' => 'SAMEORIGIN',
        'Referrer-Policy' => 'same-origin',
    ];

    private const CORS = [
        'Access-Control-Allow-Origin' => '*',
        'Access-Control-Allow-Methods' => 'POST, OPTIONS',
        'Access-Control-Allow-Headers' => 'Content-Type',
    ];

    /**
     * A page of the addon. `referrer` is "no-referrer" for pages whose address is a secret.
     *
     * @param array<string,mixed> $data
     */
    public static function page(string $view, array $data = [], int $status = 200): Response
    {
        return self::make((new View())->page($view, $data), $status, [
            'Content-Type' => 'text/html; charset=utf-8',
            'Cache-Control' => $view === 'landing' ? 'private, no-cache' : 'no-store',
            'Referrer-Policy' => $data['referrer'] ?? self::SECURITY['Referrer-Policy'],
        ] + self::SECURITY);
    }

    /** @param array<string,string|int> $query */
    public static function redirect(string $action, array $query = []): Response
    {
        return self::away(Site::url($action, $query));
    }

    /** A redirect to an address that we made or signed ourselves, never to one that a request named. */
    public static function away(string $url): Response
    {
        return new Redirect($url, 302, self::SECURITY);
    }

    /** @param array<string,mixed> $data */
    public static function json(array $data, int $status = 200, bool $anyOrigin = false): Response
    {
        $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR;

        return self::make(json_encode($data, $flags), $status, [
            'Content-Type' => 'application/json; charset=utf-8',
            'Cache-Control' => 'no-store',
            'X-Content-Type-Options' => 'nosniff',
        ] + ($anyOrigin ? self::CORS : []));
    }

    public static function preflight(): Response
    {
        return self::make('', 204, self::CORS + ['Access-Control-Max-Age' => '86400']);
    }

    /**
     * Exactly this body, for machines.
     *
     * @param array<string,string> $headers
     */
    public static function exactly(string $body, int $status, string $contentType, array $headers = []): Response
    {
        return self::make($body, $status, ['Content-Type' => $contentType, 'Cache-Control' => 'no-store'] + $headers);
    }

    /** @param array<string,string> $headers */
    private static function make(string $body, int $status, array $headers): Response
    {
        return new Response($body, $status, $headers);
    }
}
