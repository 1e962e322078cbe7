"""php-fpm and nginx in front of a site's public directory, and its background workers."""

import os
import shutil
import subprocess
from pathlib import Path

from .process import Failure, port_answers, start, wait_until

PHP_INI = """; Written by scripts/services.py for this place; used by php-fpm and, with -c, by scripts.
error_reporting = -1
display_errors = Off
log_errors = On
error_log = {folder}/log/php.log
memory_limit = 256M
output_buffering = 4096
post_max_size = 8M
date.timezone = Asia/Shanghai
session.save_path = {folder}/sessions
sys_temp_dir = {folder}/tmp
sendmail_path = /bin/false
opcache.enable = 1
opcache.revalidate_freq = 0
{extra}
"""

# Hosting panels forbid these by default, so nothing may need them.
FORBIDDEN = "exec,passthru,popen,proc_open,shell_exec,system,pcntl_exec"

FPM = """[global]
pid = {folder}/php-fpm.pid
error_log = {folder}/log/php-fpm.log
daemonize = no
[www]
listen = 127.0.0.1:{port}
listen.backlog = 1024
pm = static
pm.max_children = {workers}
catch_workers_output = yes
php_admin_value[disable_functions] = {forbidden}
{user}
"""

NGINX = """{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/log/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/log/access.log;
  client_body_temp_path {folder}/tmp/body;
  fastcgi_temp_path {folder}/tmp/fastcgi;
  proxy_temp_path {folder}/tmp/proxy;
  scgi_temp_path {folder}/tmp/scgi;
  uwsgi_temp_path {folder}/tmp/uwsgi;
  client_max_body_size 8m;
  types {{
    text/html html; text/css css; application/javascript js; image/svg+xml svg; image/png png;
    font/woff2 woff2; application/json json;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    root {public};
    index index.php;
    # FastAdmin's own rewrite: the path travels in ?s=.
    location / {{
      if (!-e $request_filename) {{ rewrite ^(.*)$ /index.php?s=$1 last; }}
    }}
    location ~ \\.php$ {{
      fastcgi_pass 127.0.0.1:{fpm_port};
      fastcgi_read_timeout 120s;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param DOCUMENT_ROOT $document_root;
      fastcgi_param DOCUMENT_URI $document_uri;
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_SCHEME $scheme;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param SERVER_SOFTWARE nginx;
      fastcgi_param SERVER_ADDR $server_addr;
      fastcgi_param SERVER_PORT $server_port;
      fastcgi_param SERVER_NAME $host;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param REMOTE_PORT $remote_port;
      fastcgi_param REDIRECT_STATUS 200;
    }}
  }}
}}
"""


def php_binary() -> str:
    return os.environ.get("PHP") or shutil.which("php") or "php"


def fpm_binary() -> str:
    """The php-fpm of the same version as the php on the command line."""
    found = os.environ.get("PHP_FPM")
    if not found:
        version = subprocess.run(
            [php_binary(), "-n", "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"], capture_output=True, text=True
        ).stdout
        found = shutil.which(f"php-fpm{version}") or shutil.which("php-fpm") or shutil.which(f"/usr/sbin/php-fpm{version}")
    if not found:
        raise Failure("php-fpm is not installed; run scripts/deps.sh")
    return found


def write_php_ini(folder: Path, extension: Path | None, settings: dict[str, str]) -> Path:
    lines = [f"extension = {extension}"] if extension else []
    lines += [f'{name} = "{value}"' for name, value in settings.items()]
    ini = folder / "php.ini"
    ini.write_text(PHP_INI.format(folder=folder, extra="\n".join(lines)))
    return ini


def start_fpm(folder: Path, port: int, workers: int) -> int:
    is_root = os.geteuid() == 0
    config = folder / "php-fpm.conf"
    config.write_text(FPM.format(
        folder=folder, port=port, workers=workers, forbidden=FORBIDDEN,
        user="user = root\ngroup = root" if is_root else "",
    ))
    command = [fpm_binary(), "-F", "-y", str(config), "-c", str(folder / "php.ini")] + (["-R"] if is_root else [])
    log = folder / "log" / "php-fpm.log"
    process = start(command, log)
    wait_until(lambda: port_answers(port), process, log, "php-fpm")
    return process.pid


def start_nginx(folder: Path, port: int, fpm_port: int, public: Path) -> int:
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(
        folder=folder, port=port, fpm_port=fpm_port, public=public, user="user root;" if os.geteuid() == 0 else ""
    ))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    log = folder / "log" / "nginx.log"
    process = start([binary, "-c", str(config), "-p", str(folder), "-e", str(log)], log)
    wait_until(lambda: port_answers(port), process, log, "nginx")
    return process.pid


def start_worker(folder: Path, site: Path, name: str, concurrency: int) -> int:
    """`php think chathub work`, as an administrator's process manager runs it."""
    log = folder / "log" / f"{name}.log"
    log.write_text("")
    command = [php_binary(), "-c", str(folder / "php.ini"), str(site / "think"), "chathub", "work"]
    process = start(command + ["--concurrency", str(concurrency)], log, cwd=folder)
    wait_until(lambda: "后台任务已启动" in log.read_text(errors="replace"), process, log, "the worker")
    return process.pid
