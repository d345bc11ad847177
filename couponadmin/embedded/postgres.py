"""The embedded PostgreSQL: made, started, healed and stopped without being installed.

It listens on a socket in a directory that only its account may enter, so it asks for no password.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from couponadmin.embedded import CannotStart, binaries
from couponadmin.embedded.places import (
    SOCKET_NAME,
    account_for,
    data_directory,
    make,
    socket_directory,
)
from couponadmin.embedded.process import Process

NAME = USER = "coupon"
PORT = SOCKET_NAME.rpartition(".")[2]
SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    # Its log must not quote rows or statements, which hold what customers gave.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def database_settings(var: Path) -> dict[str, Any]:
    """Return Django's settings for the embedded database of the installation at `var`."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": NAME,
        "USER": USER,
        "HOST": str(socket_directory(data_directory(var))),
        "PORT": PORT,
    }


def database_url(var: Path) -> str:
    """Return the same as a value for DATABASE_URL."""
    host = quote(str(socket_directory(data_directory(var))), safe="")
    return f"postgresql://{USER}@{host}:{PORT}/{NAME}"


class Server(Process):
    """The server of the installation at `var`; `start` returns when it answers."""

    def __init__(self, var: Path, settings: Mapping[str, str] = SETTINGS) -> None:
        self.data = data_directory(var)
        self.socket = socket_directory(self.data)
        self.settings = settings
        super().__init__(
            "postgresql",
            (),
            var / "log" / "postgresql.log",
            account=account_for(self.data),
            # PostgreSQL's "fast" stop: it does not wait for clients.
            stop_signal=signal.SIGINT,
            patience=60,
        )

    def start(self) -> None:
        """Make the data if there are none, start the server, make the database."""
        try:
            programs = binaries.find(self.data, self.account)
            self._make_data(programs)
            self._make_socket_directory()
            stop_leftovers(self.data, self.socket, programs)
            self.command = (str(programs / "postgres"), *self._arguments())
            super().start()
        except OSError as error:
            raise CannotStart(self._explained(error)) from error
        self._wait()

    def _explained(self, error: OSError) -> str:
        if self.account:
            return (
                f"PostgreSQL refuses to run as root, and to run it as another user failed: {error}."
                "\nRun as a plain user, or name a server in DATABASE_URL."
            )
        if isinstance(error, PermissionError):
            return (
                f"{error.filename} belongs to another user. Run as that user, or name another "
                "directory for the data: COUPON_VAR=... make run"
            )
        return f"PostgreSQL could not be started: {error}"

    def _make_data(self, programs: Path) -> None:
        if self.data.exists():
            return
        # A first start that is cut short must not leave half of a database behind.
        draft = self.data.with_name("pg.new")
        shutil.rmtree(draft, ignore_errors=True)
        make(draft.parent)
        self._make_private(draft)
        options = ("-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        initdb = Process(
            "initdb",
            (str(programs / "initdb"), "-D", str(draft), *options),
            self.log,
            account=self.account,
        )
        if initdb.finish():
            raise CannotStart(f"PostgreSQL could not make its data:\n{initdb.last_lines()}")
        draft.rename(self.data)

    def _make_socket_directory(self) -> None:
        """Anyone may make a directory in /tmp: never trust one that is not ours alone."""
        if self.socket == self.data:
            return
        if not self.socket.exists():
            self._make_private(self.socket)
        info = self.socket.lstat()
        if info.st_mode & 0o077 or info.st_uid != self.data.stat().st_uid:
            raise CannotStart(f"{self.socket} is open to other users; remove it.")

    def _make_private(self, directory: Path) -> None:
        directory.mkdir(mode=0o700)
        if self.account:
            os.chown(directory, *self.account)

    def _arguments(self) -> Iterator[str]:
        yield from ("-D", str(self.data), "-p", PORT)
        socket = str(self.socket).replace('"', '""')
        own = {"listen_addresses": "", "unix_socket_directories": f'"{socket}"'}
        for name, value in {**own, **self.settings}.items():
            yield from ("-c", f"{name}={value}")

    def _wait(self, patience: float = 120.0) -> None:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.alive():
            with suppress(psycopg.OperationalError):
                return self._make_database()
            time.sleep(0.02)
        self.stop()
        raise CannotStart(f"PostgreSQL did not start; {self.log} ends with:\n{self.last_lines()}")

    def _make_database(self) -> None:
        with psycopg.connect(
            host=str(self.socket), port=PORT, user=USER, dbname="postgres", autocommit=True
        ) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if not found.fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")


def stop_leftovers(data: Path, socket: Path, programs: Path, patience: float = 20.0) -> None:
    """Stop a server that outlived its supervisor; forget the files of one that was killed."""
    if not Path("/proc/self").exists():
        # Without /proc there is no telling, but there it is only needed after a kill -9.
        subprocess.run([programs / "pg_ctl", "stop", "-m", "fast", "-D", data], check=False)
        return
    # SIGQUIT is an immediate stop; the write-ahead log heals what that leaves open.
    for number, wait in ((signal.SIGQUIT, patience), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + wait
        for pid in servers_in(data):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        while servers_in(data) and time.monotonic() < deadline:
            time.sleep(0.05)
    # A killed server may stay a zombie where nobody collects it; its pid then looks alive.
    for path in (data / "postmaster.pid", socket / SOCKET_NAME, socket / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)


def servers_in(data: Path) -> list[int]:
    """Return PostgreSQL's living processes in `data`, where each of them has its directory."""
    found, home = [], os.path.realpath(data)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            program = os.readlink(process / "exe").rpartition("/")[2]
            if program.startswith("postgres") and os.readlink(process / "cwd") == home:
                found.append(int(process.name))
    return found
