"""What stands in the log: a line for every request, and nothing that a customer or a till sent."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import shared_task
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client

from couponadmin import api
from couponadmin.logs import Line, about_batch
from couponadmin.middleware import RequestIdFilter
from tests.conftest import Caller
from tests.factories import make_customer, make_series

MOBILE, EMAIL, NAME = "919812345678", "maya.private@example.org", "Mayapriya"
EXTERNAL_ID, CODE = "LOYALTY-77-PRIVATE", "SECRETCODE99"
PERSON = {"mobile": MOBILE, "email": EMAIL, "externalId": EXTERNAL_ID}
PRIVATE = ("9812345678", "maya.private", NAME, EXTERNAL_ID, CODE, "private-note")


class Log(io.StringIO):
    """What was written; `lines()` are the JSON objects that it consists of."""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def of_requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["logger"] == "couponadmin.request"]


@contextmanager
def written(form: str) -> Iterator[Log]:
    """Everything that reaches the log meanwhile, as LOG_FORMAT has it."""
    log = Log()
    handler = logging.StreamHandler(log)
    handler.setFormatter(Line(form))
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)
    try:
        yield log
    finally:
        logging.getLogger().removeHandler(handler)


@pytest.fixture
def log() -> Iterator[Log]:
    with written("json") as log:
        yield log


def test_it_writes_one_line_per_request(client_api: Caller, log: Log) -> None:
    client_api.get("/v2/coupon/series/77?limit=5", x_request_id="till-7")

    [line] = log.of_requests()
    assert line.pop("time")[-6:] == "+00:00"
    assert 0 < line.pop("ms") < 60_000
    assert line == {
        "level": "INFO",
        "logger": "couponadmin.request",
        "message": "request",
        "request": "till-7",
        "method": "GET",
        "route": "/v2/coupon/series/<int:series_id>",
        "status": 400,
        "client": client_api.client.client_id,
    }


@pytest.mark.parametrize("path", ["/9812345678", "/v2/coupon/SECRETCODE99", "/admin/nothing/"])
@pytest.mark.django_db
def test_a_path_that_is_no_address_is_not_told(client: Client, log: Log, path: str) -> None:
    client.get(path)

    assert path not in log.getvalue()
    assert log.of_requests()


def test_methods_that_nobody_knows_are_not_told(client_api: Caller, log: Log) -> None:
    client_api.call("SECRETCODE99", "/v2/coupon/issue", b"")

    [line] = log.of_requests()
    assert (line["method"], line["status"]) == ("OTHER", 405)


def till_day(api: Caller) -> Iterator[int]:
    """Calls that go well and calls that do not, full of what must not be told."""
    yield api.post("/v2/customers", PERSON | {"firstName": NAME, "fields": {"a": "private-note"}})
    yield api.post("/v2/customers", PERSON | {"firstName": NAME})
    yield api.get(f"/v2/customers?mobile={MOBILE}&email={EMAIL}")
    yield api.get(f"/v2/customers/{MOBILE}")
    series = make_series(is_multiple_vouchers_per_user_allowed=True)
    ask = {"seriesId": series.pk, "customer": PERSON}
    yield api.post("/v2/coupon/issue", ask)
    yield api.post("/v2/coupon/issue/multiple", ask | {"count": 2, "metadata": {"notes": NAME}})
    yield api.post("/v2/coupon/bulk/issue?source=private-note", {"seriesIds": [series.pk]} | ask)
    yield api.post("/v2/coupon/issue", {"seriesId": NAME, "customer": {"mobile": [MOBILE]}})
    yield api.post("/v2/coupon/issue", f'{{"customer": "{MOBILE}", broken')
    yield api.get(f"/v2/coupon?couponCodes={CODE}")
    yield api.post("/v2/coupon/revoke", {"couponCodes": [CODE], "customer": PERSON})
    yield api.get(f"/v2/customers/coupons?mobile={MOBILE}", idempotency_key=CODE)
    yield api.post("/v2/coupon/issue", ask, authorization=f"Bearer {CODE}")
    yield api.post("/v2/coupon/issue", ask, host=f"{CODE}.example.org")


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_tells_who_bought_or_what_they_got(client_api: Caller, form: str) -> None:
    with written(form) as log:
        answers = list(till_day(client_api))

    text = log.getvalue().lower()
    assert len(text.splitlines()) >= len(answers)
    assert [word for word in PRIVATE if word.lower() in text] == []
    assert client_api.secret not in text


@pytest.mark.urls("tests.sketch")
def test_a_bug_is_told_by_its_type_and_place(
    client_api: Caller, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise KeyError(MOBILE) from ValueError(EMAIL)

    monkeypatch.setattr("tests.sketch.PlaceViewSet.index", fail)
    client_api_without_raise = Client(raise_request_exception=False)
    client_api_without_raise.get("/v2/places", headers={"authorization": client_api.basic})

    [bug] = [line for line in log.lines() if line["level"] == "ERROR"]
    assert bug["error"] == "KeyError from ValueError"
    assert bug["at"].endswith(" fail")
    assert "tests/test_logs.py:" in bug["at"]
    assert bug["message"] == "Internal Server Error: /v2/places"
    assert bug["request"] == log.of_requests()[0]["request"]
    assert [word for word in PRIVATE if word in log.getvalue()] == []


@pytest.mark.django_db
def test_the_databases_words_are_told_without_the_rows_that_they_quote(log: Log) -> None:
    make_customer(mobile=MOBILE)
    try:
        with transaction.atomic():
            make_customer(mobile=MOBILE)
    except IntegrityError as error:
        logging.getLogger("issuance").exception("Not stored: %s", error)

    [line] = log.lines()
    assert line["message"].startswith("Not stored: IntegrityError 23")
    assert MOBILE not in log.getvalue()


def test_why_the_database_does_not_answer_is_told(log: Log) -> None:
    reason = OperationalError("connection refused\nCONTEXT: COPY coupon, line 1: SECRETCODE99")
    logging.getLogger("couponadmin.api").error("The database did not do its part: %s", reason)

    [line] = log.lines()
    told = "The database did not do its part: OperationalError: connection refused"
    assert line["message"] == told


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["40P01", "53100", "57014"])
def test_what_the_database_says_is_told_by_its_number(log: Log, number: str) -> None:
    with pytest.raises(OperationalError) as failed, transaction.atomic(), connection.cursor() as it:
        it.execute(f"DO $$ BEGIN RAISE 'no {CODE}' USING ERRCODE = '{number}'; END $$")

    assert api.refusal(failed.value, {}).status_code == 503

    [line] = log.lines()
    assert line["message"] == f"The database did not do its part: OperationalError {number}"
    assert CODE not in log.getvalue()


@shared_task(name="tests.fail")
def fail(mobile: str) -> None:
    raise RuntimeError(mobile)


def test_a_task_that_fails_is_told_without_what_it_was_given(log: Log) -> None:
    fail.apply([MOBILE], {})

    [line] = [line for line in log.lines() if line["level"] == "ERROR"]
    assert "tests.fail" in line["message"]
    assert line["error"] == "RuntimeError"
    assert MOBILE not in log.getvalue()


def test_lines_about_a_batch_carry_its_id(log: Log) -> None:
    with about_batch(7):
        logging.getLogger("batches").warning("slow")
    logging.getLogger("batches").warning("over")

    inside, outside = log.lines()
    assert inside["batch"] == 7
    assert "batch" not in outside


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("plain", "message=plain"),
        ("two words", 'message="two words"'),
        ("forged\nlevel=ERROR", r'message="forged\nlevel=ERROR"'),
        ('a "quote"', r'message="a \"quote\""'),
        ("é\x1b[31m", r'message="\u00e9\u001b[31m"'),
        ("", 'message=""'),
    ],
    ids=["plain", "words", "line feed", "quotes", "not to be printed", "nothing"],
)
def test_nothing_breaks_out_of_its_line(said: str, line: str) -> None:
    with written("text") as log:
        logging.getLogger("forger").warning("%s", said)

    assert log.getvalue().endswith(f" request=- {line}\n")
    assert log.getvalue().count("\n") == 1


def test_statements_are_not_logged_with_their_values(client_api: Caller, log: Log) -> None:
    with connection.execute_wrapper(quoting):
        client_api.get(f"/v2/customers?mobile={MOBILE}")

    assert MOBILE not in log.getvalue()


def quoting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    logging.getLogger("django.db.backends").debug("%s; args=%s", sql, params)
    return execute(sql, params, many, context)
