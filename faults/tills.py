"""The load: tills that issue, and ask again with the same key until they are answered."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from faults.installation import HOST, Installation

TILLS = 8
ASK_AGAIN_SECONDS = 0.1
# How long a till asks for one coupon before its cashier gives up.
PATIENCE_SECONDS = 40
TIMEOUT_SECONDS = 10


@dataclass
class Book:
    """What all tills saw: the code that each key was answered with, and when."""

    answers: dict[str, str] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    asked_again: int = 0
    given_up: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def longest_pause(self) -> float:
        """Seconds in which no till was answered."""
        moments = sorted(self.moments)
        return max((b - a for a, b in zip(moments, moments[1:], strict=False)), default=0.0)


class Caller:
    """One kept connection, opened anew when it broke."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON; 0 if nothing whole came back."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {
            "Authorization": self.installation.basic,
            "Content-Type": "application/json",
        }
        try:
            self.connection = self.connection or http.client.HTTPConnection(
                HOST, self.installation.port, timeout=TIMEOUT_SECONDS
            )
            self.connection.request(method, path, json.dumps(body) if body else None, named)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return 0, None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Till(threading.Thread):
    """Issues coupon after coupon, each under a key of its own."""

    def __init__(
        self, name: str, installation: Installation, series_id: int, book: Book, over: Any
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.caller = Caller(installation)
        self.customers = installation.customers
        self.series_id, self.book, self.over = series_id, book, over

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            self.issue(f"{self.name}-{self.series_id}-{number}", self.customers[number % 100])
        self.caller.close()

    def issue(self, key: str, customer_id: int) -> None:
        body = {"seriesId": self.series_id, "customer": {"id": customer_id}}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            path = "/v2/coupon/issue"
            status, answer = self.caller.call("POST", path, body, idempotency_key=key)
            if status == HTTPStatus.OK:
                self.book.answers[key] = answer["code"]
                self.book.moments.append(time.monotonic())
                return
            self.book.asked_again += 1
            time.sleep(ASK_AGAIN_SECONDS)
        self.book.given_up.append(key)


@contextmanager
def load(installation: Installation, series_id: int) -> Iterator[Book]:
    """Tills at work meanwhile; at the end each gets its last answer."""
    book, over = Book(), threading.Event()
    tills = [Till(f"till{n}", installation, series_id, book, over) for n in range(TILLS)]
    start = time.monotonic()
    for till in tills:
        till.start()
    try:
        yield book
    finally:
        over.set()
        for till in tills:
            till.join(PATIENCE_SECONDS + TIMEOUT_SECONDS)
        book.seconds = time.monotonic() - start


def new_series(installation: Installation) -> int:
    """A series without limits."""
    body = {
        "description": "Under load",
        "discountType": "ABS",
        "discountValue": 5,
        "isMultipleVouchersPerUserAllowed": True,
        "maxVouchersPerUser": -1,
    }
    status, answer = Caller(installation).call("POST", "/v2/coupon/series", body)
    if status != HTTPStatus.OK:
        raise RuntimeError(f"No series could be made: {status} {answer}")
    return int(answer["id"])
