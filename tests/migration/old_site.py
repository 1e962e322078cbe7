"""Databases of earlier versions at any size, with the dirt that is found in the field."""

import re
from pathlib import Path

from database import Database

LAYOUTS = Path(__file__).resolve().parents[1] / "app" / "layouts"
TEMPLATE = "chathub_old"

# Plain; with the clear-text password; encoded twice, with and without it; what is no JSON; nothing.
CONFIG = """
  CASE seq % 12
    WHEN 0 THEN CONCAT('{{"plan":"pro","initial_password":"pw-', seq, '\\\\"x","price":60,"notes":"\\\\u516c\\\\u53f8 ', seq, '"}}')
    WHEN 1 THEN JSON_QUOTE(CONCAT('{{"plan":"basic","notes":"a \\\\"b\\\\" ', seq, '"}}'))
    WHEN 2 THEN JSON_QUOTE(CONCAT('{{"initial_password":"pw-', seq, '","plan":"enterprise","seats":3}}'))
    WHEN 3 THEN NULL
    WHEN 4 THEN ''
    WHEN 5 THEN CONCAT('initial_password is ', seq)
    WHEN 6 THEN '[]'
    WHEN 7 THEN CONCAT('{{"plan":"pro","initial_password":"', seq)
    WHEN 8 THEN CONCAT('{{"member":{{"initial_password":"pw-', seq, '","n":1.50}},"plan":"pro"}}')
    WHEN 9 THEN JSON_QUOTE(CONCAT('just text ', seq))
    ELSE CONCAT('{{"plan":"pro", "price":60, "notes":"𠮷 <b>&amp;</b> ', seq, '"}}')
  END"""

TENANT_15 = """INSERT INTO {tenant} (id, tenant_name, domain, email, inbox_id, inbox_token, agent_id, agent_cw_id,
  agent_cw_password, agent_name, channel_type, status, config, embed_code, api_credentials, provisioned_at,
  last_active_at, createtime, updatetime)
SELECT seq, CONCAT('公司 𠮷 ', seq), CONCAT('shop-', seq, '.cn'), CONCAT('m', seq % 5000, '@shop.cn'),
  IF(seq % 3, seq, NULL), IF(seq % 3, MD5(seq), NULL), IF(seq % 3, CONCAT('agent-', seq), NULL), IF(seq % 3, seq, NULL),
  IF(seq % 3, CONCAT('cw-', seq), NULL), IF(seq % 5, CONCAT('客服 ', seq), NULL), ELT(1 + seq % 4, 'web_widget', 'api', NULL, ''),
  ELT(1 + seq % 6, 'pending', 'active', 'suspended', 'disabled', NULL, ''), """ + CONFIG + """,
  IF(seq % 3, CONCAT('<script src="https://x/', seq, '"></script>'), ''), IF(seq % 7, NULL, '{{"k":"v"}}'),
  IF(seq % 4, FROM_UNIXTIME(1700000000 + seq), '0000-00-00 00:00:00'), IF(seq % 9, NULL, '2024-00-10 00:00:00'),
  1700000000 + seq, IF(seq % 2, NULL, 1700000000 + seq)
FROM seq_1_to_{tenants};
DELETE FROM {tenant} WHERE id % 97 = 0;
UPDATE {tenant} SET id = 0 WHERE id = 1;
"""

# What the later layout has besides, on top of the same rows.
TENANT_18 = TENANT_15 + """
UPDATE {tenant} SET user_id = IF(id % 10, 1 + id % 5000, NULL), team_id = IF(id % 3, id, NULL), max_agents = IF(id % 50, id % 4, NULL),
  channel_type = IF(id % 11, channel_type, 'taobao'), status = IF(id % 8, status, 'provisioning'),
  expire_at = CASE id % 6 WHEN 0 THEN NULL WHEN 1 THEN '0000-00-00 00:00:00' ELSE FROM_UNIXTIME(1750000000 + id) END;
"""

ORDER = """INSERT INTO {order} SELECT seq, CONCAT('CH', 20250101000000 + seq), 1 + seq % {tenants}, 1 + seq % 5000,
  ELT(1 + seq % 4, 'basic', 'pro', 'enterprise', 'gold'), 50 + seq / 100, ELT(1 + seq % 3, 'alipay', 'wechat', NULL),
  IF(seq % 3, CONCAT('T', seq), NULL), ELT(1 + seq % 5, 'pending', 'pending', 'paid', 'failed', ''),
  CASE seq % 5 WHEN 2 THEN FROM_UNIXTIME(1736000000 + seq) WHEN 3 THEN '0000-00-00 00:00:00' ELSE NULL END, NULL,
  1736000000 + seq, IF(seq % 2, NULL, 1736000000 + seq) FROM seq_1_to_{orders};
"""

