"""The site itself: the stand-in host or a copy of a real FastAdmin, with the addon installed from its zip."""

import base64
import json
import secrets
import shutil
from pathlib import Path

from . import addon, mariadb
from .process import Failure, run
from .web import php_binary

HOST = addon.ROOT / "tests" / "host"


def lay_out(folder: Path, real: Path | None) -> Path:
    """Puts the site's files into the place."""
    site = folder / "site"
    if real is None:
        shutil.copytree(HOST / "site", site)
        shutil.copytree(HOST / "framework", site / "thinkphp")
        (site / "addons").mkdir()
        return site
    if not (real / "thinkphp" / "base.php").is_file():
        raise Failure(f"{real} is not a FastAdmin that is ready to run: thinkphp/base.php is missing")
    skipped = {str(real): [".git", "runtime"]}
    shutil.copytree(real, site, symlinks=True, ignore=lambda folder, _: skipped.get(folder, []))
    (site / "runtime").mkdir()
    (site / "application" / "admin" / "command" / "Install" / "install.lock").write_text("1")
    return site


def mail_settings(sandbox: dict) -> dict[str, str]:
    """FastAdmin's own mail settings, for the sandbox's mail server."""
    return {
        "mail_type": "1",
        "mail_smtp_host": sandbox["mail_host"],
        "mail_smtp_port": str(sandbox["mail_port_tls"]),
        "mail_smtp_user": sandbox["mail_user"],
        "mail_smtp_pass": sandbox["mail_password"],
        "mail_verify_type": "2",
        "mail_from": sandbox["mail_user"],
    }


def write_mail_settings(site: Path, sandbox: dict) -> None:
    """FastAdmin keeps them in a file that its backend writes anew from the table of settings."""
    file = site / "application" / "extra" / "site.php"
    values = file.read_text(encoding="utf-8").rstrip()
    settings = mail_settings(sandbox)
    known = "".join(line for line in values.splitlines(True) if not line.lstrip().startswith(tuple(f"'{name}'" for name in settings)))
    if not known.endswith("];"):
        raise Failure(f"{file} is not in the form that FastAdmin writes")
    lines = "".join(f"    '{name}' => '{value}',\n" for name, value in settings.items())
    file.write_text(known.removesuffix("];") + lines + "];\n", encoding="utf-8")


def import_tables(server: dict, name: str, site: Path, prefix: str, real: bool) -> None:
    if real:
        file = site / "application" / "admin" / "command" / "Install" / "fastadmin.sql"
        mariadb.import_file(server, name, file, ("`fa_", f"`{prefix}"))
    else:
        mariadb.import_file(server, name, HOST / "schema.sql", ("__PREFIX__", prefix))


def write_env(site: Path, database: dict, lang_switch: bool, debug: bool) -> None:
    """FastAdmin reads .env; quotes keep special characters whole."""
    values = {
        "hostname": database["host"], "database": database["name"], "username": database["user"],
        "password": database["password"], "hostport": database["port"], "prefix": database["prefix"],
    }
    lines = ["[app]", f"debug = {str(debug).lower()}", f"lang_switch_on = {str(lang_switch).lower()}", "", "[database]"]
    lines += [f'{key} = "{value}"' for key, value in values.items()]
    # The literal word "false" must reach the site as a string: parse_ini_file would make it empty.
    text = "\n".join(lines).replace("= true", '= "true"').replace("= false", '= "false"')
    (site / ".env").write_text(text + "\n")


def switch_languages(site: Path) -> None:
    """A real FastAdmin has the switch in its configuration file."""
    config = site / "application" / "config.php"
    text = config.read_text(encoding="utf-8")
    if "'lang_switch_on'         => false" in text:
        config.write_text(text.replace("'lang_switch_on'         => false", "'lang_switch_on'         => true"))


def manage(folder: Path, site: Path, command: str, subject: str, values: dict | None = None) -> None:
    """Runs one command of the plugin manager with the place's php.ini."""
    php = [php_binary(), "-c", str(folder / "php.ini"), str(HOST / "install.php"), str(site), command, subject]
    run(php, input_text=None if values is None else json.dumps(values))


def install_addon(folder: Path, site: Path, archive: Path, name: str, values: dict[str, str]) -> None:
    manage(folder, site, "install", str(archive))
    if values:
        manage(folder, site, "config", name, values)
    manage(folder, site, "enable", name)


WECHAT = (
    "wechat_app_id", "wechat_mch_id", "wechat_api_v3_key", "wechat_cert_path", "wechat_key_path",
    "wechat_public_key_id", "wechat_public_key_path",
)
PLATFORMS = (
    "amazon_application_id", "amazon_client_id", "amazon_client_secret", "jd_app_key", "jd_app_secret",
    "taobao_app_key", "taobao_app_secret", "pdd_client_id", "pdd_client_secret", "tiktok_client_key", "tiktok_client_secret",
)


def sandbox_values(sandbox: dict, base_url: str) -> dict[str, str]:
    """The addon's configuration for the sandbox providers and platforms."""
    return {
        "public_base_url": base_url,
        "gateway_aes_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "provision_server_url": sandbox["provision_url"],
        "provision_api_key": sandbox["provision_api_key"],
        "alipay_enabled": "1",
        "alipay_sandbox": "1",
        "alipay_app_id": sandbox["app_id"],
        "alipay_seller_id": sandbox["seller_id"],
        "alipay_merchant_private_key": sandbox["app_private_key"],
        "alipay_public_key": sandbox["alipay_public_key"],
        "wechat_enabled": "1",
        "wechat_sandbox": "1",
    } | {name: sandbox[name] for name in WECHAT + PLATFORMS}
