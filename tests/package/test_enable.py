"""On a site (CHATHUB_ENV): what an administrator reads when the extension is missing or wrong, and that it then works.

The place runs without the extension; each test gives the command line a php.ini of its own. What php-fpm says is asked
of the place's own php-fpm, over HTTP.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request
from configparser import ConfigParser
from pathlib import Path

import layouts
import libraries
from libraries import BUILT, ROOT, VERSION, addon

ENV = json.loads(Path(os.environ["CHATHUB_ENV"]).read_text()) if "CHATHUB_ENV" in os.environ else None


@unittest.skipUnless(ENV, "needs a site: scripts/test.sh package")
class OnSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Path(ENV["site_root"])
        cls.folder = Path(tempfile.mkdtemp(prefix="chathub-test-"))
        cls.zip = addon.package(cls.folder / "chathub.zip")
        cls.plain = Path(ENV["php_ini"]).read_text()
        done = cls.manage(cls, "install", str(cls.zip), cls.php(cls, "install"))
        if done.returncode != 0:
            raise AssertionError(f"the addon could not be installed: {done.stderr}")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def php(self, name: str, extension: Path | None = None, line: str | None = None) -> Path:
        """A php of its own: its folder with php.ini, its extension folder, and a line in the ini file."""
        home = self.folder / name
        extensions = home / "ext"
        if not home.is_dir():
            extensions.mkdir(parents=True)
            for module in Path(subprocess.run(["php-config", "--extension-dir"], capture_output=True, text=True).stdout.strip()).glob("*.so"):
                (extensions / module.name).symlink_to(module)
            text = self.plain + f"\nextension_dir = {extensions}\n" + (f"{line}\n" if line else "")
            (home / "php.ini").write_text(text)
            if extension:
                shutil.copy(extension, extensions / "chathub.so")
        # The other modules come from the machine's own folder of ini files.
        return layouts.script(home / "php", f'exec {layouts.PHP} -c {home / "php.ini"} "$@"')

    def manage(self, command: str, subject: str, php: Path):
        return subprocess.run([str(php), str(ROOT / "tests/host/install.php"), str(self.site), command, subject],
                              capture_output=True, text=True)

    def refused(self, php: Path, *words):
        done = self.manage("enable", "chathub", php)
        said = done.stderr.strip()
        self.assertEqual((1, ""), (done.returncode, done.stdout), said)
        self.assertEqual(1, len(said.splitlines()), said)
        self.assertEqual(1, said.count("。"), f"one sentence: {said}")
        for word in ("请", "addons/chathub/INSTALL.md", *words):
            self.assertIn(str(word), said)
        self.assertTrue((self.site / "addons/chathub/INSTALL.md").is_file())
        self.assertRegex((self.site / "addons/chathub/info.ini").read_text(), r"state = 0")
        return said

    def test_1_none(self):
        php = self.php("none")
        self.refused(php, "没有安装 chathub 扩展", "install-extension.sh", self.folder / "none/ext/chathub.so", "命令行的 PHP")

    def test_1_older(self):
        old = libraries.of_version(self.folder / "old.so", libraries.OLD)
        self.refused(self.php("older", old, "extension=chathub.so"), libraries.OLD, f"{VERSION} 或更高", "install-extension.sh")

    def test_1_for_another_php(self):
        other = libraries.for_other_php(self.folder / "other.so")
        for name, line in (("other-quiet", None), ("other-named", ";extension=chathub.so")):
            self.refused(self.php(name, other, line), "为 PHP 8.1 编译", f"php{layouts.SERIES}")

    def test_1_there_but_not_named(self):
        said = self.refused(self.php("quiet", BUILT, ";extension=chathub.so"), "没有加载 chathub 扩展", "extension=chathub.so")
        self.assertNotIn("只有", said)

    def test_1_named_but_broken(self):
        broken = libraries.not_a_library(self.folder / "broken.so")
        self.refused(self.php("broken", broken, "extension=chathub.so"), "却没有加载成功", "php -v")

    def test_1_named_for_the_website_only(self):
        php = self.php("website", BUILT)
        home = self.folder / "website"
        (home / "php.ini").rename(home / "php-cli.ini")
        (home / "php.ini").write_text("extension = chathub\n")
        layouts.script(php, f'exec {layouts.PHP} -c {home / "php-cli.ini"} "$@"')
        self.refused(php, f"只有 {home / 'php.ini'} 里配置了它", "那不是命令行的")

    def test_2_php_fpm_says_what_is_wrong_there(self):
        """A page asks the addon's own class, in the place's php-fpm, which has no extension."""
        page = self.site / "public" / "problem.php"
        page.write_text("""<?php
            $root = __DIR__ . '/../addons/chathub/library/';
            require $root . 'Site.php';
            require $root . 'Extension.php';
            $file = ini_get('extension_dir') . '/chathub.so';
            echo json_encode([addons\\chathub\\library\\Extension::problem(), $file, php_ini_loaded_file()]);
        """)
        self.addCleanup(page.unlink)
        with urllib.request.urlopen(f"{ENV['base_url']}/problem.php") as answer:
            said, file, ini = json.loads(answer.read())
        self.assertIn("网站的 PHP", said)
        self.assertIn("重载 php-fpm", said)
        self.assertIn(file, said)
        self.assertEqual(ENV["php_ini"], ini)
        self.assertEqual(1, said.count("。"))

    def test_3_then_it_works(self):
        php = self.php("good", BUILT, "extension=chathub.so")
        done = self.manage("enable", "chathub", php)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))
        self.check_worker_files(php)
        # The command line of a site whose worker's PHP has no extension.
        done = subprocess.run([str(self.php("none")), "think", "chathub", "work"], cwd=self.site, capture_output=True, text=True)
        self.assertEqual(2, done.returncode)
        self.assertIn("命令行的 PHP", done.stdout)
        self.assertIn("没有安装 chathub 扩展", done.stdout)

    # The ready files of deploy/, as they lie in the site, run by the command that they hold

    def check_worker_files(self, php: Path):
        deploy = self.site / "addons" / "chathub" / "deploy"
        unit = (deploy / "chathub-worker.service").read_text()
        supervisor = ConfigParser(interpolation=None, inline_comment_prefixes=None)
        supervisor.read(deploy / "chathub-worker.supervisor.conf")
        program = supervisor["program:chathub-worker"]
        self.run_worker(php, re.search(r"^ExecStart=(.+)$", unit, re.M)[1], re.search(r"^WorkingDirectory=(.+)$", unit, re.M)[1])
        self.run_worker(php, program["command"], program["directory"])
        self.verify_unit(unit, php)

        line = [line for line in (deploy / "chathub-worker.cron").read_text().splitlines() if line and line[0] != "#"]
        self.assertEqual(1, len(line))
        minute, command = re.fullmatch(r"(\* \* \* \* \*) www (.+)", line[0]).groups()
        self.assertIn("--seconds 55 ", command, "shorter than the minute after which the next one comes")
        command = self.localise(php, command.replace("--seconds 55", "--seconds 1"), "/www/wwwroot/example.com")
        done = subprocess.run(["sh", "-c", command], cwd="/", capture_output=True, text=True, timeout=60)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def localise(self, php: Path, command: str, folder: str) -> str:
        self.assertEqual("/www/wwwroot/example.com", folder)
        self.assertIn("/www/server/php/82/bin/php ", command)
        return command.replace("/www/server/php/82/bin/php", str(php)).replace(folder, str(self.site))

    def run_worker(self, php: Path, command: str, folder: str):
        worker = subprocess.Popen(self.localise(php, command, folder).split(), cwd=self.site,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            deadline = time.monotonic() + 60
            while subprocess.run([str(php), "think", "chathub", "status"], cwd=self.site, capture_output=True).returncode != 0:
                self.assertIsNone(worker.poll(), "the worker ended")
                self.assertLess(time.monotonic(), deadline, "no heartbeat")
                time.sleep(0.1)
            worker.terminate()
            said, _ = worker.communicate(timeout=60)
            self.assertEqual((0, ""), (worker.returncode, said))
        finally:
            worker.kill()

    def verify_unit(self, unit: str, php: Path):
        if not shutil.which("systemd-analyze"):
            return
        file = self.folder / "chathub-worker.service"
        file.write_text(unit.replace("/www/server/php/82/bin/php", layouts.PHP).replace("User=www\n", "User=www-data\n"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True)
        own = [line for line in done.stderr.splitlines() if "chathub-worker" in line]
        self.assertEqual([], own)
