"""Long lists are read on a replica, if it has all that was committed before; else as ever."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from django.conf import settings

from couponadmin.embedded import binaries, postgres
from couponadmin.embedded.places import make
from couponadmin.embedded.postgres import Server
from couponadmin.embedded.process import Process

ASK = (
    "from couponadmin.replica import place_to_read, trouble; from django.utils import timezone; "
    "print(place_to_read(), trouble(now=timezone.now()))"
)
WARNINGS = {
    "": "",
    "the first server": "DATABASE_REPLICA_URL names no replica.",
    "away": "The replica does not answer; long lists are read on the first server.",
}


class Pair(NamedTuple):
    """A server and its hot standby, each by its address."""

    first: str
    replica: str

    def place(self, replica: str) -> str:
        """Where a process with that DATABASE_REPLICA_URL reads long lists."""
        named = {"DATABASE_URL": self.first, "DATABASE_REPLICA_URL": replica}
        said = subprocess.check_output(
            (sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", ASK),
            cwd=settings.BASE_DIR,
            env=dict(os.environ) | named,
            text=True,
        )
        return said.strip()


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def pair(own_var: Path) -> Iterator[Pair]:
    first, second = Server(own_var / "first"), Server(own_var / "second")
    with ExitStack() as stack:
        stack.callback(first.stop)
        first.start()
        copy(first, second)
        stack.callback(second.stop)
        second.start()
        yield Pair(*(postgres.database_url(own_var / name) for name in ("first", "second")))


def copy(first: Server, second: Server) -> None:
    programs = binaries.find(first.data, first.account)
    if not (programs / "pg_basebackup").exists():
        pytest.skip("pg_basebackup is not installed: apt install postgresql")
    make(second.data.parent)
    if first.account:
        os.chown(second.data.parent, *first.account)
    options = f"--host {first.socket} --username coupon --pgdata {second.data} --checkpoint fast -R"
    command = (str(programs / "pg_basebackup"), *options.split())
    process = Process("copy", command, second.log, account=first.account)
    assert process.finish() == 0, process.last_lines()


def test_the_replica_is_read_when_it_has_all_and_the_first_server_when_not(pair: Pair) -> None:
    run(pair.first, "CREATE TABLE a (b int)")
    assert pair.place(pair.replica) == "replica"

    run(pair.replica, "SELECT pg_wal_replay_pause()")
    run(pair.first, "INSERT INTO a VALUES (1)")
    assert pair.place(pair.replica) == "default"

    run(pair.replica, "SELECT pg_wal_replay_resume()")
    assert pair.place(pair.replica) == "replica"

    addresses = {"": "", "the first server": pair.first, "away": "postgres://127.0.0.1:9/nobody"}
    for kind, address in addresses.items():
        assert pair.place(address) == f"default {WARNINGS[kind]}".strip()
