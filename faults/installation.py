"""The platform that is tried: started by its own run command, with data of its own."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from couponadmin.embedded import postgres
from couponadmin.embedded.process import Process

HOST = "127.0.0.1"
ROOT = Path(__file__).parent.parent
READY = "Ctrl-C stops everything"
START_SECONDS = 120
CUSTOMERS = 2000
# Straight into the table: this is about what follows.
MAKE_CUSTOMERS = """
INSERT INTO customers_customer
    (first_name, last_name, mobile, fields, registered_at, updated_at)
SELECT 'Till', 'Customer', '7000' || lpad(n::text, 7, '0'), '{}', now(), now()
FROM generate_series(1, %s) AS n
RETURNING id
"""


class CannotTry(Exception):
    """What is missing or went wrong before anything was tried, as a sentence."""


class Installation(NamedTuple):
    """A running platform, an API client of it, and ids of customers."""

    var: Path
    port: int
    basic: str
    customers: list[int]
    redis: Process | None
    environment: dict[str, str]

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(postgres.database_url(self.var), autocommit=True)

    def pids(self, word: str) -> list[int]:
        """Its processes, on whatever host, whose command has the word.

        They are known by their environment: all have their directory beside this one's.
        """
        mark = f"COUPON_VAR={self.var.parent}/".encode()
        return [
            int(process.name)
            for process in Path("/proc").glob("[0-9]*")
            if mark in contents(process / "environ")
            and word.encode() in contents(process / "cmdline")
        ]

    def children(self, word: str) -> list[int]:
        """Those of them that another one of them started."""
        pids = self.pids(word)
        return [pid for pid in pids if parent_of(pid) in pids]

    def kill(self, word: str) -> None:
        for pid in self.pids(word):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def postmaster(self) -> int:
        data = postgres.data_directory(self.var)
        return int((data / "postmaster.pid").read_text().split()[0])


def contents(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def parent_of(pid: int) -> int:
    """0 if there is no such process."""
    # The name in brackets may hold blanks.
    words = contents(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return int(words[1]) if words else 0


@contextmanager
def running() -> Iterator[Installation]:
    """The whole platform; with Redis if it is installed, else with the file broker."""
    home = Path(tempfile.mkdtemp(prefix="coupon-faults-"))
    # Started by root, PostgreSQL runs as another account, which must get through.
    home.chmod(0o711)
    var, redis_port = home / "var", free_port()
    environment = own_environment(var)
    redis = redis_server(home, redis_port)
    if redis:
        redis.start()
        environment["REDIS_URL"] = f"redis://{HOST}:{redis_port}/0"
    process = subprocess.Popen(
        (sys.executable, "manage.py", "run"),
        cwd=ROOT,
        env=environment,
        stdout=(home / "output").open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until_ready(process, home / "output")
        basic = new_client(environment)
        port, customers = int(environment["PORT"]), new_customers(var)
        yield Installation(var, port, basic, customers, redis, environment)
    finally:
        process.terminate()
        process.wait(90)
        if redis:
            redis.stop()
        data = postgres.data_directory(var)
        for leftover in (postgres.socket_directory(data), data.parent, home):
            shutil.rmtree(leftover, ignore_errors=True)


def own_environment(var: Path) -> dict[str, str]:
    named = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in named}
    return kept | {"COUPON_VAR": str(var), "PORT": str(free_port()), "HOST": HOST}


def redis_server(home: Path, port: int) -> Process | None:
    program = shutil.which("redis-server")
    if program is None:
        return None
    options = f"--bind {HOST} --port {port} --save '' --dir {home}"
    return Process("redis", (program, *options.split()), home / "redis.log")


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until_ready(process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while READY not in output.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotTry(f"The platform did not start:\n{output.read_text()}")
        time.sleep(0.2)


def new_client(environment: dict[str, str]) -> str:
    """The `Authorization` of a client that may do all and is not slowed down."""
    command = ["manage.py", "createapiclient", "faults", "--series-write", "--rate", "0", "--json"]
    said = subprocess.check_output((sys.executable, *command), cwd=ROOT, env=environment)
    found = json.loads(said)
    return "Basic " + base64.b64encode(f"{found['id']}:{found['secret']}".encode()).decode()


def new_customers(var: Path) -> list[int]:
    with psycopg.connect(postgres.database_url(var), autocommit=True) as database:
        return [pk for (pk,) in database.execute(MAKE_CUSTOMERS, [CUSTOMERS]).fetchall()]
