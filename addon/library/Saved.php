<?php

declare(strict_types=1);

namespace addons\chathub\library;

use think\Config;

/**
 * The configuration as it is saved now. The host reads its files once per process, which is right for a
 * request and wrong for a worker that runs for months.
 */
final class Saved
{
    private readonly string $version;

    /** @var array<string,mixed> what was read last, for when a file is just being written */
    private array $last = [];

    public function __construct()
    {
        $this->version = self::info()['version'] ?? '';
        $this->last = self::values() ?? [];
    }

    /**
     * What Hub takes; null when the addon was switched off or replaced, and the worker had better end.
     *
     * @return array<string,mixed>|null
     */
    public function config(): ?array
    {
        clearstatcache();
        $info = self::info();
        // An empty answer is a file that is just being written.
        if ($info !== [] && (($info['state'] ?? '1') !== '1' || ($info['version'] ?? '') !== $this->version)) {
            return null;
        }
        self::readSite();
        $this->last = self::values() ?? $this->last;
        if ($this->last === []) {
            // Never with nothing but defaults: the work would be done at addresses that nobody meant.
            return null;
        }

        return Site::hubConfig($this->last);
    }

    /** @return array<string,string> */
    private static function info(): array
    {
        $info = @parse_ini_file(ADDON_PATH . 'chathub/info.ini', false, INI_SCANNER_RAW);

        return is_array($info) ? array_map('strval', $info) : [];
    }

    /** @return array<string,mixed>|null null when the file cannot be read just now */
    private static function values(): ?array
    {
        $fields = self::load(ADDON_PATH . 'chathub/config.php');

        return $fields === null ? null : array_column(array_filter($fields, 'is_array'), 'value', 'name');
    }

    /** FastAdmin's own settings, the mail server among them. */
    private static function readSite(): void
    {
        $site = self::load(CONF_PATH . 'extra/site.php');
        if ($site !== null) {
            Config::set('site', $site);
        }
    }

    /** @return array<array-key,mixed>|null */
    private static function load(string $file): ?array
    {
        if (function_exists('opcache_invalidate')) {
            // Servers may restrict who may use opcache; then its own clock has to do.
            @opcache_invalidate($file, true);
        }
        try {
            $values = is_file($file) ? (static fn () => include $file)() : null;
        } catch (\Throwable) {
            return null;
        }

        return is_array($values) ? $values : null;
    }
}
