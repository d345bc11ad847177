"""What every test of the API shares: callers that are signed in and speak JSON."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from threading import Barrier
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from couponadmin import auth, clients, roles
from couponadmin.models import ApiClient

# Files whose tests wait for browsers and processes. One process of `make test` would be left alone
# with them in the end.
SLOW = (
    *("test_run_command", "test_browser", "test_approval_browser", "test_batch_workers"),
    *("test_replica", "test_schema", "test_redemption_stateful", "test_embedded", "test_documents"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow files first; `--no-loadscope-reorder` leaves them there."""
    items.sort(key=lambda item: not item.path.stem.startswith(SLOW))


class Caller:
    """An API client over HTTP Basic. Dicts and lists go out as JSON, bytes and str as they are.

    Headers are keywords: `caller.post("/v2/coupon/issue", {...}, idempotency_key="a")`.
    """

    def __init__(self, client: ApiClient, secret: str) -> None:
        self.client = client
        self.secret = secret
        self.basic = "Basic " + base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, b"", **headers)

    def post(self, path: str, data: Any = b"", **headers: str) -> HttpResponse:
        return self.call("POST", path, data, **headers)

    def put(self, path: str, data: Any = b"", **headers: str) -> HttpResponse:
        return self.call("PUT", path, data, **headers)

    def call(self, method: str, path: str, data: Any, **headers: str) -> HttpResponse:
        body = data if isinstance(data, bytes | str) else orjson.dumps(data)
        sent = {"authorization": self.basic, "content_type": "application/json"} | headers
        sent = {name.replace("_", "-"): value for name, value in sent.items()}
        content_type = sent.pop("content-type")
        client = Client()
        client.handler = loaded_handler()
        return client.generic(method, path, body, content_type, headers=sent)


@cache
def loaded_handler() -> ClientHandler:
    """One chain of middleware for all calls: loading it takes longer than a call."""
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()
    return handler


@pytest.fixture(scope="session", autouse=True)
def _static_root() -> None:
    """`collectstatic` makes it for a server; WhiteNoise warns if it is missing."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    """People's passwords are hashed slowly on purpose; no test is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_credential_is_remembered() -> None:
    """Ids repeat from test to test, so what one test cached must not sign in another's client."""
    auth.forget_credentials()


@pytest.fixture
def new_caller(db: None, now: datetime) -> Callable[..., Caller]:
    """Makes callers: `new_caller(series_write=True, rate_per_minute=5)`; unsaid: no rate limit."""

    def make(*, series_write: bool = False, rate_per_minute: int | None = 0) -> Caller:
        groups = roles.groups(series_write=series_write)
        return Caller(
            *clients.create_client("till", groups=groups, rate_per_minute=rate_per_minute, now=now)
        )

    return make


@pytest.fixture
def client_api(new_caller: Callable[..., Caller]) -> Caller:
    """A client with the default access: issues and reads."""
    return new_caller()


@pytest.fixture
def series_api(new_caller: Callable[..., Caller]) -> Caller:
    """A client that may make and change series, too."""
    return new_caller(series_write=True)


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Runs calls at the same time, each in a thread with a connection of its own.

    `at_once([lambda: ..., lambda: ...])` gives their results in order. Such a test needs
    `@pytest.mark.django_db(transaction=True)`: what is not committed, no other thread sees.
    """
    return run_at_once


def run_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        barrier.wait(timeout=60)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
