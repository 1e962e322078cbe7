"""The upgrade as the plugin manager runs it: refused with words that help, and finished by the next click."""

import re
import subprocess
import time
from pathlib import Path
from typing import Callable

import account
import old_site
from database import Database

INSTALL = Path(__file__).resolve().parents[1] / "host" / "install.php"
Check = Callable[..., None]


class Manager:
    def __init__(self, env: dict):
        self._php = ["php", "-c", env["php_ini"], str(INSTALL), env["site_root"]]
        self._info = Path(env["addon_root"]) / "info.ini"
        self._zip = str(Path(env["site_root"]).parent / "addon.zip")

    def run(self, what: str) -> tuple[int, str]:
        subject = self._zip if what == "upgrade" else "chathub"
        done = subprocess.run([*self._php, what, subject], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def is_enabled(self) -> bool:
        return re.search(r"^state\s*=\s*\"?1", self._info.read_text(encoding="utf-8"), re.M) is not None


def prove(check: Check, database: Database, env: dict, end: str) -> None:
    """The template is the layout that `end` is the end of."""
    manager = Manager(env)
    check("plugin manager: disabled for the upgrade", manager.run("disable") == (0, "") and not manager.is_enabled())
    old_site.restore(database)
    without_a_right(check, database, manager, env["db"]["user"])
    while_another_runs(check, database, manager)
    status, output = manager.run("enable")
    check("plugin manager: the next click finishes it", (status, manager.is_enabled()) == (0, True), output)
    check("plugin manager: and the end is the same", account.digest(account.end_state(database)) == end)
    # install.sql runs at each upgrade, and so does upgrade().
    manager.run("disable")
    before = account.untouched(database)
    status, output = manager.run("upgrade")
    check("plugin manager: one more upgrade succeeds", status == 0, output)
    check("plugin manager: and changes nothing", account.untouched(database) == before)
    manager.run("enable")


def without_a_right(check: Check, database: Database, manager: Manager, user: str) -> None:
    rights = f"ALTER ON `{database.name.replace('_', chr(92) + '_')}`.*"
    database.run(f"REVOKE {rights} FROM '{user}'@'%'")
    for what in ("upgrade", "enable"):
        status, output = manager.run(what)
        told = "数据库账号缺少权限" in output and "ALTER command denied" in output and "再次启用插件" in output
        check(f"plugin manager: {what} without ALTER is refused in words", status == 1 and told, f"{status} {output}")
        check(f"plugin manager: {what} leaves it disabled", not manager.is_enabled())
    database.run(f"GRANT {rights} TO '{user}'@'%'")


def while_another_runs(check: Check, database: Database, manager: Manager) -> None:
    lock = f"CONCAT('chathub.', MD5(CONCAT(DATABASE(), '.', '{database.prefix}')))"
    holder = subprocess.Popen(
        database.client(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    holder.stdin.write(f"SELECT GET_LOCK({lock}, 60); SELECT SLEEP(600);\n".encode())
    holder.stdin.flush()
    deadline = time.monotonic() + 60
    while database.number(f"SELECT IS_USED_LOCK({lock}) IS NOT NULL") == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    status, output = manager.run("enable")
    check("plugin manager: a second click while one runs is told so", status == 1 and "另一次升级还在进行" in output, output)
    holder.kill()
    holder.wait()
    while database.number(f"SELECT IS_USED_LOCK({lock}) IS NOT NULL") == 1 and time.monotonic() < deadline:
        database.run(f"KILL {database.number(f'SELECT IS_USED_LOCK({lock})')}")
