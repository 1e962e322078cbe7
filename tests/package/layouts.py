"""PHP installations as sites have them: small scripts that call the real PHP with other ini files, in a private root.

What the installer reads is what the real PHP says; only where that PHP keeps its files is made up.
"""

import os
import shutil
import stat
import subprocess
from pathlib import Path

from libraries import ROOT

PHP = os.path.realpath(os.environ.get("PHP") or shutil.which("php") or "php")
SERIES = subprocess.run([PHP, "-n", "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"],
                        capture_output=True, text=True, check=True).stdout
SHORT = SERIES.replace(".", "")
FPM = shutil.which(f"php-fpm{SERIES}") or shutil.which(f"/usr/sbin/php-fpm{SERIES}") or shutil.which("php-fpm") or ""


def script(file: Path, *lines: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    file.chmod(0o755)
    return file


def wrapper(file: Path, real: str, ini: Path, scan: Path | None, says: str = "") -> Path:
    """Calls the real program with its ini files elsewhere; `says` is a sed script over what it prints."""
    filter = f" 2>&1 | sed '{says}'" if says else ""
    return script(
        file, f"PHP_INI_SCAN_DIR={scan or ''}", "export PHP_INI_SCAN_DIR",
        # With -c, PHP reads the file in spite of -n.
        f'case " $* " in *" -n "*) ;; *) set -- -c {ini} "$@" ;; esac',
        f'{"" if says else "exec "}{real} "$@"{filter}',
    )


def write_ini(file: Path, extension_dir: Path, text: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    # No newline at the end, as after an edit with some editors.
    file.write_text(f"[PHP]\nextension_dir = {extension_dir}\n{text}; 中文注释")
    return file


class Layout:
    """php: its command line; extension_dir; ini: the files that must get a line."""

    def __init__(self, root: Path):
        self.root = root

    def snapshot(self) -> dict[str, tuple]:
        """Every file with its content and mode, to compare before with after."""
        return {
            str(file.relative_to(self.root)): (stat.S_IMODE(file.lstat().st_mode), file.read_bytes() if file.is_file() else b"")
            for file in sorted(self.root.rglob("*"))
        }

    def version(self, program: Path | None = None) -> str:
        """The version of the extension that a fresh process of the command line, or of php-fpm, loads."""
        info = subprocess.run([str(program or self.php), "-i"], capture_output=True, text=True).stdout
        lines = info.splitlines()
        if "chathub" not in lines:
            return ""
        rest = lines[lines.index("chathub"):]
        return next(line.split(" => ")[1] for line in rest if line.startswith("Version => "))

    def versions(self) -> tuple[str, str]:
        return self.version(), self.version(self.fpm)


class Baota(Layout):
    """宝塔: two ini files in one folder, no folder to scan."""

    def __init__(self, root: Path, text: str = "", says: str = "", number: str = SHORT):
        super().__init__(root)
        home = root / "www" / "server" / "php" / number
        self.extension_dir = home / "lib" / "php" / "extensions" / "no-debug-non-zts-20220829"
        self.extension_dir.mkdir(parents=True)
        self.fpm_ini = write_ini(home / "etc" / "php.ini", self.extension_dir, text)
        self.cli_ini = write_ini(home / "etc" / "php-cli.ini", self.extension_dir, text)
        self.ini = [self.cli_ini, self.fpm_ini]
        self.php = wrapper(home / "bin" / "php", PHP, self.cli_ini, None, says)
        self.fpm = wrapper(home / "sbin" / "php-fpm", FPM, self.fpm_ini, None, says)
        self.reloaded = root / "reloaded"
        script(root / "etc" / "init.d" / f"php-fpm-{number}", f'echo "$1" >>{self.reloaded}')


class Debian(Layout):
    """Debian: a folder of ini files for each of the two, mere links in them."""

    def __init__(self, root: Path):
        super().__init__(root)
        etc = root / "etc" / "php" / SERIES
        self.extension_dir = root / "usr" / "lib" / "php" / "20220829"
        self.extension_dir.mkdir(parents=True)
        self.ini = []
        for kind in ("cli", "fpm"):
            write_ini(etc / kind / "php.ini", self.extension_dir)
            (etc / kind / "conf.d").mkdir()
            self.ini.append(etc / kind / "conf.d" / "20-chathub.ini")
        (etc / "mods-available").mkdir()
        (etc / "mods-available" / "hello.ini").write_text("; priority=20\nprecision=15\n")
        (etc / "cli" / "conf.d" / "20-hello.ini").symlink_to(etc / "mods-available" / "hello.ini")
        self.php = wrapper(root / "usr" / "bin" / f"php{SERIES}", PHP, etc / "cli" / "php.ini", etc / "cli" / "conf.d")
        self.fpm = wrapper(root / "usr" / "sbin" / f"php-fpm{SERIES}", FPM, etc / "fpm" / "php.ini", etc / "fpm" / "conf.d")


class Container(Layout):
    """The official images and 1Panel: one folder for both, and no php.ini at all."""

    def __init__(self, root: Path):
        super().__init__(root)
        local = root / "usr" / "local"
        self.extension_dir = local / "lib" / "php" / "extensions" / "no-debug-non-zts-20220829"
        self.extension_dir.mkdir(parents=True)
        scan = local / "etc" / "php" / "conf.d"
        # The real images have their folder compiled in.
        write_ini(scan / "00-image.ini", self.extension_dir)
        self.ini = [scan / "20-chathub.ini"]
        self.php = wrapper(local / "bin" / "php", PHP, local / "etc" / "php", scan)
        self.fpm = wrapper(local / "sbin" / "php-fpm", FPM, local / "etc" / "php", scan)


def installer(folder: Path) -> Path:
    """The installer as a release has it, put together from its parts."""
    target = folder / "install-extension.sh"
    subprocess.run([str(ROOT / "scripts" / "installer.sh"), str(target)], check=True)
    return target


def install(script: Path, *options, root: Path, language: str = "zh_CN.UTF-8", shell: str = "sh", user: int | None = None):
    """Runs it with no other PHP in sight than those below `root`."""
    # Everything that it may call, but no php: the machine's own stays out of the game.
    env = {"PATH": tools(root), "LANG": language, "CHATHUB_INSTALL_ROOT": str(root)}
    as_user = ["setpriv", f"--reuid={user}", "--clear-groups"] if user else []
    return subprocess.run([*as_user, shell, str(script), *map(str, options)], env=env, capture_output=True, text=True)


def tools(root: Path) -> str:
    folder = root.parent / "tools"
    if not folder.is_dir():
        folder.mkdir()
        for name in ("awk basename cat chmod cksum cmp cp cut dirname getconf grep gzip head ls mkdir mktemp mv od printf "
                     "readlink rm rmdir sed setpriv sh sort sync tail tar tr uname dash bash env").split():
            found = shutil.which(name)
            if found:
                (folder / name).symlink_to(found)
    return str(folder)
