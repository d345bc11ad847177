"""A real HTTP receiver on loopback, which notes what it gets and answers as it is told."""

import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Signal
from threading import Thread
from typing import Any, NamedTuple

import orjson

from outbox import services
from outbox.models import Endpoint, Event, Kind

ALL_KINDS = [kind.value for kind in Kind]


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        return orjson.loads(self.body)

    @property
    def ids(self) -> list[int]:
        return [event["id"] for event in self.events]

    def is_signed_with(self, secret: str) -> bool:
        """As docs/webhooks.md tells receivers to check it."""
        parts = dict(part.split("=") for part in self.headers["x-coupon-signature"].split(","))
        signed = hmac.new(secret.encode(), parts["t"].encode() + b"." + self.body, hashlib.sha256)
        return hmac.compare_digest(parts["v1"], signed.hexdigest())


class Receiver(ThreadingHTTPServer):
    """`answer` makes the status of a request; `drip` has it say nothing but a byte now and then."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[Request] = []
        self.answer: Callable[[Request], int] = lambda request: 204
        self.answer_headers: dict[str, str] = {}
        self.answer_body = b""
        self.drip = False
        self.closing = Signal()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/hook?shop=1"

    @property
    def ids(self) -> list[int]:
        """Of all events that came, in the order in which they came."""
        return [pk for request in self.requests for pk in request.ids]

    def secure(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, body)
        self.server.requests.append(request)
        if self.server.drip:
            self.dribble()
            return
        self.send_response(self.server.answer(request))
        for name, value in self.server.answer_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.answer_body)))
        self.end_headers()
        self.wfile.write(self.server.answer_body)

    def do_GET(self) -> None:
        self.server.requests.append(Request(self.path, {}, b"[]"))
        self.send_response(200)
        self.end_headers()

    def dribble(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.server.closing.wait(0.05):
            self.wfile.write(b"x")

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def make_endpoint(url: str, kinds: list[str] = ALL_KINDS, **columns: Any) -> Endpoint:
    endpoint = Endpoint(name="Shop", url=url, kinds=kinds, **columns)
    services.new_secret(endpoint, now=datetime.now(UTC))
    return endpoint


def make_events(endpoint: Endpoint, count: int = 1, **columns: Any) -> list[Event]:
    defaults = {"kind": Kind.ISSUED, "payload": {"code": "A"}, "at": datetime.now(UTC)} | columns
    rows = [Event(endpoint=endpoint, **defaults) for _ in range(count)]
    return Event.objects.bulk_create(rows)


def wait_until(is_true: Callable[[], object], patience: float = 30) -> None:
    end = time.monotonic() + patience
    while not is_true():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.01)
