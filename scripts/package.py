#!/usr/bin/env python3
"""Packs what a release consists of.

    package.py extension FILE.so [--php-config php-config] [--glibc 2.17] [--out dist]
    package.py sums [--out dist]          SHA256SUMS of everything in the folder that is part of a release

`services.py package` packs the addon; scripts/package.sh makes the whole release.
"""

import argparse
import hashlib
import platform
import sys
from pathlib import Path

from place import addon, archive, licences
from place.process import Failure


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    extension = commands.add_parser("extension")
    extension.add_argument("library", type=Path)
    extension.add_argument("--php-config", default="php-config")
    extension.add_argument("--glibc", default=archive.GLIBC, help="the oldest glibc that it must run with")
    sums = commands.add_parser("sums")
    for command in (extension, sums):
        command.add_argument("--out", type=Path, default=addon.ROOT / "dist")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.command == "sums":
        print(sums(options.out))
        return
    php = archive.php_of(options.php_config)
    texts = licences.notice(f"{platform.machine()}-unknown-linux-gnu")
    packed = archive.pack(options.library, php, options.out, texts, options.glibc)
    print(f"{packed}  (glibc {archive.glibc_needed(options.library)} or newer)")


def sums(folder: Path) -> Path:
    released = sorted(
        file for pattern in ("chathub-*.zip", "php_chathub-*.tgz", "install-extension.sh") for file in folder.glob(pattern)
    )
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in released]
    target = folder / "SHA256SUMS"
    target.write_text("".join(lines))
    return target


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"package.py: {failure}")
