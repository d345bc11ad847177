"""What must hold before anything is started, and the sign that everything has."""

import errno
import fcntl
import http.client
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from couponadmin.embedded import CannotStart
from couponadmin.embedded.places import make


@contextmanager
def alone(var: Path, url: str) -> Iterator[None]:
    """Hold `var` for ourselves; a second run there is told about the first."""
    with lock_file(var) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotStart(
                f"Already running with the data in {var}: {lock.read()}\n"
                "Stop it first, or run a second one beside it: COUPON_VAR=var2 PORT=8001 make run"
            ) from error
        lock.truncate(0)
        lock.write(f"{url}, process {os.getpid()}")
        lock.flush()
        yield


def lock_file(var: Path) -> IO[str]:
    """Open the file that only one run can lock; the system unlocks it however that run ends."""
    try:
        make(var)
        return (var / "run.lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"{var} cannot be written ({error.strerror}). Name another directory for the data: "
            "COUPON_VAR=... make run"
        ) from error


def check_free(host: str, port: int) -> None:
    """Raise CannotStart if a server could not listen on `port` of `host`."""
    if not 0 < port < 65536:
        raise CannotStart(f"PORT={port} is no port number.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} is taken by another program. Choose another one: "
                f"PORT={port + 1} make run"
            ) from error
        raise CannotStart(f"Cannot listen on {host}, port {port}: {error.strerror}") from error


def reachable(host: str) -> str:
    """Return where a server that listens on `host` is reached from this machine."""
    with suppress(ValueError):
        number = ipaddress.ip_address(host)
        if number.is_unspecified:
            return "127.0.0.1" if number.version == 4 else "::1"
    return host


def healthy(host: str, port: int) -> bool:
    """Tell whether the web server answers that it is well."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
    try:
        # A name that is always allowed, whatever the address.
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
