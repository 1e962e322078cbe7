<?php

declare(strict_types=1);

namespace addons\chathub\library;

/**
 * The addon cannot work on this server at the moment: the extension is missing or too old.
 */
final class Unavailable extends \RuntimeException
{
}
