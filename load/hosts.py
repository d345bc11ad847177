"""More hosts of an installation, on ports of this machine: web, workers, a replica, a pooler.

What is not installed here is told, and left out.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from couponadmin.embedded import binaries, postgres
from couponadmin.embedded.places import data_directory, make, socket_directory
from couponadmin.embedded.postgres import Server
from couponadmin.embedded.process import Process
from couponadmin.embedded.programs import WEB, WORKER
from faults.clock import started, wait_until_healthy
from faults.installation import HOST, CannotTry, Installation, free_port

POOLER = """
[databases]
coupon = host={socket} port=5432 user=coupon dbname=coupon
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 8
"""


@contextmanager
def web_host(at: Installation, name: str, **settings: str) -> Iterator[Installation]:
    """A web server with a directory of its own, as on another machine."""
    port, home = free_port(), at.var.parent / name
    make(home)
    command = f"{WEB} --host {HOST} --port {port}"
    with started(command, environment(at, home) | settings, home):
        wait_until_healthy(port)
        yield at._replace(port=port)


@contextmanager
def worker(at: Installation, name: str) -> Iterator[None]:
    home = at.var.parent / name
    make(home)
    with started(f"{WORKER} --hostname {name}@%h", environment(at, home), home):
        yield


def environment(at: Installation, home: Path) -> dict[str, str]:
    """What all hosts have in common, as docs/operators.md has it."""
    return at.environment | {
        "DATABASE_URL": postgres.database_url(at.var),
        "SECRET_KEY": (at.var / "secret-key").read_text(),
        "COUPON_VAR": str(home),
    }


@contextmanager
def replica(at: Installation) -> Iterator[str]:
    """The address of a hot standby that follows the installation's database."""
    var = at.var.parent / "replica"
    make(var)
    server, first = Server(var), data_directory(at.var)
    programs = binaries.find(first, server.account)
    if not (programs / "pg_basebackup").exists():
        raise CannotTry("pg_basebackup is not installed")
    if server.account:
        os.chown(var, *server.account)
    options = f"--username coupon --pgdata {server.data} --write-recovery-conf --checkpoint fast"
    command = (str(programs / "pg_basebackup"), "--host", str(socket_directory(first)))
    copy = Process("copy", (*command, *options.split()), var / "copy.log", account=server.account)
    copy.patience = 60
    if copy.finish():
        raise CannotTry(f"The replica could not be made:\n{copy.last_lines()}")
    server.settings = server.settings | {"hot_standby_feedback": "on"}
    server.start()
    try:
        yield postgres.database_url(var)
    finally:
        server.stop()


@contextmanager
def pooler(at: Installation) -> Iterator[str]:
    """The address of a pgbouncer before the installation's database, in transaction mode."""
    program = shutil.which("pgbouncer")
    if program is None:
        raise CannotTry("pgbouncer is not installed")
    data, port, home = data_directory(at.var), free_port(), at.var.parent
    file = home / "pgbouncer.ini"
    file.write_text(POOLER.format(socket=socket_directory(data), host=HOST, port=port))
    account = postgres.account_for(data)
    process = Process("pgbouncer", (program, str(file)), home / "pgbouncer.log", account=account)
    process.start()
    try:
        yield f"postgres://coupon@{HOST}:{port}/coupon"
    finally:
        process.stop()


@contextmanager
def two_web_hosts(at: Installation, name: str, **settings: str) -> Iterator[list[Installation]]:
    with ExitStack() as stack:
        yield [stack.enter_context(web_host(at, f"{name}{n}", **settings)) for n in (1, 2)]


def version_of(program: str) -> str:
    """The first line that it says about its version."""
    said = subprocess.run((program, "--version"), check=True, capture_output=True, text=True)
    return said.stdout.splitlines()[0]
