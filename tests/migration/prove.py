#!/usr/bin/env python3
"""Old databases with their dirt are upgraded by `php think chathub migrate`: nothing is lost, a dry run changes nothing,
and a run that is killed at any moment and begun again ends where an unbroken one ends; so does the plugin manager's.

    CHATHUB_ENV=var/NAME/env.json prove.py      small, for every test run
    CHATHUB_PROVE=full                          100,000 tenants, 50 kills, and the time that a million rows take
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import account
import manager
import old_site
from database import Database, environment

FULL = os.environ.get("CHATHUB_PROVE") == "full"
SIZES = (
    {"tenants": 100_000, "orders": 300_000, "logs": 500_000, "shops": 20_000, "members": 50_000}
    if FULL
    else {"tenants": 2_000, "orders": 6_000, "logs": 10_000, "shops": 500, "members": 500}
)
MILLION = {"tenants": 1_000_000, "orders": 1_000_000, "logs": 1_000_000, "shops": 1_000, "members": 1_000_000}
KILLS = 50 if FULL else 6
SEED = int(os.environ.get("CHATHUB_SEED", random.randrange(1 << 32)))

ENV = environment()
DATABASE = Database(ENV)
passed = failed = 0


def check(what: str, holds: bool, detail: str = "") -> None:
    global passed, failed
    passed, failed = passed + holds, failed + (not holds)
    print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else ': ' + detail[:2000]}", flush=True)


def figure(what: str, value: str) -> None:
    print(f"     {what}: {value}", flush=True)
    if path := os.environ.get("CHATHUB_FIGURES"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"migration\t{what}\t{value}\n")


def command(*arguments: str) -> list[str]:
    php = ["php", "-c", ENV["php_ini"]]
    return [*php, str(Path(ENV["site_root"]) / "think"), "chathub", "migrate", *arguments]


def migrate(*arguments: str) -> tuple[int, str, float]:
    began = time.monotonic()
    done = subprocess.run(command(*arguments), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began


def steps(output: str) -> list[str]:
    """The lines that name a step, without the estimate of its rows."""
    return [re.sub("（.*", "", line) for line in output.splitlines() if re.match(r"\d+/\d+  ", line)]


def finish() -> tuple[int, str, float]:
    """Runs to the end. What the server still does for a killed run has to end first."""
    for _ in range(60):
        result = migrate()
        if "另一次升级还在进行" not in result[1]:
            break
    return result


def snapshot() -> dict[str, dict[str, str]]:
    """The template, all columns but the one that is cleaned."""
    tables = DATABASE.texts("SHOW TABLES", old_site.TEMPLATE)
    return {table: account.values(DATABASE, table, kept(table), old_site.TEMPLATE) for table in tables}


def kept(table: str) -> list[str]:
    names = account.columns(DATABASE, table, old_site.TEMPLATE)
    return [name for name in names if (table, name) != (DATABASE.table("tenant"), "config")]


def upgrade(version: str, fresh: list[str]) -> tuple[str, float]:
    """One unbroken upgrade, every value accounted for; gives the end's fingerprint and the time."""
    old_site.make(DATABASE, version, SIZES)
    old_site.restore(DATABASE)
    before, configs = snapshot(), account.configs(DATABASE, old_site.TEMPLATE)
    copied = {table: account.values(DATABASE, table, kept(table)) for table in before}
    check(f"{version}: the site begins as the template is", copied == before)

    still = account.untouched(DATABASE)
    status, plan, _ = migrate("--dry-run")
    check(f"{version}: a dry run succeeds", status == 0, plan)
    check(f"{version}: a dry run changes nothing", account.untouched(DATABASE) == still)

    status, output, took = migrate()
    check(f"{version}: the upgrade succeeds", status == 0, output)
    check(f"{version}: it does what the dry run said", steps(output) == steps(plan) != [], f"{plan}\n{output}")
    after = {table: account.values(DATABASE, table, kept(table)) for table in before}
    wrong = [f"{table}.{name}: {was} is now {after[table][name]}"
             for table in before for name, was in before[table].items() if after[table][name] != was]
    check(f"{version}: every row and value of {sum(len(c) for c in before.values())} columns is there", not wrong, "\n".join(wrong))
    now = account.configs(DATABASE)
    wrong_ones = account.wrong_configs(configs, now)
    check(f"{version}: every config is what it must be", not wrong_ones, str(wrong_ones[:10]))
    changed = sum(old != now[tenant] for tenant, old in configs.items())
    check(f"{version}: and {changed} of {len(now)} changed", changed > len(now) // 4)
    left = account.layout(DATABASE)
    check(f"{version}: the layout is a new site's", set(fresh) == set(left), str(set(fresh) ^ set(left)))
    status, again, _ = migrate()
    check(f"{version}: nothing is left to do", status == 0 and steps(again) == [], again)
    figure(f"{version}, {SIZES['tenants']} tenants", f"{took:.2f} s")
    return account.digest(account.end_state(DATABASE)), took


def kill(version: str, rounds: int, end: str, took: float, chance: random.Random) -> None:
    """Kills a run at a random moment, runs again, compares the end."""
    record = DATABASE.table("migration")
    reached: dict[int, int] = {}
    for round_number in range(rounds):
        old_site.restore(DATABASE)
        moment = chance.uniform(0.0, took)
        process = subprocess.Popen(command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        ended = process.poll() is not None
        os.kill(process.pid, signal.SIGKILL) if not ended else None
        process.wait()
        there = DATABASE.texts(f"SHOW TABLES LIKE '{record}'")
        done = DATABASE.number(f"SELECT COUNT(*) FROM `{record}`") if there else 0
        reached[done] = reached.get(done, 0) + 1
        status, output, _ = finish()
        state = account.digest(account.end_state(DATABASE))
        check(f"{version}: killed after {moment * 1000:.0f} ms ({'had ended' if ended else f'{done} steps done'}), run again",
              status == 0 and state == end, f"{state} instead of {end}\n{output}")
    figure(f"{version}, steps done at the kill: times", ", ".join(f"{n}: {c}" for n, c in sorted(reached.items())))


def million(version: str) -> None:
    old_site.make(DATABASE, version, MILLION)
    old_site.restore(DATABASE)
    before = snapshot()
    status, output, took = migrate()
    after = {table: account.values(DATABASE, table, kept(table)) for table in before}
    check(f"{version}: a million rows, every value", status == 0 and after == before, output)
    print(output)
    figure(f"{version}, 1000000 tenants", f"{took:.1f} s")
    _, _, took = migrate()
    figure(f"{version}, 1000000 tenants, nothing to do", f"{took:.1f} s")


def main() -> None:
    print(f"CHATHUB_SEED={SEED}")
    chance = random.Random(SEED)
    if FULL:
        DATABASE.run("SET GLOBAL innodb_buffer_pool_size = 1073741824")
    # The place was installed by this version: its tables are a new site's.
    fresh = account.layout(DATABASE)
    for version in ("v1.5", "v1.8"):
        end, took = upgrade(version, fresh)
        kill(version, KILLS // 2, end, took, chance)
    manager.prove(check, DATABASE, ENV, end)
    if FULL:
        for version in ("v1.5", "v1.8"):
            million(version)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
