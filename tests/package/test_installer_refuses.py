"""Each refusal is one sentence that says what to do, and changes nothing."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import layouts
import libraries
from layouts import SERIES, Baota, install, installer
from libraries import BUILT

API = "s/API[0-9]*,NTS/API20230831,NTS/"


class Refusals(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="chathub-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "root"
        self.root.mkdir()
        self.script = installer(self.folder)

    def refused(self, *words, options=(), layout=None, so=BUILT, **more):
        before = layout.snapshot() if layout else {}
        options = [*options, *(["--so", so] if so else [])]
        for language in ("zh_CN.UTF-8", "en_US.UTF-8"):
            done = install(self.script, *options, root=self.root, language=language, **more)
            said = done.stderr.strip()
            self.assertEqual(1, done.returncode, f"{done.stdout}{said}")
            self.assertEqual(1, len(said.splitlines()), f"one sentence, not: {said}")
            self.assertIn("请" if language.startswith("zh") else "please", said)
            for word in words:
                self.assertIn(str(word), said)
        if layout:
            self.assertEqual(before, layout.snapshot(), "nothing was changed")

    # The PHP

    def test_no_php(self):
        self.refused("--php")

    def test_a_path_that_is_no_php(self):
        self.refused("/nowhere/php", options=["--php", "/nowhere/php"])
        broken = layouts.script(self.folder / "php", "exit 127")
        self.refused(broken, options=["--php", broken])

    def test_too_old_php(self):
        layout = Baota(self.root, says="s/^PHP Version => .*/PHP Version => 7.4.33/")
        self.refused("7.4.33", "8.1", layout.php, layout=layout)
        self.refused("7.4.33", "8.1", layout=layout, options=["--php", layout.php])

    def test_thread_safe_php(self):
        layout = Baota(self.root, says="s/,NTS/,TS/")
        self.refused("ZTS", "NTS", layout=layout)

    def test_debug_php(self):
        layout = Baota(self.root, says="s/,NTS/,NTS,debug/")
        self.refused("debug", layout=layout)

    def test_musl(self):
        layout = Baota(self.root)
        tools = Path(layouts.tools(self.root))
        (tools / "getconf").unlink()
        layouts.script(tools / "getconf", "exit 1")
        layouts.script(tools / "ldd", 'echo "musl libc (x86_64)" >&2', "exit 1")
        self.refused("musl", f"php:{SERIES}-fpm", layout=layout)

    def test_none_of_several(self):
        Baota(self.root, says="s/^PHP Version => .*/PHP Version => 7.4.33/", number="74")
        Baota(self.root, says="s/,NTS/,TS/", number="81")
        done = install(self.script, "--so", BUILT, root=self.root)
        self.assertEqual(1, done.returncode)
        self.assertEqual(1, len(done.stderr.strip().splitlines()), done.stderr)
        self.assertEqual(2, len(done.stdout.strip().splitlines()), "a reason for each")
        self.assertIn("7.4.33", done.stdout)
        self.assertIn("ZTS", done.stdout)

    # The library

    def test_no_library(self):
        layout = Baota(self.root)
        self.refused(f"php{SERIES}-", "--so", layout=layout, so=None)
        self.refused("/nowhere/chathub.so", layout=layout, so="/nowhere/chathub.so")

    def test_for_another_php(self):
        layout = Baota(self.root)
        other = libraries.for_other_php(self.folder / "other.so")
        self.refused("PHP 8.1", f"PHP {SERIES}.", f"php{SERIES}", layout=layout, so=other)

    def test_a_php_of_another_series(self):
        layout = Baota(self.root, says=f"{API};s/^PHP Version => .*/PHP Version => 8.3.9/")
        self.refused("PHP 8.3.9", f"PHP {SERIES}", "php8.3", layout=layout)

    def test_for_zts(self):
        self.refused(",TS", layout=Baota(self.root), so=libraries.for_zts(self.folder / "zts.so"))

    def test_for_another_machine(self):
        layout = Baota(self.root)
        self.refused("arm64", "x86_64", layout=layout, so=libraries.for_other_machine(self.folder / "arm.so"))

    def test_newer_glibc(self):
        layout = Baota(self.root)
        self.refused("glibc 2.99", layout=layout, so=libraries.for_newer_glibc(self.folder / "new.so"))

    def test_not_a_library(self):
        layout = Baota(self.root)
        self.refused("page.so", layout=layout, so=libraries.not_a_library(self.folder / "page.so"))
        self.refused("half.so", layout=layout, so=libraries.cut_off(self.folder / "half.so"))

    def test_a_damaged_archive(self):
        layout = Baota(self.root)
        archive = self.folder / "php_chathub.tgz"
        archive.write_bytes(b"\x1f\x8b\x08\0damaged")
        self.refused(archive, layout=layout, so=archive)
        (self.folder / "readme.txt").write_text("no library")
        subprocess.run(["tar", "-czf", str(archive), "-C", str(self.folder), "readme.txt"], check=True)
        self.refused(archive, "chathub.so", layout=layout, so=archive)

    def test_an_older_one_than_installed(self):
        layout = Baota(self.root)
        old = libraries.of_version(self.folder / "old.so", libraries.OLD)
        self.assertEqual(0, install(self.script, "--so", BUILT, root=self.root).returncode)
        self.refused(libraries.OLD, libraries.VERSION, "--force", layout=layout, so=old)

    # The place

    def test_no_permission(self):
        layout = Baota(self.root)
        if os.geteuid() == 0:
            layouts.tools(self.root)
            library = Path(shutil.copy(BUILT, self.folder / "chathub.so"))
            library.chmod(0o644)
            self.folder.chmod(0o755)
            self.refused("root", "sudo", layout=layout, so=library, user=65534)
        else:
            layout.extension_dir.chmod(0o555)
            self.refused("root", "sudo", layout=layout)

    def test_no_extension_folder(self):
        layout = Baota(self.root)
        layout.extension_dir.rmdir()
        self.refused(layout.extension_dir, layout=layout)

    def test_no_ini_file(self):
        layout = Baota(self.root)
        ini = layout.cli_ini
        ini.unlink()
        layouts.wrapper(layout.php, layouts.PHP, ini.parent / "nothing", None, f"s|^extension_dir => .*|extension_dir => {layout.extension_dir}|")
        self.refused("php.ini", layout=layout)

    def test_a_line_that_loads_another_file(self):
        layout = Baota(self.root)
        elsewhere = shutil.copy(BUILT, self.folder / "chathub.so")
        layout.fpm_ini.write_text(layout.fpm_ini.read_text() + f'\nextension="{elsewhere}"\n')
        self.refused(layout.fpm_ini, elsewhere, layout=layout)

    def test_another_one_is_running(self):
        layout = Baota(self.root)
        lock = layout.extension_dir / "chathub-install.lock"
        lock.mkdir()
        (lock / "pid").write_text(str(os.getpid()))
        self.refused(lock, layout=layout)

    def test_options(self):
        self.refused("--hlep", options=["--hlep"])
        for language in ("zh_CN.UTF-8", "en_US.UTF-8"):
            done = install(self.script, "--php", root=self.root, language=language)
            self.assertEqual((1, 1), (done.returncode, len(done.stderr.strip().splitlines())))
