"""One place: its folder, its processes, and env.json, which tells everybody else about them."""

import argparse
import json
import re
import shutil
import signal
import urllib.request
from pathlib import Path

from . import addon, mariadb, process, site, web
from .process import Failure


class Place:
    def __init__(self, name: str):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
            raise Failure(f"a name of small letters, digits, - and _ is needed, not {name!r}")
        self.folder = addon.ROOT / "var" / name
        self.file = self.folder / "env.json"
        self.env: dict = json.loads(self.file.read_text()) if self.file.is_file() else {"processes": {}}

    def is_running(self) -> bool:
        """Whether all services are there; workers come and go."""
        alive = [self._is_alive(service) for service in self.env["processes"] if service not in self.workers()]
        return bool(alive) and all(alive)

    def workers(self) -> list[str]:
        return [service for service in self.env["processes"] if service.startswith("worker")]

    def start_workers(self, count: int, concurrency: int) -> None:
        """Brings the number of background workers that run to `count`; never stops one."""
        for name in [name for name in self.workers() if not self._is_alive(name)]:
            self.stop_service(name)
        free = (name for name in (f"worker{number}" for number in range(1, 1000)) if name not in self.workers())
        while len(self.workers()) < count:
            name = next(free)
            self._remember(name, web.start_worker(self.folder, Path(self.env["site_root"]), name, concurrency))

    def down(self) -> None:
        """Stops what runs, in the order in which nobody misses anybody; the folder stays for its logs."""
        for worker in self.workers():
            self.stop_service(worker, seconds=60)
        for service in ("nginx", "php_fpm", "sandbox", "mariadb"):
            if service in self.env["processes"]:
                self.stop_service(service)

    def up(self, options: argparse.Namespace, real: Path | None) -> None:
        if options.keep and self.is_running():
            return
        self._fresh()
        try:
            self._start_everything(options, real)
        except BaseException:
            self.down()
            raise

    def database_only(self) -> dict:
        """MariaDB alone, with an account that may make any database whose name begins with chathub_test."""
        self._fresh()
        try:
            self._start_mariadb()
            account = mariadb.create_account(self.env["mariadb"], "chathub_test", r"`chathub\_test%`.*")
        except BaseException:
            self.down()
            raise
        reader = mariadb.create_reader(self.env["mariadb"], "chathub_reader", r"`chathub\_test%`.*")
        self.env["db"] = account | {"prefix": "fa_", "reader": reader}
        self._save()
        return self.env["db"]

    def stop_service(self, service: str, how: int = signal.SIGTERM, seconds: float = 20) -> None:
        entry = self.env["processes"].pop(service, None)
        self.env.pop(self._short(service), None)
        if entry:
            # php-fpm and nginx let requests finish on QUIT; on TERM they drop them, which is quick.
            process.stop(entry["pid"], entry["began"], seconds=seconds, how=how)
            self._save()

    def start_service(self, service: str) -> None:
        """Starts a stopped service again, at its old address."""
        if service in self.env["processes"]:
            raise Failure(f"{service} runs already")
        starters = {"mariadb": self._run_mariadb, "php_fpm": self._run_fpm, "nginx": self._run_nginx}
        starters[service]()

    def _is_alive(self, service: str) -> bool:
        entry = self.env["processes"][service]
        return process.started_at(entry["pid"]) == entry["began"]

    def _fresh(self) -> None:
        self.down()
        socket = self.env.get("mariadb", {}).get("socket", "")
        if socket and not socket.startswith(str(self.folder)):
            shutil.rmtree(Path(socket).parent, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in ("log", "tmp", "sessions"):
            (self.folder / part).mkdir(parents=True)
        self.env = {"processes": {}}

    def _start_everything(self, options: argparse.Namespace, real: Path | None) -> None:
        env = self.env
        env["name"] = self.folder.name
        env["host"] = "fastadmin" if real else "standin"
        self._start_mariadb()
        database = mariadb.create_account(env["mariadb"], "chathub_site", "`chathub\\_site`.*")
        env["db"] = database | {"prefix": options.prefix}
        sandbox = {} if options.no_sandbox else self._start_sandbox()

        root = site.lay_out(self.folder, real)
        site.import_tables(env["mariadb"], database["name"], root, options.prefix, real is not None)
        site.write_env(root, env["db"], options.lang_switch, options.debug)
        if options.lang_switch:
            site.switch_languages(root)
        if sandbox:
            site.write_mail_settings(root, sandbox)
        env["site_root"] = str(root)
        self._write_ini(options, sandbox)

        env["ports"] = {"php_fpm": process.free_port(), "nginx": process.free_port()}
        env["fpm_workers"] = options.workers
        env["base_url"] = f"http://127.0.0.1:{env['ports']['nginx']}"
        self._install(options, root, sandbox)
        if sandbox:
            self._register_at_platforms(sandbox)
        self._run_fpm()
        self._run_nginx()

    def _write_ini(self, options: argparse.Namespace, sandbox: dict) -> None:
        extension = None if options.no_extension else options.extension.resolve()
        if extension and not extension.is_file():
            raise Failure(f"{extension} is not built: make extension, or --no-extension")
        if extension:
            # A copy: a build that goes on meanwhile must not change what runs here.
            extension = Path(shutil.copy(extension, self.folder / "chathub.so"))
        providers = {}
        if sandbox and extension:
            providers = {
                "chathub.alipay_gateway": sandbox["alipay_gateway"],
                "chathub.wechat_base": sandbox["wechat_base"],
                "chathub.oauth_base": sandbox["oauth_base"],
                "chathub.mail_ca_file": sandbox["mail_ca_path"],
            }
        settings = providers | dict(item.split("=", 1) for item in options.ini)
        self.env["php_ini"] = str(web.write_php_ini(self.folder, extension, settings))
        self.env["php_error_log"] = str(self.folder / "log" / "php.log")
        self.env["framework_log"] = str(self.folder / "site" / "runtime" / "log")
        self.env["access_log"] = str(self.folder / "log" / "access.log")
        self.env["extension"] = extension and str(extension)

    def _install(self, options: argparse.Namespace, root: Path, sandbox: dict) -> None:
        if options.no_addon:
            return
        values = dict(item.split("=", 1) for item in options.set)
        archive = self.folder / "addon.zip"
        if options.addon:
            addon.zip_folder(options.addon, archive, {})
            name = options.addon.name
        else:
            addon.package(archive)
            name = "chathub"
            values = (site.sandbox_values(sandbox, self.env["base_url"]) if sandbox else {}) | values
        site.install_addon(self.folder, root, archive, name, values)
        self.env["addon_root"] = str(root / "addons" / name)

    def _start_mariadb(self) -> None:
        self.env["mariadb"] = mariadb.prepare(self.folder)
        self._run_mariadb()

    def _start_sandbox(self) -> dict:
        server = addon.ROOT / "tests" / "sandbox" / "server.mjs"
        folder = self.folder / "sandbox"
        folder.mkdir()
        facts = folder / "sandbox.json"
        log = self.folder / "log" / "sandbox.log"
        preload = str(Path(__file__).with_name("node18.cjs"))
        node = process.start(["node", "--require", preload, str(server), "--dir", str(folder)], log)
        process.wait_until(facts.is_file, node, log, "the sandbox")
        self._remember("sandbox", node.pid)
        self.env["sandbox"] = json.loads(facts.read_text())
        self.env["sandbox_dir"] = str(folder)
        self._save()
        return self.env["sandbox"]

    def _register_at_platforms(self, sandbox: dict) -> None:
        """Where shop owners come back to after they agreed: part of an application's registration at a platform."""
        address = f"{self.env['base_url']}/addons/chathub/index/channelCallback"
        request = urllib.request.Request(
            f"{sandbox['control']}/platforms/register", json.dumps({"redirect_uris": [address]}).encode(),
            {"Content-Type": "application/json"},
        )
        # No proxy of the environment: the sandbox is on this machine.
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()

    def _run_mariadb(self) -> None:
        self._remember("mariadb", mariadb.start_server(self.env["mariadb"]))

    def _run_fpm(self) -> None:
        port = self.env["ports"]["php_fpm"]
        self._remember("php_fpm", web.start_fpm(self.folder, port, self.env["fpm_workers"]))

    def _run_nginx(self) -> None:
        ports = self.env["ports"]
        public = Path(self.env["site_root"]) / "public"
        self._remember("nginx", web.start_nginx(self.folder, ports["nginx"], ports["php_fpm"], public))

    def _remember(self, service: str, pid: int) -> None:
        self.env["processes"][service] = {"pid": pid, "began": process.started_at(pid)}
        self.env[self._short(service)] = pid
        self._save()

    @staticmethod
    def _short(service: str) -> str:
        return "fpm_pid" if service == "php_fpm" else f"{service}_pid"

    def _save(self) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.env, indent=2, ensure_ascii=False) + "\n")
        draft.chmod(0o600)
        draft.replace(self.file)
