"""The extension as an archive that PIE and install-extension.sh take: named for one PHP, and tried before it counts."""

import gzip
import io
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .addon import ROOT, version
from .process import Failure, run

# The oldest glibc that a released archive runs with: CentOS 7 has it, and Rust's own library needs it.
GLIBC = "2.17"

# What every Linux has; anything else would have to be installed on the site first.
LIBRARIES = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libgcc_s.so.1",
             "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}

# PIE's names for what the linker calls a machine.
MACHINES = {"Advanced Micro Devices X86-64": "x86_64", "AArch64": "arm64"}


@dataclass(frozen=True)
class Php:
    """The PHP that a build is for, as its php-config tells."""
    binary: str
    series: str
    build: str


def php_of(php_config: str) -> Php:
    binary = run([php_config, "--php-binary"]).strip()
    info = run([binary, "-n", "-i"])
    build = re.search(r"^PHP Extension Build => (\S+)$", info, re.M)
    series = re.search(r"^PHP Version => (\d+\.\d+)", info, re.M)
    if not build or not series:
        raise Failure(f"{binary} does not tell its version")
    if not build[1].endswith(",NTS"):
        raise Failure(f"{binary} is {build[1]}: the extension is for NTS")
    if run([php_config, "--phpapi"]).strip() not in build[1]:
        raise Failure(f"{php_config} and {binary} are not of the same PHP")
    return Php(binary, series[1], build[1])


def machine(library: Path) -> str:
    header = run(["readelf", "-h", str(library)])
    found = re.search(r"Machine:\s+(.+)", header)
    if not found or found[1].strip() not in MACHINES:
        raise Failure(f"{library} is for a machine without a name here: {found and found[1]}")
    return MACHINES[found[1].strip()]


def glibc_needed(library: Path) -> str:
    """The newest glibc that a symbol of the library asks for."""
    versions = re.findall(r"\bGLIBC_(\d+(?:\.\d+)+)\b", run(["objdump", "-T", str(library)]))
    return max(versions, key=as_numbers, default="2.0")


def as_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def check(library: Path, php: Php, glibc: str) -> None:
    """Everything that can be wrong with a build before it is packed."""
    needed = glibc_needed(library)
    if as_numbers(needed) > as_numbers(glibc):
        raise Failure(f"{library} needs glibc {needed}, more than {glibc}")
    wanted = set(re.findall(r"NEEDED\s+(\S+)", run(["objdump", "-p", str(library)])))
    if wanted - LIBRARIES:
        raise Failure(f"{library} needs {', '.join(sorted(wanted - LIBRARIES))}")
    loads(library, php)


def loads(library: Path, php: Php) -> None:
    """A clean PHP loads it, without a word, and it is of the version to be packed."""
    code = 'echo phpversion("chathub"), " ", ChatHub\\Hub::VERSION;'
    done = subprocess.run([
        php.binary, "-n", "-d", "display_errors=1", "-d", "display_startup_errors=1", "-d", f"extension={library.resolve()}",
        "-r", code,
    ], capture_output=True, text=True)
    if (done.returncode, done.stdout, done.stderr) != (0, f"{version()} {version()}", ""):
        raise Failure(f"{php.binary} does not load {library} as {version()}:\n{done.stdout}{done.stderr}")


def name(php: Php, library: Path) -> str:
    """php_{ExtensionName}-{Version}_php{PhpVersion}-{Arch}-{OS}-{Libc}-{TSMode}.tgz; the version is the release's tag."""
    return f"php_chathub-{version()}_php{php.series}-{machine(library)}-linux-glibc-nts.tgz"


def pack(library: Path, php: Php, folder: Path, licences: str, glibc: str = GLIBC) -> Path:
    """Checks, packs, unpacks again, and loads what came out."""
    check(library, php, glibc)
    target = folder / name(php, library)
    files = {
        "chathub.so": library.read_bytes(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "THIRD-PARTY-LICENSES.txt": licences.encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for member, content in files.items():
                entry = tarfile.TarInfo(member)
                entry.size, entry.mode, entry.mtime = len(content), 0o644, 1577836800
                archive.addfile(entry, io.BytesIO(content))
    with tempfile.TemporaryDirectory() as unpacked:
        run(["tar", "-xzf", str(target), "-C", unpacked])
        loads(Path(unpacked) / "chathub.so", php)
    return target
