"""Clients that do not behave, and what the trials call trouble."""

import select
import socket
import time
from contextlib import ExitStack, suppress

from faults.installation import HOST

HEAD = (
    "POST /v2/coupon/issue HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n"
    "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
)


class Trouble(Exception):
    """A fault that was not survived, in a sentence."""


def connect(stack: ExitStack, port: int) -> socket.socket:
    return stack.enter_context(socket.create_connection((HOST, port), timeout=10))


def send_half_bodies(port: int, basic: str, *, clients: int) -> None:
    """Promise a thousand bytes, send a few, hang up."""
    for _ in range(clients):
        with ExitStack() as stack, suppress(OSError):
            connect(stack, port).sendall(HEAD.format(basic).encode() + b'{"seriesId": 1, "cus')


def stay_slow(port: int, basic: str, *, clients: int, seconds: float) -> None:
    """Half of them dribble their headers, half their bodies, a byte at a time."""
    head = HEAD.format(basic).encode()
    with ExitStack() as stack:
        slow = [connect(stack, port) for _ in range(clients)]
        for number, client in enumerate(slow):
            client.sendall(head if number % 2 else head[: number % 100 + 10])
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            dribble(slow)
            time.sleep(0.5)


def dribble(clients: list[socket.socket]) -> None:
    """One more byte from each; those that were sent away stay away."""
    _, writable, _ = select.select([], clients, [], 0)
    for client in writable:
        with suppress(OSError):
            client.send(b"x")
