<?php

declare(strict_types=1);

namespace addons\chathub;

use addons\chathub\command\Chathub as Command;
use addons\chathub\library\Extension;
use addons\chathub\library\Migration;
use addons\chathub\library\Site;
use ChatHub\Exception as HubException;
use ChatHub\Hub;
use think\Addons;
use think\Console;
use think\Exception;

/**
 * What FastAdmin calls when an administrator installs, enables, upgrades or removes the addon.
 *
 * Every public method beyond these becomes a hook.
 */
class Chathub extends Addons
{
    /** The host imports install.sql after this call, so there is no table to work with yet. */
    public function install()
    {
        return true;
    }

    /** Members, orders and logs stay: whoever removes the addon may come back. */
    public function uninstall()
    {
        return true;
    }

    /** The hook of the same name: before every request, and before the console looks for its commands. */
    public function appInit()
    {
        if (PHP_SAPI === 'cli') {
            Console::addDefaultCommands([Command::class]);
        }
    }

    public function enable()
    {
        $this->prepare();

        return true;
    }

    public function disable()
    {
        return true;
    }

    public function upgrade()
    {
        $this->prepare();

        return true;
    }

    /** The host shows the text of a \think\Exception to the administrator; other types become a blank page. */
    private function prepare(): void
    {
        $problem = Extension::problem();
        if ($problem !== null) {
            throw new Exception($problem);
        }
        // Whoever clicked may lose patience; the work goes on, and a second click says that it does.
        ignore_user_abort(true);
        if (function_exists('set_time_limit')) {
            set_time_limit(0);
        }
        try {
            (new Hub(Site::database(), Site::hubConfig($this->getConfig())))->migrate();
        } catch (HubException $e) {
            throw new Exception(Migration::refusal($e));
        }
    }
}
