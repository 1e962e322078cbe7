"""The extension's archive, made from the ordinary build: its name, its contents, and what keeps a build out of it."""

import gzip
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import layouts
import libraries
from libraries import BUILT, VERSION
from place import archive, licences
from place.process import Failure

HERE = "99.0"  # a limit that any build keeps
ARCH = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]


class Archive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="chathub-test-"))
        cls.php = archive.php_of("php-config")
        cls.packed = archive.pack(BUILT, cls.php, cls.folder, "licences", HERE)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_name(self):
        self.assertEqual(f"php_chathub-{VERSION}_php{layouts.SERIES}-{ARCH}-linux-glibc-nts.tgz", self.packed.name)

    def test_contents(self):
        with tarfile.open(self.packed) as packed:
            members = {member.name: member for member in packed.getmembers()}
            self.assertEqual({"chathub.so", "LICENSE", "THIRD-PARTY-LICENSES.txt"}, set(members))
            self.assertTrue(all(member.isfile() and member.mode == 0o644 for member in members.values()))
            self.assertEqual(BUILT.read_bytes(), packed.extractfile("chathub.so").read())

    def test_the_same_build_gives_the_same_bytes(self):
        again = archive.pack(BUILT, self.php, self.folder / "again", "licences", HERE)
        self.assertEqual(self.packed.read_bytes(), again.read_bytes())
        with gzip.open(again) as plain:
            self.assertTrue(plain.read(10).startswith(b"chathub.so"))

    def test_the_installer_takes_it(self):
        """Beside the script, under its own name; and another PHP's archive beside it does no harm."""
        root = self.folder / "site" / "root"
        root.mkdir(parents=True)
        script = layouts.installer(self.folder / "site")
        shutil.copy(self.packed, script.parent)
        shutil.copy(self.packed, script.parent / self.packed.name.replace(f"php{layouts.SERIES}-", "php8.9-"))
        layout = layouts.Baota(root)
        done = layouts.install(script, root=root)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual((VERSION, VERSION), layout.versions())

    def refused(self, words, library, glibc=HERE):
        with self.assertRaisesRegex(Failure, words):
            archive.pack(library, self.php, self.folder / "refused", "licences", glibc)
        self.assertFalse((self.folder / "refused").exists())

    def test_a_newer_glibc_than_promised_is_refused(self):
        needed = archive.glibc_needed(BUILT)
        self.assertEqual(needed, newest_symbol(BUILT))
        lower = "2.%d" % (int(needed.split(".")[1]) - 1)
        self.refused(f"needs glibc {re.escape(needed)}", BUILT, lower)

    def test_another_library_is_refused(self):
        odd, other = self.folder / "libodd.so", self.folder / "other.so"
        (self.folder / "odd.c").write_text("int odd(void) { return 1; }\n")
        (self.folder / "other.c").write_text("int odd(void);\nint other(void) { return odd(); }\n")
        build = ["cc", "-shared", "-fPIC", "-o"]
        subprocess.run([*build, str(odd), str(self.folder / "odd.c"), "-Wl,-soname,libodd.so.1"], check=True)
        subprocess.run([*build, str(other), str(self.folder / "other.c"), str(odd)], check=True)
        self.refused("libodd.so.1", other)

    def test_what_php_does_not_load_is_refused(self):
        self.refused("does not load", libraries.for_other_php(self.folder / "other-php.so"))
        self.refused("does not load", libraries.of_version(self.folder / "old.so", libraries.OLD))


class Php(unittest.TestCase):
    def php_config(self, folder: Path, says: str) -> str:
        binary = layouts.wrapper(folder / "php", layouts.PHP, folder / "none.ini", None, says)
        return str(layouts.script(folder / "php-config", f'case $1 in --php-binary) echo {binary};; *) exec php-config "$@";; esac'))

    def test_zts_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(Failure, "NTS"):
            archive.php_of(self.php_config(Path(folder), "s/,NTS/,TS/"))

    def test_php_config_of_another_php_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(Failure, "same PHP"):
            archive.php_of(self.php_config(Path(folder), "s/API[0-9]*,/API20230831,/"))


class Licences(unittest.TestCase):
    def test_every_linked_crate_has_a_licence_text(self):
        target = f"{platform.machine()}-unknown-linux-gnu"
        crates = licences.linked_crates(target)
        names = {crate["name"] for crate in crates}
        self.assertLessEqual({"aws-lc-sys", "ext-php-rs", "rustls", "mysql", "serde_json"}, names)
        self.assertFalse({"proptest", "rqrr", "bindgen", "chathub", "chathub-core"} & names)
        silent = {crate["name"] for crate in crates if not licences.texts(crate) and not crate["license"]}
        self.assertEqual(set(), silent)
        notice = licences.notice(target)
        for crate in crates:
            self.assertIn(f"{crate['name']} {crate['version']}  ", notice)
        self.assertIn("The OpenSSL Project", notice)  # AWS-LC's


def newest_symbol(library: Path) -> str:
    """A second reading, by another program."""
    told = subprocess.run(["readelf", "-W", "--dyn-syms", str(library)], capture_output=True, text=True, check=True).stdout
    return max(re.findall(r"@GLIBC_([0-9.]+)", told), key=lambda text: [int(part) for part in text.split(".")])
