"""Asking one thing at a time, over a connection that is kept, and how long the answer takes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from itertools import count
from statistics import median
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlencode

from bench.load import CannotMeasure
from bench.server import HOST
from bench.twins import PASSWORD, USER, Twin

LOGIN = "/admin/login/"
numbers = count(1)


class Request(NamedTuple):
    """`body` as it is sent; with one it is a POST with a key of its own."""

    path: str
    body: bytes = b""


class Caller:
    """Somebody who asks one platform; every answer must be a success."""

    def __init__(self, twin: Twin, headers: Mapping[str, str]) -> None:
        self.twin = twin
        self.headers = dict(headers)
        self.connection = HTTPConnection(HOST, twin.port, timeout=120)

    def seconds(self, request: Request) -> float:
        headers = self.headers
        if request.body:
            key = f"{id(self)}-{next(numbers)}"
            headers = headers | {"Content-Type": "application/json", "Idempotency-Key": key}
        started = perf_counter()
        status, text, _ = self.ask(request, headers)
        taken = perf_counter() - started
        if status != 200:
            said = text[:500].decode(errors="replace")
            raise CannotMeasure(f"{self.twin.name}: {request.path} was answered {status}: {said}")
        return taken

    def ask(self, request: Request, headers: Mapping[str, str]) -> tuple[int, bytes, list[str]]:
        """Status, text, and the cookies that are to be kept."""
        method = "POST" if request.body else "GET"
        self.connection.request(method, request.path, request.body or None, dict(headers))
        response = self.connection.getresponse()
        cookies = response.headers.get_all("Set-Cookie") or []
        return response.status, response.read(), [one.partition(";")[0] for one in cookies]


def till(twin: Twin) -> Caller:
    return Caller(twin, {"Authorization": twin.authorization})


def person(twin: Twin) -> Caller:
    """Somebody who is signed in to the admin and may do everything."""
    caller = Caller(twin, {})
    _, form, [token, *_] = caller.ask(Request(LOGIN), {})
    [hidden] = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', form)[:1]
    fields = {"csrfmiddlewaretoken": hidden.decode(), "username": USER, "password": PASSWORD}
    headers = {"Cookie": token, "Content-Type": "application/x-www-form-urlencoded"}
    status, _, cookies = caller.ask(Request(LOGIN, urlencode(fields).encode()), headers)
    if status != 302:
        raise CannotMeasure(f"{twin.name}: Signing in to the admin was answered {status}.")
    caller.headers = {"Cookie": "; ".join(cookies)}
    return caller


Pair = tuple[Sequence[Request], Sequence[Request]]


def in_turns(callers: Sequence[Caller], requests: Pair) -> tuple[list[float], list[float]]:
    """How long each request took on the first and on the second platform.

    They are asked in turns, and take turns in being asked first: whatever else the machine does
    meets both.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for number, both in enumerate(zip(*requests, strict=True)):
        for place in (0, 1) if number % 2 else (1, 0):
            taken[place].append(callers[place].seconds(both[place]))
    return taken


def middle(ratios: Iterator[float] | Sequence[float]) -> tuple[float, float, float]:
    """Median, least and greatest."""
    known = sorted(ratios)
    return median(known), known[0], known[-1]
