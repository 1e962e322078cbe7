<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Exception as HubException;
use think\Request;

/**
 * Every text that a member reads, in the language that the host chose for this request.
 */
final class Messages
{
    /** @var array<string,string>|null */
    private static ?array $texts = null;

    /** zh-cn or en: the host decides, and whatever it decides that we do not speak is Chinese. */
    public static function language(): string
    {
        $language = strtolower(Input::text(Request::instance()->langset()));

        return preg_match('/^en(?:$|-)/', $language) === 1 ? 'en' : 'zh-cn';
    }

    /** The same as a value of the lang attribute. */
    public static function htmlLanguage(): string
    {
        return self::language() === 'en' ? 'en' : 'zh-CN';
    }

    public static function has(string $key): bool
    {
        return isset(self::texts()[$key]);
    }

    /**
     * The text of a key with its {placeholders} filled in.
     *
     * @param array<string,string|int> $values
     */
    public static function get(string $key, array $values = []): string
    {
        $replace = [];
        foreach ($values as $name => $value) {
            $replace['{' . $name . '}'] = (string) $value;
        }

        return strtr(self::texts()[$key] ?? $key, $replace);
    }

    /** The text for a code that came by URL. Anything that is not a known code gets the general text. */
    public static function code(string $code): string
    {
        return self::get(self::has('error.' . $code) ? 'error.' . $code : 'error.generic');
    }

    /**
     * What a member may read about a refusal: the translation of its reason, in its field where that
     * differs; else, in Chinese, the extension's own public text.
     */
    public static function refusal(HubException $e): string
    {
        foreach (['error.' . $e->getField() . '.' . $e->getKey(), 'error.' . $e->getKey()] as $key) {
            if (self::has($key)) {
                return self::get($key);
            }
        }
        if (self::language() === 'zh-cn' && $e->getPublicMessage() !== '') {
            return $e->getPublicMessage();
        }

        return self::get($e->getField() === null ? 'error.generic' : 'error.field');
    }

    /** @return array<string,string> */
    private static function texts(): array
    {
        return self::$texts ??= require __DIR__ . '/../lang/' . self::language() . '.php';
    }
}
