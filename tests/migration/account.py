"""What a database holds, counted and fingerprinted column by column; shares no code with what migrates."""

import hashlib
import json

from database import Database


def columns(database: Database, table: str, name: str | None = None) -> list[str]:
    return database.texts(
        f"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() "
        f"AND TABLE_NAME = '{table}' ORDER BY ORDINAL_POSITION", name
    )


def values(database: Database, table: str, names: list[str], name: str | None = None) -> dict[str, str]:
    """For each column: rows, values that are not null, and a sum over a hash of each value with its row's id."""
    key = "id" if "id" in names else names[0]
    parts = ", ".join(
        f"COUNT(`{column}`), COALESCE(SUM(CAST(CONV(LEFT(MD5(CONCAT(`{key}`, ':', "
        f"IFNULL(CAST(`{column}` AS BINARY), '(null)'))), 15), 16, 10) AS UNSIGNED)), 0)"
        for column in names
    )
    row = [value.decode() for value in database.run(f"SELECT COUNT(*), {parts} FROM `{table}`", name)[0]]
    return {column: f"{row[0]} rows {row[1 + 2 * i]} values {row[2 + 2 * i]}" for i, column in enumerate(names)}


def rows(database: Database, table: str, names: list[str]) -> str:
    """How many rows, and a sum over a hash of each."""
    whole = ", ".join(f"IFNULL(CAST(`{column}` AS BINARY), '(null)')" for column in names)
    return database.texts(
        f"SELECT COUNT(*), COALESCE(SUM(CAST(CONV(LEFT(MD5(CONCAT_WS('|', {whole})), 15), 16, 10) AS UNSIGNED)), 0) "
        f"FROM `{table}`"
    )[0]


def layout(database: Database) -> list[str]:
    """Columns and indexes of ours, by name; the order of columns is nobody's business."""
    return database.texts(
        f"SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_SET_NAME, EXTRA "
        f"FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '%chathub%' "
        f"ORDER BY TABLE_NAME, COLUMN_NAME; "
        f"SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART "
        f"FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '%chathub%' "
        f"ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX; "
        f"SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES "
        f"WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '%chathub%' ORDER BY TABLE_NAME"
    )


def untouched(database: Database) -> list[str]:
    """Everything that a run could leave a trace in: checksums, counters, times and definitions."""
    tables = database.tables()
    rows = database.texts("CHECKSUM TABLE " + ", ".join(f"`{table}`" for table in tables))
    for table in tables:
        rows += database.texts(f"SHOW CREATE TABLE `{table}`")
    return rows + database.texts(
        "SELECT TABLE_NAME, AUTO_INCREMENT, CREATE_TIME, UPDATE_TIME FROM information_schema.TABLES "
        "WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME"
    )


def end_state(database: Database) -> dict[str, object]:
    """All rows of all tables of ours, and their layout; not the record of what ran when."""
    state: dict[str, object] = {"layout": layout(database)}
    for table in database.tables():
        if table != database.table("migration"):
            state[table] = rows(database, table, columns(database, table))
    return state


def configs(database: Database, name: str | None = None) -> dict[int, str | None]:
    rows = database.run(f"SELECT id, HEX(config) FROM `{database.table('tenant')}`", name)
    text = lambda value: None if value == b"NULL" else bytes.fromhex(value.decode()).decode()
    return {int(row[0]): text(row[1]) for row in rows}


def without_passwords(value):
    if isinstance(value, dict):
        return {key: without_passwords(inner) for key, inner in value.items() if key != "initial_password"}
    return value


def expected(text: str | None) -> tuple[str, object]:
    """What a config must have become: the same text, or another text of a known value."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return "text", text
    inner = value
    while isinstance(inner, str):
        try:
            inner = json.loads(inner)
        except ValueError:
            return "text", text
    if not isinstance(inner, (dict, list)):
        return "text", text
    clean = without_passwords(inner)
    return ("value", clean) if isinstance(value, str) or clean != inner else ("text", text)


def wrong_configs(before: dict[int, str | None], after: dict[int, str | None]) -> list[int]:
    """The tenants whose config is not what it must be."""
    def fits(old: str | None, new: str | None) -> bool:
        kind, wanted = expected(old)
        if kind == "text":
            return new == wanted
        # Numbers are compared as they are written, members in their order.
        dump = lambda text: json.dumps(json.loads(text, parse_float=str, parse_int=str))
        source = json.loads(old, parse_float=str, parse_int=str)
        while isinstance(source, str):
            source = json.loads(source, parse_float=str, parse_int=str)
        return new is not None and dump(new) == json.dumps(without_passwords(source))

    if before.keys() != after.keys():
        return sorted(before.keys() ^ after.keys())
    return [tenant for tenant, old in before.items() if not fits(old, after[tenant])]


def digest(state: object) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
