"""The site's MariaDB as its administrator sees it, through the server's own client."""

import json
import os
import subprocess
from pathlib import Path


class Database:
    def __init__(self, env: dict):
        self.name = env["db"]["name"]
        self.prefix = env["db"]["prefix"]
        self._client = [
            "mariadb", "--no-defaults", f"--socket={env['mariadb']['socket']}", "--default-character-set=utf8mb4",
            "--batch", "--skip-column-names", "--quick", "--init-command=SET SESSION sql_mode = ''",
        ]

    def client(self, name: str | None = None) -> list[str]:
        return [*self._client, "-D", name or self.name]

    def run(self, sql: str, name: str | None = None) -> list[list[bytes]]:
        """The rows of all results, each value as the client escapes it; NULL is b"NULL"."""
        done = subprocess.run(self.client(name), input=sql.encode(), capture_output=True)
        if done.returncode != 0:
            raise SystemExit(f"{sql[:300]}…\n{done.stderr.decode()}")
        return [line.split(b"\t") for line in done.stdout.split(b"\n")[:-1]]

    def texts(self, sql: str, name: str | None = None) -> list[str]:
        return ["|".join(value.decode() for value in row) for row in self.run(sql, name)]

    def number(self, sql: str, name: str | None = None) -> int:
        return int(self.run(sql, name)[0][0])

    def table(self, name: str) -> str:
        return f"{self.prefix}chathub_{name}"

    def tables(self) -> list[str]:
        """Every table of ours that there is, and the host's members."""
        pattern = self.prefix.replace("_", r"\_")
        return self.texts(
            f"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
            f"(TABLE_NAME LIKE '{pattern}chathub\\_%' OR TABLE_NAME = '{self.prefix}user') ORDER BY TABLE_NAME"
        )


def environment() -> dict:
    return json.loads(Path(os.environ["CHATHUB_ENV"]).read_text())
