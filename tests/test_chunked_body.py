"""Clients that stream send a body in chunks, without its length."""

from io import BytesIO
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from couponadmin.wsgi import application
from tests.conftest import Caller
from tests.factories import make_customer, make_series


@pytest.fixture
def _kept_connection() -> Any:
    """A request through WSGI would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def send(caller: Caller, body: bytes) -> tuple[str, Any]:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v2/coupon/issue",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_AUTHORIZATION": caller.basic,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_TYPE": "application/json",
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    statuses: list[str] = []
    parts = application(environ, lambda status, headers: statuses.append(status))
    return statuses[0], orjson.loads(b"".join(parts))


@pytest.mark.usefixtures("_kept_connection")
def test_a_body_in_chunks_is_read(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "customer": {"id": make_customer().pk}}

    status, answer = send(client_api, orjson.dumps(body))

    assert status == "200 OK"
    assert answer["seriesId"] == body["seriesId"]


@pytest.mark.usefixtures("_kept_connection")
def test_a_body_in_chunks_may_not_be_too_large(client_api: Caller) -> None:
    status, answer = send(client_api, b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 9))

    assert status == "400 Bad Request"
    assert "too large" in answer["errors"][0]["message"]
