"""Notifications through nginx and php-fpm: throughput against a twin, and acknowledgements while provisioning hangs."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
ROUTE = "/addons/chathub/index/payNotify/pay_method/"
SUCCESS = {"alipay": "success", "wechat": '{"code":"SUCCESS","message":"OK"}'}
TWIN = {"alipay": "bench-twin.php", "wechat": "bench-twin-wechat.php"}
WECHAT = ("app_id", "mch_id", "api_v3_key", "cert_path", "key_path", "public_key_id", "public_key_path")
CONNECTIONS = 8


def php_string(text: str) -> str:
    return "'" + str(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def put_scripts(env: dict, database: dict | None = None, sandbox: dict | None = None) -> None:
    """The stand-alone scripts, beside the site's entry file."""
    public = Path(env["site_root"]) / "public"
    database, sandbox = database or env["db"], sandbox or env["sandbox"]
    settings = {
        "database": {
            "hostname": database["host"], "hostport": database["port"], "database": database["name"],
            "username": database["user"], "password": database["password"], "prefix": database["prefix"],
        },
        "config": {
            "timezone": "Asia/Shanghai", "alipay_enabled": "1", "alipay_sandbox": "1",
            "alipay_app_id": sandbox["app_id"], "alipay_seller_id": sandbox["seller_id"],
            "alipay_merchant_private_key": sandbox["app_private_key"], "alipay_public_key": sandbox["alipay_public_key"],
            "wechat_enabled": "1",
        } | {f"wechat_{name}": sandbox[f"wechat_{name}"] for name in WECHAT},
    }
    written = ", ".join(
        f"{php_string(part)} => [" + ", ".join(f"{php_string(k)} => {php_string(v)}" for k, v in values.items()) + "]"
        for part, values in settings.items()
    )
    for script in (HERE / "site").glob("*.php"):
        shutil.copy(script, public / f"bench-{script.name}")
    (public / "bench-settings.php").write_text(f"<?php\n\nreturn [{written}];\n")


def prepare(env_file: Path, count: int, status: str, provider: str = "alipay") -> list[dict]:
    command = ["php", str(HERE / "prepare.php"), str(env_file), str(count), status, provider]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == count, lines[:3]
    return [json.loads(line) for line in lines]


def load(url: str, messages: list[dict], expect: str = SUCCESS["alipay"], connections: int = CONNECTIONS, pause_ms: int = 0) -> dict:
    plan = json.dumps({"url": url, "connections": connections, "messages": messages, "expect": expect, "pause_ms": pause_ms})
    done = subprocess.run(["node", str(HERE / "load.mjs")], input=plan, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: the load on {url} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def workers(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def settled(env: dict, provider: str) -> int:
    """Payments that had their whole effect, whoever handled them."""
    database = env["db"]
    sql = "SELECT COUNT(*) FROM {p}chathub_order o JOIN {p}chathub_payment p ON p.order_no = o.order_no " \
        "JOIN {p}chathub_tenant t ON t.id = o.tenant_id JOIN {p}chathub_log l ON l.tenant_id = t.id " \
        "WHERE o.status = 'paid' AND p.outcome = 'credited' AND t.status = 'active' AND o.expire_at = t.expire_at " \
        "AND o.pay_trade_no = p.trade_no AND p.amount_fen = 5000 AND p.provider = '{provider}' AND o.pay_method = '{provider}' " \
        "AND l.action = 'pay_notify_{provider}' AND l.status = 'success'"
    command = ["mariadb", "--no-defaults", "-N", f"--socket={database['socket']}", f"--user={database['user']}",
               f"--password={database['password']}", database["name"], "-e", sql.format(p=database["prefix"], provider=provider)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def throughput(env: dict, env_file: Path, provider: str, rounds: int, per_round: int) -> dict:
    """Requests per second and CPU milliseconds of php-fpm per request, per contender and round."""
    urls = {
        "hub": f"{env['base_url']}/bench-hub.php?provider={provider}",
        "twin": f"{env['base_url']}/{TWIN[provider]}",
        "addon": f"{env['base_url']}{ROUTE}{provider}",
    }
    figures = {name: {"per_second": [], "cpu_ms": []} for name in urls}
    pool = workers(env["fpm_pid"])
    for url in urls.values():
        load(url, prepare(env_file, 80, "active", provider), SUCCESS[provider])
    for number in range(rounds):
        order = list(urls.items())
        # No contender always comes first.
        for name, url in order[number % 3:] + order[:number % 3]:
            messages = prepare(env_file, per_round, "active", provider)
            already, began = settled(env, provider), cpu_seconds(pool)
            took = load(url, messages, SUCCESS[provider])["seconds"]
            figures[name]["per_second"].append(per_round / took)
            figures[name]["cpu_ms"].append((cpu_seconds(pool) - began) * 1000 / per_round)
            done = settled(env, provider) - already
            assert done == per_round, f"{name}: {done} payments had their effect, not {per_round}"
    return figures


def control(sandbox: dict, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sandbox["control"] + "/provision", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def acknowledgements(env: dict, env_file: Path, rounds: int, per_round: int) -> dict:
    """Milliseconds until the answer through the whole site; each notification leaves work that calls the service."""
    times = {"ok": [], "hang": []}
    calls = {"ok": 0, "hang": 0}
    url = f"{env['base_url']}{ROUTE}alipay"
    for _ in range(rounds):
        for mode in times:
            control(env["sandbox"], {"mode": mode})
            messages = prepare(env_file, per_round, "pending")
            before = len(control(env["sandbox"])["requests"])
            times[mode] += load(url, messages, connections=2, pause_ms=20)["ms"]
            wait_until_idle(env["sandbox"])
            calls[mode] += len(control(env["sandbox"])["requests"]) - before
    control(env["sandbox"], {"mode": "ok"})
    return {"ms": times, "calls": calls}


def wait_until_idle(sandbox: dict) -> None:
    for _ in range(600):
        if control(sandbox)["in_flight"] == 0:
            return
        time.sleep(0.1)
    raise SystemExit("bench: calls to the provisioning service never end")
