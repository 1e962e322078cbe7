"""What the extension costs when nothing happens: memory of a worker, time of a start."""

import os
import shutil
import time
from pathlib import Path

import notify


def private_kib(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
    return sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_Clean:", "Private_Dirty:")))


def idle_kib(master: int) -> list[int]:
    return sorted(private_kib(pid) for pid in notify.workers(master))


def start_ms(php: str, options: list[str]) -> tuple[float, float]:
    """Wall and CPU time of `php -n -r ''`, from its start to its end."""
    began = time.perf_counter()
    pid = os.posix_spawn(php, ["php", "-n", *options, "-r", ""], os.environ)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    return (time.perf_counter() - began) * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def start_times(extension: str, rounds: int) -> dict:
    """Lists of (wall, CPU), taken in turns."""
    php = os.environ.get("PHP") or shutil.which("php")
    samples: dict[str, list[tuple[float, float]]] = {"with": [], "without": []}
    for _ in range(rounds):
        samples["without"].append(start_ms(php, []))
        samples["with"].append(start_ms(php, ["-d", f"extension={extension}"]))
    return samples
