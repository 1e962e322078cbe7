#!/usr/bin/env python3
"""Measures side by side and prints one table: bench.py ENV.JSON BARE-ENV.JSON (two places of scripts/services.py).

Contenders take turns within each part, so that other load on the machine meets all of them; a figure is the median
over the rounds, a ratio the median of the rounds' ratios. Nothing fails for being slow.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

import notify
import process

HERE = Path(__file__).parent
QUICK = "--quick" in sys.argv
rows: list[tuple[str, str, str, str, str, str]] = []
notes: list[str] = []


def row(what: str, ours: str, theirs: str, ratio: str, target: str, met: bool | None) -> None:
    rows.append((what, ours, theirs, ratio, target, {True: "met", False: "MISSED", None: ""}[met]))


def ratio_row(what: str, ours: list[float], theirs: list[float], unit: str, least: float | None) -> None:
    ratio = median(a / b for a, b in zip(ours, theirs))
    row(what, f"{median(ours):,.0f} {unit}", f"{median(theirs):,.0f} {unit}", f"{ratio:.2f} ×",
        "" if least is None else f"≥ {least} ×", None if least is None else ratio >= least)


def on_one_core(script: str, extension: str) -> dict:
    core = str(max(os.sched_getaffinity(0)))
    rounds, seconds = ("3", "0.2") if QUICK else ("15", "0.4")
    command = ["taskset", "-c", core, "php", "-n", "-d", f"extension={extension}", str(HERE / script), rounds, seconds]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def signatures(extension: str) -> None:
    f = on_one_core("crypto.php", extension)
    for kind, of_openssl, of_pem in (("verify", 0.8, 12), ("sign", 0.85, 3)):
        ours = f[f"{kind}_chathub"]
        ratio_row(f"{kind}, PHP call : openssl speed", ours, f[f"{kind}_openssl"], "/s", of_openssl)
        ratio_row(f"{kind}, PHP call : plain PHP, PEM each call", ours, f[f"{kind}_pem"], "/s", of_pem)
        ratio_row(f"{kind}, PHP call : plain PHP, key object kept", ours, f[f"{kind}_kept"], "/s", None)
    whole, tiny, openssl = (1e6 / median(f[name]) for name in ("verify_chathub", "verify_tiny", "verify_openssl"))
    notes.append(f"A verification takes {whole:.1f} µs for a form of {f['body_bytes']} bytes and {tiny:.1f} µs for one of a single "
                 f"field; the signature alone takes OpenSSL {openssl:.1f} µs. Between them: decoding, sorting, hashing, PHP's array.")


def wechat_messages(extension: str) -> None:
    f = on_one_core("wechat.php", extension)
    for name, theirs in (("pem", "plain PHP, PEM each call"), ("kept", "plain PHP, key object kept")):
        ratio_row(f"WeChat verify + decrypt, PHP call : {theirs}", f["chathub"], f[name], "/s", None)


def notifications(env: dict, env_file: Path, provider: str) -> None:
    rounds, per_round = (2, 60) if QUICK else (9, 300)
    f = notify.throughput(env, env_file, provider, rounds, per_round)
    hub, twin, addon = f["hub"], f["twin"], f["addon"]
    what = "payNotify" if provider == "alipay" else f"payNotify {provider}"
    ratio_row(f"{what}, script : plain-PHP twin", hub["per_second"], twin["per_second"], "req/s", 1.0)
    cpu = median(a / b for a, b in zip(hub["cpu_ms"], twin["cpu_ms"]))
    row("  CPU of php-fpm per request", f"{median(hub['cpu_ms']):.2f} ms", f"{median(twin['cpu_ms']):.2f} ms", f"{cpu:.2f} ×", "", None)
    ratio_row(f"{what}, whole site : plain-PHP twin without one", addon["per_second"], twin["per_second"], "req/s", None)


def acknowledgements(env: dict, env_file: Path) -> None:
    rounds, per_round = (1, 30) if QUICK else (6, 60)
    f = notify.acknowledgements(env, env_file, rounds, per_round)
    at = {mode: quantiles(times, n=100, method="inclusive") for mode, times in f["ms"].items()}
    for percent in (50, 99):
        hang, ok = at["hang"][percent - 1], at["ok"][percent - 1]
        target = ("≤ 2 ×", hang <= 2 * ok) if percent == 99 else ("", None)
        row(f"acknowledgement p{percent}, service hangs : healthy", f"{hang:.1f} ms", f"{ok:.1f} ms", f"{hang / ok:.2f} ×", *target)
    row("  calls that the service got meanwhile", str(f["calls"]["hang"]), str(f["calls"]["ok"]), "", "", None)


def memory(env: dict, bare: dict, env_file: Path) -> None:
    count = 8 * env["fpm_workers"]
    for place, script in ((env, "nothing"), (bare, "nothing")):
        notify.load(f"{place['base_url']}/bench-{script}.php", [{"headers": {}, "body": "x=1"}] * count)
    difference("private memory per idle worker, with : without", process.idle_kib(env["fpm_pid"]), process.idle_kib(bare["fpm_pid"]), True)
    for place, script in ((env, "hub.php?provider=alipay"), (bare, "twin.php")):
        notify.load(f"{place['base_url']}/bench-{script}", notify.prepare(env_file, count, "active"))
    difference("  after notifications, extension : plain-PHP twin", process.idle_kib(env["fpm_pid"]), process.idle_kib(bare["fpm_pid"]), True)


def difference(what: str, ours: list[int], theirs: list[int], target: bool) -> None:
    more = median(ours) - median(theirs)
    row(what, f"{median(ours):,.0f} KiB", f"{median(theirs):,.0f} KiB", f"{more:+,.0f} KiB", "< 2 MB more", more * 1024 < 2e6 if target else None)


def start(extension: str) -> None:
    f = process.start_times(extension, 20 if QUICK else 300)
    for what, place, target in (("start of php -n, CPU time, with : without", 1, "< 1 ms more"), ("  wall time", 0, "")):
        ours, theirs = ([sample[place] for sample in f[key]] for key in ("with", "without"))
        more = median(a - b for a, b in zip(ours, theirs))
        row(what, f"{median(ours):.2f} ms", f"{median(theirs):.2f} ms", f"{more:+.2f} ms", target, more < 1 if target else None)


def print_table() -> None:
    head = ("left : right", "left", "right", "left : right", "target", "")
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(6)]
    for line in [head, tuple("─" * width for width in widths), *rows]:
        first, *middle, last = line
        print("  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(middle, widths[1:])), last]).rstrip())
    print()
    for note in notes:
        print(note)


def main() -> None:
    env_file, bare_file = [Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    env, bare = json.loads(env_file.read_text()), json.loads(bare_file.read_text())
    notify.put_scripts(env)
    notify.put_scripts(bare, env["db"], env["sandbox"])
    waiting = os.getloadavg()[0]
    memory(env, bare, env_file)  # first, while the workers are fresh
    start(env["extension"])
    signatures(env["extension"])
    wechat_messages(env["extension"])
    notifications(env, env_file, "alipay")
    notifications(env, env_file, "wechat")
    acknowledgements(env, env_file)
    notes.append(f"{os.cpu_count()} cores; {waiting:.1f} processes wanted to run when this began, {os.getloadavg()[0]:.1f} at its end. "
                 "Figures of a busy machine are worse than its own, ratios less so.")
    print_table()


if __name__ == "__main__":
    main()
