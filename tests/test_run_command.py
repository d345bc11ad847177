"""`manage.py run`, really run: what it says, what it leaves behind, how it ends."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from couponadmin.embedded.postgres import data_directory, database_url, servers_in
from tests.embedded_postgres import free_port


class Run:
    """One `manage.py run` with data of its own, as the embedded installation that it is."""

    def __init__(self, var: Path, port: int, **environment: str) -> None:
        self.var, self.port = var, port
        self.output = var.parent / f"output-{time.time_ns()}"
        named = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
        inherited = {name: value for name, value in os.environ.items() if name not in named}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                (sys.executable, "manage.py", "run"),
                cwd=settings.BASE_DIR,
                env=inherited | {"COUPON_VAR": str(var), "PORT": str(port)} | environment,
                stdout=output,
                stderr=output,
            )

    def wait_until_ready(self) -> str:
        deadline = time.monotonic() + 90
        while "Ctrl-C stops everything" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return self.said()

    def said(self) -> str:
        return self.output.read_text()

    def status_of(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def left_running(self) -> set[str]:
        """Name what still runs of it: by its environment, which all but PostgreSQL keep."""
        found = {f"postgres {pid}" for pid in servers_in(data_directory(self.var))}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"COUPON_VAR={self.var}\0".encode() in (process / "environ").read_bytes():
                    found.add((process / "cmdline").read_text().replace("\0", " "))
        return found


@pytest.fixture
def first(own_var: Path) -> Iterator[Run]:
    yield from ended_at_last(Run(own_var, free_port()))


def ended_at_last(run: Run) -> Iterator[Run]:
    yield run
    if run.process.poll() is None:
        run.end(signal.SIGTERM)


def test_one_life_and_the_next(first: Run) -> None:
    told = first.wait_until_ready()
    assert first.status_of("/healthz") == 200
    assert first.status_of("/admin/login/") == 200
    assert f"http://127.0.0.1:{first.port}/admin/" in told
    assert re.search(r"Login +\S+\n +Password +\S+\n", told)
    assert re.search(r"Client id +\S+\n +Client secret +\S+\n", told)

    second = Run(first.var, free_port())
    assert second.process.wait(60) == 1
    assert re.search(f"Already running.*http://127.0.0.1:{first.port}", second.said())
    assert first.left_running()

    leave_a_mark(first.var)
    assert first.end(signal.SIGTERM) == 0
    assert first.left_running() == set()
    again = Run(first.var, first.port)
    for _ in ended_at_last(again):
        assert credentials(again.wait_until_ready()) == credentials(told)
        assert mark_is_there(first.var)
        again.end(signal.SIGKILL)
        wait_until_nothing_is_left(again)


def credentials(told: str) -> list[str]:
    return re.findall(r"(?:Login|Password|Client id|Client secret) +(\S+)", told)


def leave_a_mark(var: Path) -> None:
    with psycopg.connect(database_url(var)) as connection:
        connection.execute("CREATE TABLE mark ()")


def mark_is_there(var: Path) -> bool:
    with psycopg.connect(database_url(var)) as connection:
        return connection.execute("SELECT to_regclass('mark') IS NOT NULL").fetchone() == (True,)


def wait_until_nothing_is_left(run: Run) -> None:
    """A killed supervisor can stop nobody; the kernel tells its children."""
    deadline = time.monotonic() + 30
    while left := run.left_running():
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def test_a_server_that_is_named_is_used_and_gets_no_sample_data(own_var: Path) -> None:
    named = {name: os.environ[name] for name in ("DATABASE_URL", "SECRET_KEY")}
    for run in ended_at_last(Run(own_var, free_port(), **named)):
        told = run.wait_until_ready()
        assert run.status_of("/healthz") == 200
        assert "createsuperuser" in told
        assert "Password" not in told
        assert not data_directory(own_var).exists()
        assert run.end(signal.SIGINT) == 0
        assert run.left_running() == set()


def test_a_taken_port_is_said_before_anything_starts(own_var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Run(own_var, port)
        assert run.process.wait(60) == 1
    assert f"Port {port} is taken" in run.said()
    assert f"PORT={port + 1} make run" in run.said()
    assert not data_directory(own_var).exists()


def test_a_server_that_cannot_start_is_quoted(own_var: Path) -> None:
    run = Run(own_var, free_port(), COUPON_PG_BIN=str(own_var))
    assert run.process.wait(60) == 1
    assert "PostgreSQL was not found" in run.said()
    assert "Traceback" not in run.said()
