"""The platform that is measured: a database and a web server of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from couponadmin.embedded import postgres
from couponadmin.embedded.supervisor import Supervisor
from couponadmin.management.commands.run import WEB, child, wait_until_healthy

HOST = "127.0.0.1"
# What is stored is stored. The log may be asked for statements with their values: made-up ones.
SETTINGS = {
    **postgres.SETTINGS,
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "log_line_prefix": "",
    "log_error_verbosity": "default",
}


class Platform(NamedTuple):
    """Where it is reached; where PostgreSQL's programs are, and what it logs."""

    url: str
    programs: Path
    database_log: Path
    web_log: Path


@contextmanager
def platform() -> Iterator[Platform]:
    """Run database and web server as `manage.py run` does; needs an `installation`."""
    supervisor = Supervisor(print)
    try:
        database = postgres.Server(settings.COUPON_VAR, SETTINGS)
        supervisor.start(database)
        call_command("migrate", interactive=False, verbosity=0)
        settings.STATIC_ROOT.mkdir(parents=True)
        port = free_port()
        web = child("web", f"{WEB} --host {HOST} --port {port}")
        supervisor.start(web)
        wait_until_healthy(supervisor, web, HOST, port)
        programs = Path(database.command[0]).parent
        yield Platform(f"http://{HOST}:{port}", programs, database.log, web.log)
    finally:
        connections.close_all()
        supervisor.stop()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
