"""What a site gets: the zip holds what belongs there and nothing else."""

import json
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

import layouts
from libraries import ROOT, VERSION, addon
from place.process import Failure


class Zip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="chathub-test-"))
        cls.archive = zipfile.ZipFile(addon.package(cls.folder / "chathub.zip"))
        cls.names = set(cls.archive.namelist())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def text(self, name):
        return self.archive.read(name).decode()

    def test_what_is_there(self):
        for name in ("Chathub.php", "info.ini", "config.php", "install.sql", "LICENSE", "INSTALL.md",
                     "controller/Index.php", "command/Chathub.php", "assets/chathub.css", "deploy/chathub-worker.service"):
            self.assertIn(name, self.names)
        self.assertEqual((ROOT / "LICENSE").read_text(), self.text("LICENSE"))

    def test_every_file_of_the_addon_is_there(self):
        files = {file.relative_to(ROOT / "addon").as_posix() for file in (ROOT / "addon").rglob("*") if file.is_file()}
        self.assertEqual(set(), files - self.names)

    def test_nothing_else_is_there(self):
        for name in self.names:
            self.assertNotRegex(name, r"(^|/)\.|(^|/)tests?/|~$|\.(so|rs|toml|sh|bak|orig|log)$")
            self.assertRegex(name, r"^[A-Za-z0-9_./-]+$")

    def test_info(self):
        info = dict(re.findall(r'^(\w+)\s*=\s*"?([^"\n]*)"?$', self.text("info.ini"), re.M))
        self.assertEqual({"name", "title", "intro", "author", "website", "version", "state"}, set(info))
        self.assertEqual(("chathub", VERSION, "0"), (info["name"], info["version"], info["state"]))
        self.assertIn("\nclass Chathub extends Addons\n", self.text("Chathub.php"))

    def test_php_parses(self):
        self.archive.extractall(self.folder / "out")
        files = [self.folder / "out" / name for name in self.names if name.endswith(".php")]
        self.assertGreater(len(files), 20)
        for file in files:
            done = subprocess.run([layouts.PHP, "-n", "-d", "error_reporting=-1", "-d", "display_errors=1", "-l", str(file)],
                                  capture_output=True, text=True)
            self.assertEqual((0, f"No syntax errors detected in {file}\n"), (done.returncode, done.stdout))

    def test_the_sql_survives_the_host(self):
        """The host drops lines that begin with -- or /*, and ends a statement where a line ends in a semicolon."""
        lines = [line for line in self.text("install.sql").splitlines() if not line.startswith(("--", "/*"))]
        statements = [part.strip() for part in re.split(r";\s*$", "\n".join(lines), flags=re.M) if part.strip()]
        for statement in statements:
            self.assertRegex(statement, r"^(CREATE TABLE IF NOT EXISTS|INSERT INTO) `__PREFIX__")
        self.assertTrue("\n".join(lines).rstrip().endswith(";"))

    def test_the_same_source_gives_the_same_bytes(self):
        again = addon.package(self.folder / "again.zip")
        self.assertEqual((self.folder / "chathub.zip").read_bytes(), again.read_bytes())

    def test_a_foreign_file_is_refused(self):
        copy = self.folder / "addon"
        shutil.copytree(ROOT / "addon", copy, dirs_exist_ok=True)
        for name in ("notes.txt", "view/my.php.bak", "library/.hidden.php", "assets/debug.map"):
            file = copy / name
            file.write_text("")
            if "/." in name:
                addon.zip_folder(copy, self.folder / "hidden.zip", addon.FROM_ELSEWHERE, addon.BELONGS)
                self.assertNotIn(name, zipfile.ZipFile(self.folder / "hidden.zip").namelist())
            else:
                with self.assertRaisesRegex(Failure, re.escape(name)):
                    addon.zip_folder(copy, self.folder / "foreign.zip", addon.FROM_ELSEWHERE, addon.BELONGS)
            file.unlink()


class ComposerFile(unittest.TestCase):
    """What PIE reads: the keys and values of its schema."""

    def setUp(self):
        self.file = json.loads((ROOT / "composer.json").read_text())

    def test_package(self):
        self.assertEqual("php-ext", self.file["type"])
        self.assertRegex(self.file["name"], r"^[a-z0-9]+/[a-z0-9]+$")
        self.assertEqual("AGPL-3.0-only", self.file["license"])
        self.assertEqual({"php": ">=8.1"}, self.file["require"])
        self.assertNotIn("version", self.file, "the release's tag is the version")

    def test_extension(self):
        self.assertEqual({
            "extension-name": "chathub", "support-zts": False, "support-nts": True, "os-families": ["linux"],
            "download-url-method": ["pre-packaged-binary"],
        }, self.file["php-ext"])
