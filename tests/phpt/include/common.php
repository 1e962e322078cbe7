<?php

/** What the tests share. CHATHUB_ROOT is set by scripts/phpt.sh. */

declare(strict_types=1);

error_reporting(E_ALL);

function root(): string
{
    return getenv('CHATHUB_ROOT') ?: exit('CHATHUB_ROOT is not set');
}

/** @return array<string,mixed> a published test vector */
function vector(string $name): array
{
    return json_decode(file_get_contents(root() . "/tests/vectors/$name.json"), true, 64, JSON_THROW_ON_ERROR);
}

/** Runs and says what came of it: the class, the key and the field of what was thrown, or the result. */
function outcome(callable $work): string
{
    try {
        $result = $work();
    } catch (ChatHub\Exception $e) {
        return substr(strrchr(get_class($e), '\\'), 1) . ' ' . $e->getKey() . ($e->getField() ? " ({$e->getField()})" : '');
    } catch (Throwable $e) {
        return get_class($e) . ': ' . $e->getMessage();
    }

    return is_string($result) ? "'$result'" : json_encode($result, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
}

/** A fresh RSA key: [private PEM, public PEM]. */
function key_pair(int $bits = 2048): array
{
    $key = openssl_pkey_new(['private_key_bits' => $bits, 'private_key_type' => OPENSSL_KEYTYPE_RSA]);
    openssl_pkey_export($key, $private);

    return [$private, openssl_pkey_get_details($key)['key']];
}

/** A PEM without its lines: how consoles of payment providers show keys. */
function bare(string $pem): string
{
    return preg_replace('/-----.*?-----|\s/', '', $pem);
}

/** Alipay's rule, written down a second time: no `sign`, no empty values, sorted by byte, joined. */
function string_to_sign(array $fields, bool $drop_sign_type, bool $drop_empty = true): string
{
    unset($fields['sign']);
    if ($drop_sign_type) {
        unset($fields['sign_type']);
    }
    ksort($fields, SORT_STRING);
    $pairs = [];
    foreach ($fields as $name => $value) {
        if (!$drop_empty || (string) $value !== '') {
            $pairs[] = "$name=$value";
        }
    }

    return implode('&', $pairs);
}

/** Signs a notification as Alipay does, with the openssl extension. */
function signed(array $fields, string $privatePem): array
{
    openssl_sign(string_to_sign($fields, true), $signature, $privatePem, OPENSSL_ALGO_SHA256);

    return $fields + ['sign_type' => 'RSA2', 'sign' => base64_encode($signature)];
}

/** Prints a line for each failure, and how many checks held. */
final class Checks
{
    private static int $held = 0;

    public static function that(bool $holds, string $what): void
    {
        if ($holds) {
            self::$held++;
        } else {
            echo "FAILED: $what\n";
        }
    }

    public static function same(mixed $expected, mixed $actual, string $what): void
    {
        self::that($expected === $actual, "$what: expected " . var_export($expected, true) . ', got ' . var_export($actual, true));
    }

    public static function held(): void
    {
        echo self::$held, " checks held\n";
    }
}
