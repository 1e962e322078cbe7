"""The built extension, and copies of it that are wrong in one way each."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from place import addon  # noqa: E402

VERSION = addon.version()
BUILT = Path(os.environ.get("EXTENSION") or ROOT / "target" / "release" / "libchathub.so")
BUILD_ID = re.compile(rb"API(\d{8}),NTS")
OTHER_API = b"20210902"  # PHP 8.1
OLD, NEW = "1.9." + VERSION[4:], "9.0." + VERSION[4:]


def variant(target: Path, change) -> Path:
    """A copy whose bytes went through `change`; the file must really differ."""
    before = BUILT.read_bytes()
    after = change(before)
    assert after != before, "the change found nothing to change"
    target.write_bytes(after)
    return target


def of_version(target: Path, version: str) -> Path:
    """Says that it is of another version, which differs in the first two numbers only: the compiler keeps the first
    four bytes as a number in the code."""
    assert version[4:] == VERSION[4:] and len(version) == len(VERSION)
    return variant(target, lambda content: content.replace(VERSION[:4].encode(), version[:4].encode()))


def for_other_php(target: Path) -> Path:
    return variant(target, lambda content: BUILD_ID.sub(b"API" + OTHER_API + b",NTS", content))


def for_zts(target: Path) -> Path:
    return variant(target, lambda content: BUILD_ID.sub(rb"API\1,TS\0", content))


def for_other_machine(target: Path) -> Path:
    """The number of the machine stands at byte 18 of an ELF file: 183 is AArch64, 62 is x86-64."""
    return variant(target, lambda content: content[:18] + (b"\xb7\0" if content[18] == 62 else b"\x3e\0") + content[20:])


def for_newer_glibc(target: Path) -> Path:
    newest = max(re.findall(rb"GLIBC_2\.(\d\d)\0", BUILT.read_bytes()))
    return variant(target, lambda content: content.replace(b"GLIBC_2." + newest + b"\0", b"GLIBC_2.99\0"))


def cut_off(target: Path) -> Path:
    """An upload that broke off: the beginning is whole, so only PHP itself can notice."""
    return variant(target, lambda content: content[: len(content) // 2])


def not_a_library(target: Path) -> Path:
    target.write_text("<html>404 Not Found</html>")
    return target
