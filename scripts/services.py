#!/usr/bin/env python3
"""Starts and stops a private place for the site: var/NAME, described by var/NAME/env.json.

    services.py up NAME [--prefix fa_] [--workers 8] [--no-extension] [--set name=value] [--ini name=value] …
    services.py db NAME                    only MariaDB, for the store tests; prints CHATHUB_TEST_DB
    services.py worker NAME [--count 1] [--concurrency 8]   background workers, until there are so many
    services.py down NAME
    services.py stop|start|kill NAME mariadb|php_fpm|nginx
    services.py package                    dist/chathub-X.Y.Z.zip

With FASTADMIN_ROOT=/path, `up` runs a copy of that FastAdmin instead of the stand-in host.
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from place import addon
from place.place import Place
from place.process import Failure


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("name")
    up.add_argument("--prefix", default="fa_")
    up.add_argument("--workers", type=int, default=8)
    up.add_argument("--extension", type=Path, default=addon.ROOT / "target" / "release" / "libchathub.so")
    up.add_argument("--no-extension", action="store_true", help="run without the extension")
    up.add_argument("--no-sandbox", action="store_true", help="run without the providers' sandbox")
    up.add_argument("--addon", type=Path, help="another addon's folder instead of ours")
    up.add_argument("--no-addon", action="store_true", help="leave the site without any addon")
    up.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="the addon's configuration")
    up.add_argument("--ini", action="append", default=[], metavar="NAME=VALUE", help="php.ini")
    up.add_argument("--lang-switch", action="store_true", help="let visitors choose the language")
    up.add_argument("--debug", action="store_true", help="app_debug")
    up.add_argument("--keep", action="store_true", help="leave a running place as it is")
    worker = commands.add_parser("worker")
    worker.add_argument("name")
    worker.add_argument("--count", type=int, default=1)
    worker.add_argument("--concurrency", type=int, default=8)
    for command in ("db", "down", "env"):
        commands.add_parser(command).add_argument("name")
    for command in ("stop", "start", "kill"):
        one = commands.add_parser(command)
        one.add_argument("name")
        one.add_argument("service", choices=["mariadb", "php_fpm", "nginx"])
    commands.add_parser("package")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.command == "package":
        print(addon.package().relative_to(addon.ROOT))
        return
    place = Place(options.name)
    match options.command:
        case "up":
            real = os.environ.get("FASTADMIN_ROOT")
            place.up(options, Path(real).resolve() if real else None)
            print(f"{place.env['base_url']}  ({place.folder.relative_to(addon.ROOT)}/env.json)")
        case "db":
            print(json.dumps(place.database_only()))
        case "worker":
            place.start_workers(options.count, options.concurrency)
        case "down":
            place.down()
        case "env":
            print(json.dumps(place.env, indent=2))
        case "stop":
            place.stop_service(options.service)
        case "kill":
            place.stop_service(options.service, signal.SIGKILL)
        case "start":
            place.start_service(options.service)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"services.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
