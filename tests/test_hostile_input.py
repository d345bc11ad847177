"""Whatever is sent, by mistake or on purpose: a documented refusal, never a failure of ours."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from issuance.models import Coupon
from series.models import Series
from tests.bodies import good_bodies
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.nasty import CONTENT_TYPES, JSON, NASTY_BODIES, NASTY_TEXTS, NASTY_VALUES
from tests.test_permission_matrix import API, path_of

WRITES = sorted(
    {(m, a.route) for a in API for m in a.methods & {"POST", "PUT"} if a.route[:3] == "v2/"}
)
READS = sorted({a.route for a in API if "GET" in a.methods and a.route[:3] == "v2/"})
PAGES = {"v2/schema", "v2/docs"}


@pytest.fixture
def _one_transaction(db: None) -> Iterator[None]:
    """All requests of a test in its transaction, which no request may close."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def check(answer: Any, sent: Any) -> None:
    """An answer, or a refusal in the one envelope; the client is told which member it was."""
    context = (answer.status_code, repr(sent)[:200])
    assert answer.status_code < 500, context
    if answer.status_code >= 400:
        errors = answer.json()["errors"]
        assert errors, context
        for error in errors:
            assert error.keys() >= {"status", "code", "message"}, context
            assert error["status"] is False, context
            assert isinstance(error["code"], int), context
            assert error["message"], context


@pytest.mark.parametrize(("method", "route"), WRITES)
@pytest.mark.usefixtures("_one_transaction")
def test_no_body_breaks_a_write(series_api: Caller, method: str, route: str) -> None:
    for body in NASTY_BODIES:
        check(series_api.call(method, path_of(route), body), body)


@pytest.mark.parametrize(("method", "route"), WRITES)
@pytest.mark.usefixtures("_one_transaction")
def test_no_content_type_breaks_a_write(series_api: Caller, method: str, route: str) -> None:
    for content_type in CONTENT_TYPES:
        for body in (b"", b'{"a": 1}', NASTY_BODIES[-1]):
            answer = series_api.call(method, path_of(route), body, content_type=content_type)
            check(answer, content_type)


BODIES = good_bodies()
MEMBERS = [
    (method, route, member) for method, route in WRITES for member in sorted(BODIES.get(route, {}))
]


@pytest.mark.parametrize(("method", "route", "member"), MEMBERS)
@pytest.mark.usefixtures("_one_transaction")
def test_no_value_of_a_member_breaks_a_write(
    series_api: Caller, method: str, route: str, member: str
) -> None:
    for value in NASTY_VALUES:
        body = json.dumps(BODIES[route] | {member: value})
        check(series_api.call(method, path_of(route), body), (member, value))


@pytest.mark.usefixtures("_one_transaction")
def test_no_identifier_of_a_customer_breaks_a_call(client_api: Caller) -> None:
    series = make_series()
    for name in ("id", "mobile", "email", "externalId"):
        for value in NASTY_VALUES:
            body = json.dumps({"seriesId": series.pk, "customer": {name: value}})
            check(client_api.post("/v2/coupon/issue", body), (name, value))
    assert not Coupon.objects.exists()


@cache
def described() -> dict[str, Any]:
    """The paths of the OpenAPI description."""
    return SchemaGenerator().get_schema(public=True)["paths"]


def parameters_of(route: str) -> list[str]:
    path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    entries = described()[path]["get"].get("parameters", [])
    return [entry["name"] for entry in entries if entry["in"] == "query"]


@pytest.mark.parametrize("route", [route for route in READS if route not in PAGES])
@pytest.mark.usefixtures("_one_transaction")
def test_no_query_breaks_a_read(series_api: Caller, route: str) -> None:
    path = path_of(route)
    for name in parameters_of(route):
        for text in (text for text in NASTY_TEXTS if len(text) < 1000):
            value = quote(text.encode("utf-8", "surrogatepass"))
            check(series_api.get(f"{path}?{name}={value}&{name}={value}"), (name, text))


@pytest.mark.parametrize("name", ["format", "lang", "version"])
@pytest.mark.parametrize("path", ["/v2/schema", "/v2/docs"])
def test_no_query_breaks_a_page(series_api: Caller, path: str, name: str) -> None:
    for text in ("", "%00", "%ff", "xml", "<script>"):
        assert series_api.get(f"{path}?{name}={text}").status_code < 500


@pytest.mark.parametrize("query", ["%", "a=%ff", "%00=%00", "&&&", "=" * 50, "a[]=1", "?" * 30])
@pytest.mark.parametrize("route", [route for route in READS if route not in PAGES])
def test_no_broken_query_breaks_a_read(series_api: Caller, route: str, query: str) -> None:
    check(series_api.get(f"{path_of(route)}?{query}"), query)


@pytest.mark.parametrize("number", ["0", "9223372036854775807", "9223372036854775808", "9" * 300])
@pytest.mark.parametrize(
    ("method", "route"), [(m, a.route) for a in API for m in sorted(a.methods) if "<int" in a.route]
)
def test_no_number_in_a_path_breaks_a_call(
    series_api: Caller, method: str, route: str, number: str
) -> None:
    path = "/" + re.sub(r"<\w+:\w+>", number, route)

    check(series_api.call(method, path, b"{}"), path)


HEADERS = {
    "authorization": ["", "Basic", "Basic é", "Basic " + "A" * 9000, "Bearer ", "Digest a=b"],
    "x-cap-api-oauth-token": ["", "\0", "é", "a" * 9000],
    "idempotency-key": ["", " ", "é", "k" * 256, "a\tb"],
    "accept": ["", "text/html", "q=x;;", "application/json;q=nine"],
    "prefer": ["respond-async", "respond-async=no, ,", "wait=" + "9" * 400],
    "x-request-id": ["", "é", "\r\n"],
    "x-cap-api-attribution-entity-type": ["TILL", "é", "\0", "a" * 300],
    "x-cap-api-attribution-entity-code": ["", "\0", "a" * 9000],
    "host": ["", "a b", "é", "127.0.0.1:99999"],
    "content-length": ["-1", "nine", "0"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in HEADERS.items() for value in values]
)
def test_no_header_breaks_a_call(client_api: Caller, name: str, value: str) -> None:
    body = {"seriesId": 1, "customer": {"id": make_customer().pk}}
    for path in ("/v2/coupon/issue", "/v2/coupon/issue/multiple", "/v2/coupon/redeem"):
        check(client_api.post(path, body, **{name: value}), (name, value))


@pytest.mark.usefixtures("_one_transaction")
def test_what_was_refused_was_not_stored(series_api: Caller) -> None:
    before = Customer.objects.count(), Series.objects.count()
    for value in (["\0"], {"a": "\ud800"}, 10**400, [[]]):
        for path, member in (("/v2/customers", "firstName"), ("/v2/coupon/series", "description")):
            body = json.dumps(BODIES[path[1:]] | {member: value})
            assert series_api.post(path, body).status_code == 400
    assert (Customer.objects.count(), Series.objects.count()) == before


@pytest.mark.usefixtures("_one_transaction")
@settings(
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(WRITES), JSON)
def test_no_json_breaks_a_write(series_api: Caller, write: tuple[str, str], value: Any) -> None:
    method, route = write
    check(series_api.call(method, path_of(route), json.dumps(value)), value)
