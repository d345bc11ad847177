"""Two platforms on one database server, a small one and a large one, to be asked in turns."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from django.conf import settings

from bench.installation import environment_of
from bench.server import HOST, SETTINGS, free_port
from couponadmin.embedded import postgres
from couponadmin.embedded.process import Process
from couponadmin.embedded.supervisor import Supervisor
from couponadmin.management.commands.run import WEB, wait_until_healthy

USER, PASSWORD = "bench", "only for measuring"
SUPERUSER = {
    "DJANGO_SUPERUSER_USERNAME": USER,
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    "DJANGO_SUPERUSER_EMAIL": "bench@example.org",
}


class Size(NamedTuple):
    """What a platform is filled with."""

    coupons: int
    customers: int


class Twin(NamedTuple):
    """One of the two: where its web server and its database are, and how its API is called.

    `database` is an address as libpq takes it.
    """

    name: str
    port: int
    database: str
    authorization: str
    web_log: Path

    def rows(self, sql: str, **values: object) -> list[tuple]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def twins(home: Path, *, small: Size, large: Size) -> Iterator[tuple[list[Twin], postgres.Server]]:
    """Both, and their database server. A large one that is there is kept, the small one is not."""
    supervisor = Supervisor(print)
    try:
        database = postgres.Server(home, SETTINGS)
        supervisor.start(database)
        drop_database(home, "small")
        sizes = {"small": small, "large": large}
        yield [twin(supervisor, home, name, size) for name, size in sizes.items()], database
    finally:
        supervisor.stop()


def twin(supervisor: Supervisor, home: Path, name: str, size: Size) -> Twin:
    environment = environment_of(home, name) | SUPERUSER
    address = environment["DATABASE_URL"]
    make_database(home, name)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    with psycopg.connect(address) as connection:
        filled = connection.execute("SELECT 1 FROM auth_user").fetchone()
    if not filled:
        print(f"Filling the {name} one: {size.coupons:,} coupons", flush=True)
        wanted = f"--coupons={size.coupons}", f"--customers={size.customers}"
        manage(environment, "seed_large", *wanted)
        manage(environment, "createsuperuser", "--no-input")
    client = json.loads(manage(environment, "createapiclient", "bench", "--rate=0", "--json"))
    port = free_port()
    web = web_server(environment, home / name / "web.log", port)
    supervisor.start(web)
    wait_until_healthy(supervisor, web, HOST, port)
    credential = b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    return Twin(name, port, address, f"Basic {credential}", web.log)


def drop_database(home: Path, name: str) -> None:
    with psycopg.connect(postgres.database_url(home), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")


def make_database(home: Path, name: str) -> None:
    with psycopg.connect(postgres.database_url(home), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not known.fetchone():
            connection.execute(f"CREATE DATABASE {name}")


def manage(environment: Mapping[str, str], *command: str) -> str:
    """What a command of manage.py prints at its end; its complaints are not kept back."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def web_server(environment: Mapping[str, str], log: Path, port: int) -> Process:
    """The same command line as `make run`'s."""
    chosen = [f"{name}={value}" for name, value in environment.items()]
    command = ("env", *chosen, sys.executable, "-m", *f"{WEB} --host {HOST} --port {port}".split())
    return Process("web", command, log, cwd=settings.BASE_DIR, patience=15)