LOG = """INSERT INTO {log} SELECT seq, seq % {tenants}, ELT(1 + seq % 3, 'register', 'renew', 'pay_notify_wechat'),
  IF(seq % 3, CONCAT('{{"raw":"<xml>', seq, '</xml>"}}'), NULL), ELT(1 + seq % 3, 'success', 'failed', ''),
  IF(seq % 2, 'system', NULL), 1736000000 + seq FROM seq_1_to_{logs};
"""

SHOPS = """INSERT INTO {channel_account} SELECT seq, 1 + seq % {tenants}, ELT(1 + seq % 3, 'jd', 'pdd', ''), seq, CONCAT('店 ', seq),
  IF(seq % 2, CONCAT('{{"app_key":"', seq, '"}}'), UNHEX(SHA2(seq, 512))), NULL, 'active', NULL, '0000-00-00 00:00:00', NULL, 1, 1
  FROM seq_1_to_{shops};
INSERT INTO {gateway_log} SELECT seq, seq, 'pdd', SHA2(seq, 256), 'cache_hit', seq, NULL, seq FROM seq_1_to_{shops};
"""

MEMBERS = """INSERT INTO {user} (username, nickname, password, salt, email, status, createtime)
SELECT CONCAT('m', seq), '会员', MD5(seq), 'abcdef', CONCAT('m', seq, '@shop.cn'), 'normal', 1 FROM seq_1_to_{members};
"""

DATA = {"v1.5": TENANT_15 + LOG + MEMBERS, "v1.8": TENANT_18 + ORDER + LOG + SHOPS + MEMBERS}


def make(database: Database, version: str, sizes: dict[str, int]) -> None:
    """Makes the template: the layout's tables, filled, in a database of their own."""
    database.run(f"DROP DATABASE IF EXISTS {TEMPLATE}; CREATE DATABASE {TEMPLATE} CHARACTER SET utf8mb4")
    layout = (LAYOUTS / f"{version}.sql").read_text(encoding="utf-8")
    creates = [statement for statement in layout.split(";\n") if statement.strip().startswith("CREATE")]
    names = [re.search(r"#(\w+)", statement)[1] for statement in creates]
    user = f"{database.prefix}user"
    database.run(f"CREATE TABLE `{user}` LIKE `{database.name}`.`{user}`", TEMPLATE)
    # FastAdmin's column as it comes; an earlier run of ours may have widened it.
    database.run(f"ALTER TABLE `{user}` MODIFY password varchar(32) DEFAULT ''", TEMPLATE)
    tables = {name: f"`{database.table(name)}`" for name in names} | {"user": f"`{user}`"}
    for statement in creates:
        database.run(re.sub(r"#(\w+)", lambda found: tables[found[1]], statement), TEMPLATE)
    database.run(DATA[version].format(**tables, **sizes), TEMPLATE)


def _facts(database: Database, table: str, name: str | None) -> tuple[list[str], bytes]:
    """Definition, counter and contents."""
    return database.texts(f"SHOW CREATE TABLE `{table}`", name), database.run(f"CHECKSUM TABLE `{table}`", name)[0][1]


def restore(database: Database) -> None:
    """Puts the site back to the template; a table that still is what it was there is left."""
    old = database.texts("SHOW TABLES", TEMPLATE)
    there = database.tables()
    kept = [table for table in old if table in there and _facts(database, table, None) == _facts(database, table, TEMPLATE)]
    drops = "".join(f"DROP TABLE `{table}`;" for table in there if table not in kept)
    copies = "".join(
        f"CREATE TABLE `{table}` LIKE `{TEMPLATE}`.`{table}`; INSERT INTO `{table}` SELECT * FROM `{TEMPLATE}`.`{table}`;"
        for table in old if table not in kept
    )
    # Without these checks an empty table is filled in bulk; a row numbered 0 stays so.
    database.run(
        "SET SESSION unique_checks = 0, foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO';" + drops + copies
    )
