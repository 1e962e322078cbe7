<?php

declare(strict_types=1);

namespace addons\chathub\library;

use ChatHub\Hub;

/**
 * Whether the extension can work in this PHP, and if not, what the administrator has to do, in one sentence.
 *
 * This file and the addon's main class also run on PHP 7: there they say that it is too old.
 */
final class Extension
{
    private const SERIES = [
        '20210902' => '8.1', '20220829' => '8.2', '20230831' => '8.3', '20240924' => '8.4', '20250925' => '8.5',
    ];

    private const LINE = '~^[ \t]*extension[ \t]*=[ \t]*"?(?:[^";\r\n]*/)?chathub(?:\.so)?"?[ \t]*(?:;.*)?\r?$~m';

    private const GUIDE = '（步骤见 addons/chathub/INSTALL.md）';

    /** @return string|null null when the extension is loaded and new enough */
    public static function problem(): ?string
    {
        $php = (PHP_SAPI === 'cli' ? '命令行的 PHP ' : '网站的 PHP ') . PHP_VERSION;
        if (PHP_VERSION_ID < 80100) {
            return "{$php} 版本过低，ChatHub 需要 PHP 8.1 或更高：请为站点换用 PHP 8.1 以上的版本后再试" . self::GUIDE . '。';
        }
        if (class_exists(Hub::class, false)) {
            return self::tooOld($php);
        }
        if (PHP_ZTS) {
            return "{$php} 是线程安全版（ZTS），而 chathub 扩展只支持 NTS 版：请为站点换用普通的 php-fpm 后再试" . self::GUIDE . '。';
        }

        return self::missing($php);
    }

    private static function tooOld(string $php): ?string
    {
        if (!version_compare(Hub::VERSION, Site::REQUIRED_EXTENSION, '<')) {
            return null;
        }

        return sprintf(
            '%s 加载的 chathub 扩展是 %s，本插件需要 %s 或更高：请用新版安装包的 install-extension.sh 更新 %s，%s%s。',
            $php,
            Hub::VERSION,
            Site::REQUIRED_EXTENSION,
            self::file(),
            self::then(),
            self::GUIDE
        );
    }

    /** Not loaded: is the file there, is it for this PHP, does an ini file name it? */
    private static function missing(string $php): string
    {
        $file = self::file();
        if (!@is_file($file)) {
            return sprintf(
                '%s 没有安装 chathub 扩展：请在服务器上以 root 运行 sh install-extension.sh（它会写入 %s 和 %s），%s%s。',
                $php,
                $file,
                self::iniPlace(),
                self::then(),
                self::GUIDE
            );
        }
        $series = self::seriesOf($file);
        if ($series !== null && $series !== PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION) {
            return sprintf(
                '%s 是为 PHP %s 编译的，%s 无法加载它：请换用文件名带 php%d.%d 的安装包，%s%s。',
                $file,
                $series,
                $php,
                PHP_MAJOR_VERSION,
                PHP_MINOR_VERSION,
                self::then(),
                self::GUIDE
            );
        }
        if (self::named(self::ownIni())) {
            return sprintf(
                PHP_SAPI === 'cli'
                    ? '%s 已经配置了 chathub 扩展，却没有加载成功：请执行 php -v，按启动时的报错处理%s。'
                    : '%s 已经配置了 chathub 扩展，但还没有加载到它：请重载 php-fpm 后再试，仍然如此时执行 php-fpm -v 查看启动时的报错%s。',
                $php,
                self::GUIDE
            );
        }
        $other = self::named(self::otherIni());

        return sprintf(
            '%s 没有加载 chathub 扩展%s：请在 %s 中加入一行 extension=chathub.so，%s%s。',
            $php,
            $other === null ? '' : "（只有 {$other} 里配置了它，" . (PHP_SAPI === 'cli' ? '那不是命令行的' : '那不是网站的') . '）',
            self::iniPlace(),
            self::then(),
            self::GUIDE
        );
    }

    private static function file(): string
    {
        return rtrim((string) ini_get('extension_dir'), '/') . '/chathub.so';
    }

    private static function then(): string
    {
        return PHP_SAPI === 'cli' ? '然后再试' : '重载 php-fpm 后再试';
    }

    /** Where this PHP would look for a line of its own: its folder of ini files, else its php.ini. */
    private static function iniPlace(): string
    {
        $folders = array_filter(explode(':', self::scanned()), 'strlen');
        if ($folders !== []) {
            return reset($folders) . '/20-chathub.ini';
        }

        return php_ini_loaded_file() ?: PHP_CONFIG_FILE_PATH . '/php.ini';
    }

    private static function scanned(): string
    {
        $folders = getenv('PHP_INI_SCAN_DIR');

        return $folders === false ? PHP_CONFIG_FILE_SCAN_DIR : $folders;
    }

    /** @return string[] the ini files that a fresh start of this PHP would read */
    private static function ownIni(): array
    {
        $files = [(string) php_ini_loaded_file()];
        foreach (array_filter(explode(':', self::scanned()), 'strlen') as $folder) {
            $files = array_merge($files, @glob($folder . '/*.ini') ?: []);
        }

        return $files;
    }

    /** @return string[] those of the other PHP of the same installation: 宝塔 keeps two files, Debian two folders */
    private static function otherIni(): array
    {
        $folder = dirname((string) php_ini_loaded_file());
        $mine = basename($folder) === 'cli' ? 'fpm' : 'cli';
        $files = array_merge(
            [$folder . '/php.ini', $folder . '/php-cli.ini', dirname($folder) . "/{$mine}/php.ini"],
            @glob(dirname($folder) . "/{$mine}/conf.d/*.ini") ?: []
        );

        return array_diff($files, self::ownIni());
    }

    /**
     * The first of the files that loads the extension.
     *
     * @param string[] $files
     */
    private static function named(array $files): ?string
    {
        foreach ($files as $file) {
            // open_basedir may forbid it; then nothing can be told.
            if ($file !== '' && preg_match(self::LINE, (string) @file_get_contents($file)) === 1) {
                return $file;
            }
        }

        return null;
    }

    /** For which PHP a library was built; null when it does not say, or for one that is not known here. */
    private static function seriesOf(string $file): ?string
    {
        if (preg_match('/API(\d{8}),N?TS/', (string) @file_get_contents($file), $found) !== 1) {
            return null;
        }

        return self::SERIES[$found[1]] ?? null;
    }
}
