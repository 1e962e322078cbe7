"""Starting, waiting for and stopping processes; only those that were started here are ever signalled."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path


class Failure(Exception):
    """Something did not work; the message is for the person at the terminal."""


_given: set[int] = set()


def free_port() -> int:
    """A free loopback port below the range from which outgoing connections are numbered."""
    for _ in range(200):
        port = random.randint(20000, 29999)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                _given.add(port)
                return port
            except OSError:
                continue
    raise Failure("no free loopback port found")


def start(command: list[str], log: Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen:
    """Starts a daemon of ours in its own session, so that Ctrl-C at the terminal does not reach it."""
    with open(log, "ab") as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True
        )


def run(command: list[str], input_text: str | None = None, cwd: Path | None = None) -> str:
    """Runs to the end and gives the output; failure shows what was printed."""
    done = subprocess.run(command, input=input_text, capture_output=True, text=True, cwd=cwd)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command[:4])} … failed ({done.returncode}):\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def tail(log: Path, lines: int = 25) -> str:
    if not log.is_file():
        return f"({log} was not written)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def wait_until(ready, process: subprocess.Popen, log: Path, what: str, seconds: float = 60) -> None:
    """Polls until `ready()` is true; a dead process or the deadline shows the end of its log."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise Failure(f"{what} ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            process.kill()
            raise Failure(f"{what} is not ready after {seconds:.0f} s:\n{tail(log)}")
        time.sleep(0.05)


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def started_at(pid: int) -> str | None:
    """When the process began (clock ticks since boot): tells it from a later one with the same pid."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] == "Z" else fields[19]


def children(pid: int) -> list[int]:
    """The worker processes of a master."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def stop(pid: int, began: str | None, seconds: float = 20, how: int = signal.SIGTERM) -> bool:
    """Stops the process and waits for its end; says whether there was one to stop."""
    if began is None or started_at(pid) != began:
        return False
    # A killed master cannot end its workers, and they would keep its port.
    orphans = children(pid) if how == signal.SIGKILL else []
    os.kill(pid, how)
    for orphan in orphans:
        try:
            os.kill(orphan, how)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + seconds
    while started_at(pid) == began:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            deadline += seconds
        time.sleep(0.02)
    return True
