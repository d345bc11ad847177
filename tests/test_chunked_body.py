"""Clients that stream send a body in chunks, without its length."""

from io import BytesIO
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from batches.models import Batch
from couponadmin.wsgi import application
from tests.conftest import Caller
from tests.factories import make_customer, make_series

CUSTOMERS = "/v2/customers/batches"


@pytest.fixture
def _kept_connection() -> Any:
    """A request through WSGI would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def send(
    caller: Caller,
    body: bytes,
    path: str = "/v2/coupon/issue",
    content_type: str = "application/json",
) -> tuple[str, Any]:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_AUTHORIZATION": caller.basic,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_TYPE": content_type,
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    statuses: list[str] = []
    parts = application(environ, lambda status, headers: statuses.append(status))
    return statuses[0], orjson.loads(b"".join(parts))


def send_file(caller: Caller, rows: str) -> tuple[str, Any]:
    file = SimpleUploadedFile("rows.csv", rows.encode())
    return send(caller, encode_multipart(BOUNDARY, {"file": file}), CUSTOMERS, MULTIPART_CONTENT)


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


@pytest.mark.usefixtures("_kept_connection")
def test_a_file_in_chunks_may_be_as_large_as_any_other(client_api: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    numbers = range(2_000)

    status, answer = send_file(client_api, "mobile\n" + "".join(f"91{n:010}\n" for n in numbers))

    assert status == "202 Accepted"
    assert answer["lines"] == len(numbers)


@pytest.mark.usefixtures("_kept_connection")
def test_a_file_in_chunks_that_is_too_large_is_refused_as_such(
    client_api: Caller, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000

    status, answer = send_file(client_api, "mobile\n" + "1\n" * 2_000)

    assert status == "400 Bad Request"
    assert answer["errors"][0]["message"] == "file: The upload is too large: at most 2000 bytes"
    assert not Batch.objects.exists()
