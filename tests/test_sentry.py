"""Errors are told to a Sentry, if there is one: what broke and where, and nothing about persons."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.conf import settings

PRIVATE = "9812345678"


class Sentry(ThreadingHTTPServer):
    """Takes what its client sends, on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[bytes] = []

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self.server_port}/1"

    def events(self) -> list[dict[str, Any]]:
        """An envelope is a line about itself, then two lines for each item."""
        lines = [envelope.splitlines()[2] for envelope in self.taken]
        return [event for event in map(json.loads, lines) if "event_id" in event]


class Taking(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.server.taken.append(gzip.decompress(body) if packed else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with Sentry() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run_failing(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.failing", PRIVATE],
        cwd=settings.BASE_DIR,
        env=dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "couponadmin.settings"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_tells_what_broke_and_where(sentry: Sentry) -> None:
    ended = run_failing(SENTRY_DSN=sentry.dsn)

    assert ended.returncode == 0, ended.stderr
    request, record = sentry.events()
    [error] = request["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert request["transaction"] == "/v2/fail/{name}"
    assert request["tags"] == {"request": "till-7", "batch": "-"}
    assert record["logentry"] == {"message": "Batch %s cannot go on"}
    assert record["exception"]["values"][0]["type"] == "LookupError"


def test_it_tells_nothing_that_anybody_sent(sentry: Sentry) -> None:
    run_failing(SENTRY_DSN=sentry.dsn)

    assert sentry.taken
    assert [each for each in sentry.taken if PRIVATE.encode() in each] == []


def test_it_tells_nothing_where_no_address_is_set(sentry: Sentry) -> None:
    ended = run_failing(SENTRY_DSN="")

    assert ended.returncode == 0, ended.stderr
    assert sentry.taken == []
