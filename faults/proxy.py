"""nginx before the web server, as deploy/nginx.conf has it, but for TLS and addresses."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from couponadmin.embedded.guards import healthy
from couponadmin.embedded.process import Process
from faults.installation import HOST, ROOT, CannotTry, Installation, free_port

START_SECONDS = 10
AROUND = """
daemon off;
pid {home}/nginx.pid;
error_log {home}/nginx-errors.log;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
access_log off;
client_body_temp_path {home}/nginx-bodies;
proxy_temp_path {home}/nginx-proxy;
fastcgi_temp_path {home}/nginx-fastcgi;
uwsgi_temp_path {home}/nginx-uwsgi;
scgi_temp_path {home}/nginx-scgi;
{servers}
}}
"""


def missing(at: Installation) -> str:
    """Why this cannot be tried; empty if it can."""
    return "" if shutil.which("nginx") else "nginx is not installed"


@contextmanager
def behind_nginx(at: Installation) -> Iterator[Installation]:
    """The same platform, reached through nginx."""
    port, home = free_port(), at.var.parent
    servers = (ROOT / "deploy/nginx.conf").read_text()
    servers = servers.replace("listen 443 ssl", f"listen {HOST}:{port}")
    servers = servers.replace("127.0.0.1:8000", f"{HOST}:{at.port}")
    servers = re.sub(r"^ *ssl_.*\n", "", servers, flags=re.MULTILINE)
    file = home / "nginx.conf"
    file.write_text(AROUND.format(home=home, servers=servers))
    nginx = Process("nginx", (str(shutil.which("nginx")), "-c", str(file)), home / "nginx.log")
    nginx.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not healthy(HOST, port):
            if time.monotonic() > deadline:
                raise CannotTry(f"nginx did not start:\n{nginx.last_lines()}")
            time.sleep(0.1)
        yield at._replace(port=port)
    finally:
        nginx.stop()
