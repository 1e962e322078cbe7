"""The addon as a zip: only what belongs into a site, in an order and with times that never change."""

import fnmatch
import re
import zipfile
from pathlib import Path

from .process import Failure

ROOT = Path(__file__).resolve().parents[2]

# What the addon consists of; a file that is not listed here is a mistake, not a new feature.
BELONGS = (
    "Chathub.php", "info.ini", "config.php", "install.sql", "LICENSE", "INSTALL.md",
    "command/*.php", "controller/*.php", "lang/*.php", "library/*.php", "view/*.php",
    "assets/*.css", "assets/*.js", "assets/*.svg",
    "deploy/chathub-worker.*",
)

# Kept elsewhere in the repository, and packed under these names.
FROM_ELSEWHERE = {
    "install.sql": ROOT / "install.sql", "LICENSE": ROOT / "LICENSE", "INSTALL.md": ROOT / "docs" / "install.md",
} | {f"deploy/{file.name}": file for file in sorted((ROOT / "deploy").glob("chathub-worker.*"))}


def version() -> str:
    """The version of the workspace, which info.ini must repeat."""
    cargo = re.search(r'^version\s*=\s*"([^"]+)"', (ROOT / "Cargo.toml").read_text(), re.M)
    info = re.search(r'^version\s*=\s*"?([^"\s]+)', (ROOT / "addon" / "info.ini").read_text(encoding="utf-8"), re.M)
    if not cargo or not info or cargo[1] != info[1]:
        raise Failure(f"Cargo.toml says {cargo and cargo[1]}, addon/info.ini says {info and info[1]}")
    return cargo[1]


def zip_folder(folder: Path, target: Path, extra: dict[str, Path], belongs: tuple[str, ...] = ("*",)) -> Path:
    """Packs the folder's files, plus some of other places at the root; hidden files stay out, foreign ones are refused."""
    files = {
        file.relative_to(folder).as_posix(): file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    }
    files |= extra
    if "info.ini" not in files:
        raise Failure(f"{folder} holds no info.ini")
    foreign = sorted(name for name in files if not any(fnmatch.fnmatchcase(name, pattern) for pattern in belongs))
    if foreign:
        raise Failure(f"not listed in scripts/place/addon.py as part of the addon: {', '.join(foreign)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes())
    return target


def package(target: Path | None = None) -> Path:
    """dist/chathub-X.Y.Z.zip, or another target."""
    target = target or ROOT / "dist" / f"chathub-{version()}.zip"
    return zip_folder(ROOT / "addon", target, FROM_ELSEWHERE, BELONGS)
