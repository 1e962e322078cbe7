"""A MariaDB server with its own data directory, reachable by socket and by loopback TCP."""

import getpass
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from .process import Failure, free_port, run, start, wait_until

CONFIG = """[mariadbd]
datadir = {data}
# A server that starts clears its temporary files away, those of others in the same folder as well.
tmpdir = {folder}/mariadb-tmp
socket = {socket}
pid-file = {folder}/mariadb.pid
log-error = {log}
port = {port}
bind-address = 127.0.0.1
skip-name-resolve
character-set-server = utf8mb4
sql-mode = ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION
max-connections = 400
innodb-buffer-pool-size = 64M
innodb-log-file-size = 48M
performance-schema = OFF
skip-log-bin
"""


def prepare(folder: Path) -> dict:
    """Makes the data directory and the configuration; gives what start_server needs."""
    socket = folder / "mariadb.sock"
    if len(str(socket)) > 100:  # the system's limit is 107
        socket = Path(tempfile.mkdtemp(prefix="chathub-")) / "mariadb.sock"
    database = {
        "config": str(folder / "mariadb.cnf"),
        "log": str(folder / "log" / "mariadb.log"),
        "host": "127.0.0.1",
        "port": free_port(),
        "socket": str(socket),
    }
    data = folder / "mariadb"
    temporary = folder / "mariadb-tmp"
    temporary.mkdir()
    Path(database["config"]).write_text(
        CONFIG.format(data=data, folder=folder, **{k: database[k] for k in ("socket", "log", "port")})
    )
    run([
        "mariadb-install-db", f"--datadir={data}", f"--tmpdir={temporary}", f"--user={getpass.getuser()}", "--no-defaults",
        "--auth-root-authentication-method=socket", "--skip-test-db", "--skip-name-resolve", "--force",
    ])
    return database


def start_server(database: dict) -> int:
    """Starts the server and waits until it answers; gives its pid."""
    command = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", f"--defaults-file={database['config']}"]
    if os.geteuid() == 0:
        command.append("--user=root")
    log = Path(database["log"])
    process = start(command, log)

    def answers() -> bool:
        ping = ["mariadb-admin", "--no-defaults", f"--socket={database['socket']}", "ping"]
        return subprocess.run(ping, capture_output=True).returncode == 0

    wait_until(answers, process, log, "MariaDB")
    return process.pid


def query(database: dict, sql: str, name: str = "") -> str:
    """Runs SQL as the server's administrator."""
    command = ["mariadb", "--no-defaults", f"--socket={database['socket']}", "--default-character-set=utf8mb4"]
    return run(command + (["-D", name] if name else []), input_text=sql)


def create_account(database: dict, name: str, rights_on: str) -> dict:
    """A database, and an account that may do everything there (or in the pattern given) and nothing else."""
    password = secrets.token_urlsafe(12)
    user = name
    query(database, f"""
        CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
        CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';
        GRANT ALL PRIVILEGES ON {rights_on} TO '{user}'@'%';
    """)
    place = {key: database[key] for key in ("host", "port", "socket")}
    return place | {"name": name, "user": user, "password": password}


def create_reader(database: dict, user: str, rights_on: str) -> dict:
    """An account that may only look."""
    password = secrets.token_urlsafe(12)
    query(database, f"""
        CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';
        GRANT SELECT ON {rights_on} TO '{user}'@'%';
    """)
    return {"user": user, "password": password}


def import_file(database: dict, name: str, file: Path, replace: tuple[str, str]) -> None:
    sql = file.read_text(encoding="utf-8")
    if replace[0] not in sql:
        raise Failure(f"{file} holds no {replace[0]}")
    query(database, sql.replace(*replace), name)
