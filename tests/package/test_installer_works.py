"""Installing, installing again, replacing, taking back: on each layout, with every file compared before and after."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

import layouts
import libraries
from layouts import Baota, Container, Debian, install, installer
from libraries import BUILT, NEW, OLD, VERSION


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="chathub-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "root"
        self.root.mkdir()
        self.script = installer(self.folder)

    def install(self, *options, **more):
        return install(self.script, *options, root=self.root, **more)

    def ok(self, done):
        self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout)
        return done.stdout


class EveryLayout(Case):
    def check(self, layout):
        before = layout.snapshot()
        said = self.ok(self.install("--so", BUILT))
        self.assertIn(str(layout.php), said)
        self.assertEqual((VERSION, VERSION), layout.versions())
        for file in layout.ini:
            self.assertIn(str(file), said)
            self.assertEqual(1, file.read_text().count("\nextension=chathub.so\n"), file)
        after = layout.snapshot()

        self.assertIn("不需要做什么", self.ok(self.install("--so", BUILT)))
        self.assertEqual(after, layout.snapshot(), "a second run changes nothing")

        self.ok(self.install("--undo"))
        self.assertEqual(before, layout.snapshot(), "every file is as it was")
        self.assertEqual(("", ""), layout.versions())
        self.assertIn("没有可以撤销", self.ok(self.install("--undo")))
        self.assertEqual(before, layout.snapshot())

    def test_baota(self):
        self.check(Baota(self.root))

    def test_debian(self):
        self.check(Debian(self.root))

    def test_container(self):
        self.check(Container(self.root))

    def test_bash(self):
        layout = Baota(self.root)
        before = layout.snapshot()
        self.ok(self.install("--so", BUILT, shell="bash"))
        self.assertEqual((VERSION, VERSION), layout.versions())
        self.ok(self.install("--undo", shell="bash"))
        self.assertEqual(before, layout.snapshot())


class Replacing(Case):
    def setUp(self):
        super().setUp()
        self.layout = Baota(self.root)
        self.old = libraries.of_version(self.folder / "old.so", OLD)
        self.new = libraries.of_version(self.folder / "new.so", NEW)

    def test_older_is_replaced_and_comes_back(self):
        self.ok(self.install("--so", self.old))
        before = self.layout.snapshot()
        self.ok(self.install("--so", BUILT))
        self.assertEqual((VERSION, VERSION), self.layout.versions())
        said = self.ok(self.install("--undo"))
        self.assertEqual((OLD, OLD), self.layout.versions())
        self.assertIn(str(self.layout.extension_dir / "chathub.so"), said)
        # One step back, not two: pressing twice must not take the extension away from a site that sells.
        self.assertIn("没有可以撤销", self.ok(self.install("--undo")))
        without_record = {name: file for name, file in before.items() if "chathub-install" not in name}
        self.assertEqual(without_record, self.layout.snapshot())

    def test_newer_is_not_replaced_unasked(self):
        self.ok(self.install("--so", self.new))
        before = self.layout.snapshot()
        done = self.install("--so", BUILT)
        self.assertEqual(1, done.returncode)
        self.assertIn(NEW, done.stderr)
        self.assertIn("--force", done.stderr)
        self.assertEqual(before, self.layout.snapshot())
        self.ok(self.install("--so", BUILT, "--force"))
        self.assertEqual((VERSION, VERSION), self.layout.versions())

    def test_a_library_in_use_is_never_written_into(self):
        self.ok(self.install("--so", self.old))
        target = self.layout.extension_dir / "chathub.so"
        held = os.open(target, os.O_RDONLY)  # as php-fpm holds it
        self.addCleanup(os.close, held)
        self.ok(self.install("--so", BUILT))
        self.assertEqual(self.old.stat().st_size, os.fstat(held).st_size)
        self.assertEqual(self.old.read_bytes(), os.pread(held, self.old.stat().st_size, 0))

    def test_a_line_that_is_there_is_not_doubled(self):
        for file in self.layout.ini:
            file.write_text(file.read_text() + '\nextension = "chathub"\n')
        text = [file.read_text() for file in self.layout.ini]
        self.ok(self.install("--so", BUILT))
        self.assertEqual(text, [file.read_text() for file in self.layout.ini])
        self.assertEqual((VERSION, VERSION), self.layout.versions())

    def test_only_one_of_the_two_has_a_line(self):
        self.ok(self.install("--so", BUILT))
        cli = self.layout.cli_ini
        cli.write_text(cli.read_text().replace("extension=chathub.so", ""))
        self.assertEqual(("", VERSION), self.layout.versions())
        self.ok(self.install("--so", BUILT))
        self.assertEqual((VERSION, VERSION), self.layout.versions())

    def test_everything_is_there_and_still_it_is_not_loaded(self):
        """A line that holds for one path only: there is nothing to write, and that is no reason to claim success."""
        for file in self.layout.ini:
            file.write_text(file.read_text() + "\n[PATH=/www/other]\nextension=chathub.so\n")
        shutil.copy(BUILT, self.layout.extension_dir / "chathub.so")
        before = self.layout.snapshot()
        done = self.install("--so", BUILT)
        self.assertEqual((1, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
        self.assertIn("没有加载到", done.stderr)
        self.assertEqual(before, self.layout.snapshot())

    def test_changes_of_others_survive_undo(self):
        self.ok(self.install("--so", BUILT))
        ini = self.layout.fpm_ini
        ini.write_text(ini.read_text() + "memory_limit = 512M\n")
        self.ok(self.install("--undo"))
        self.assertIn("memory_limit = 512M", ini.read_text())
        self.assertNotIn("extension=chathub", ini.read_text())
        self.assertEqual(("", ""), self.layout.versions())

    def test_a_library_that_was_changed_since_stays(self):
        self.ok(self.install("--so", BUILT))
        target = self.layout.extension_dir / "chathub.so"
        shutil.copy(self.new, target)
        self.ok(self.install("--undo"))
        self.assertEqual(self.new.read_bytes(), target.read_bytes())


class Details(Case):
    def test_owner_mode_and_host_sections_of_an_ini_file(self):
        layout = Baota(self.root, text="precision = 14\n[PATH=/www/other]\nprecision = 12\n")
        layout.fpm_ini.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(layout.fpm_ini, 33, 33)
        owner = layout.fpm_ini.stat()
        self.ok(self.install("--so", BUILT))
        self.assertEqual((VERSION, VERSION), layout.versions(), "the line stands before the section")
        now = layout.fpm_ini.stat()
        self.assertEqual((owner.st_mode, owner.st_uid, owner.st_gid), (now.st_mode, now.st_uid, now.st_gid))

    def test_a_linked_ini_file_stays_a_link(self):
        layout = Baota(self.root)
        real = self.root / "real.ini"
        layout.cli_ini.rename(real)
        layout.cli_ini.symlink_to(real)
        self.ok(self.install("--so", BUILT))
        self.assertTrue(layout.cli_ini.is_symlink())
        self.assertIn("extension=chathub.so", real.read_text())

    def test_dry_run_writes_nothing_and_needs_no_root(self):
        layout = Debian(self.root)
        before = layout.snapshot()
        for folder in (self.folder, self.folder / "tools"):
            folder.is_dir() and folder.chmod(0o755)
        library = Path(shutil.copy(BUILT, self.folder / "chathub.so"))
        library.chmod(0o644)
        said = self.ok(self.install("--dry-run", user=65534 if os.geteuid() == 0 else None))
        for file in [layout.extension_dir / "chathub.so", *layout.ini]:
            self.assertIn(f"{file}", said)
        self.assertEqual(before, layout.snapshot())
        self.ok(self.install())
        after = layout.snapshot()
        self.assertIn("会：", self.ok(self.install("--undo", "--dry-run")))
        self.assertEqual(after, layout.snapshot())

    def test_reload_only_when_asked(self):
        layout = Baota(self.root)
        said = self.ok(self.install("--so", BUILT))
        self.assertIn("php-fpm-82 reload".replace("82", layouts.SHORT), said)
        self.assertFalse(layout.reloaded.exists())
        self.ok(self.install("--undo", "--reload"))
        self.assertEqual("reload\n", layout.reloaded.read_text())

    def test_english(self):
        Baota(self.root)
        said = self.ok(self.install("--so", BUILT, language="en_US.UTF-8"))
        self.assertIn("Last step, reload php-fpm", said)
        self.assertTrue(said.isascii(), said)

    def test_of_several_the_only_fitting_one_is_taken(self):
        good = Baota(self.root)
        Baota(self.root / "old", says="s/^PHP Version => .*/PHP Version => 7.4.33/")
        shutil.copytree(self.root / "old" / "www" / "server" / "php" / layouts.SHORT, self.root / "www" / "server" / "php" / "74")
        said = self.ok(self.install("--so", BUILT))
        self.assertIn(f"{good.php}：PHP", said)
        self.assertIn("7.4.33", said)
        self.assertEqual(VERSION, good.version())

    def test_of_several_fitting_ones_one_must_be_named(self):
        first, second = Baota(self.root), Container(self.root)
        done = self.install("--so", BUILT)
        self.assertEqual(1, done.returncode)
        self.assertIn("--php", done.stderr)
        self.ok(self.install("--so", BUILT, "--php", second.php))
        self.assertEqual(("", VERSION), (first.version(), second.version()))
        self.ok(self.install("--undo"))
        self.assertEqual("", second.version())


class BrokenOff(Case):
    """Stopped between any two steps: running it again, or undoing, ends in order."""

    def without_record(self, layout):
        return {name: file for name, file in layout.snapshot().items() if "chathub-install/" not in f"{name}/"}

    def breaking(self, *lines):
        """Puts another `mv` into the way: the only step that changes anything of the site's."""
        mv = Path(layouts.tools(self.root)) / "mv"
        mv.unlink(missing_ok=True)
        layouts.script(mv, *lines, f'exec {shutil.which("mv")} "$@"')

    def check(self, layout, steps):
        first = self.without_record(layout)
        for step in range(1, steps + 1):
            for again in (True, False):
                count = self.folder / "count"
                count.write_text("")
                self.breaking(f"echo x >>{count}", f'if [ "$(grep -c x {count})" -ge {step} ]; then kill -9 $PPID; exit 9; fi')
                done = self.install("--so", BUILT)
                self.assertEqual(-9, done.returncode, f"{done.stdout}{done.stderr}")
                self.breaking()
                if again:
                    self.ok(self.install("--so", BUILT))
                    self.assertEqual((VERSION, VERSION), layout.versions())
                self.ok(self.install("--undo", "--php", layout.php))
                self.assertEqual(first, self.without_record(layout), f"killed at step {step}")
                self.assertEqual([], list(layout.root.rglob("*chathub-install*")))

    def test_killed_after_any_step(self):
        layout = Baota(self.root)
        # The record, the library, and the two ini files.
        self.check(layout, 4)

    def test_killed_while_replacing(self):
        old = libraries.of_version(self.folder / "old.so", OLD)
        for step in (1, 2, 3):  # the old record aside, the new one in its place, the library
            shutil.rmtree(self.root)
            layout = Baota(self.root)
            self.ok(self.install("--so", old))
            count = self.folder / "count"
            count.write_text("")
            self.breaking(f"echo x >>{count}", f'if [ "$(grep -c x {count})" -ge {step} ]; then kill -9 $PPID; exit 9; fi')
            self.assertEqual(-9, self.install("--so", BUILT).returncode)
            self.breaking()
            self.ok(self.install("--so", BUILT))
            self.assertEqual((VERSION, VERSION), layout.versions())
            self.ok(self.install("--undo"))
            self.assertEqual((OLD, OLD), layout.versions())
            self.assertEqual([], list(layout.root.rglob("chathub-install*")))

    def test_a_full_disk_or_a_mounted_file_is_put_back(self):
        layout = Baota(self.root)
        before = layout.snapshot()
        self.breaking('case "$*" in */php.ini) echo "mv: Device or resource busy" >&2; exit 1;; esac')
        done = self.install("--so", BUILT)
        self.assertEqual(1, done.returncode)
        self.assertIn("已恢复原样", done.stderr)
        self.assertEqual(before, layout.snapshot())

    def test_a_failed_replacement_keeps_the_way_back(self):
        layout = Baota(self.root)
        before = layout.snapshot()
        old = libraries.of_version(self.folder / "old.so", OLD)
        self.ok(self.install("--so", old))
        self.breaking('case "$*" in */chathub.so) exit 1;; esac')
        self.assertEqual(1, self.install("--so", BUILT).returncode)
        self.breaking()
        self.assertEqual((OLD, OLD), layout.versions())
        self.ok(self.install("--undo"))
        self.assertEqual(before, layout.snapshot())
