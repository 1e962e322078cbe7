"""What the extension costs when nothing happens: memory of a worker, time of a start."""

import os
import time
from pathlib import Path

import notify


def private_kib(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
    return sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_Clean:", "Private_Dirty:")))


def idle_kib(master: int) -> list[int]:
    return sorted(private_kib(pid) for pid in notify.workers(master))


def start_ms(options: list[str], times: int, samples: list[float]) -> None:
    """Wall time from the start of `php -n -r ''` to its end."""
    for _ in range(times):
        began = time.perf_counter()
        pid = os.posix_spawn("/usr/bin/env", ["env", "php", "-n", *options, "-r", ""], os.environ)
        _, status = os.waitpid(pid, 0)
        samples.append((time.perf_counter() - began) * 1000)
        assert status == 0


def start_times(extension: str, rounds: int) -> dict:
    samples: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        start_ms([], 3, samples["without"])
        start_ms(["-d", f"extension={extension}"], 3, samples["with"])
    return samples
