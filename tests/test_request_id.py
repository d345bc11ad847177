"""Every request has an id, in its answer and in every log line that it causes."""

import logging
import re

import pytest
from django.test import Client

from couponadmin.middleware import RequestIdFilter, current_request_id


def test_it_gives_the_id_back(client: Client) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "till-7/2026:00.1_a=+"})

    assert response["X-Request-ID"] == "till-7/2026:00.1_a=+"


@pytest.mark.parametrize("sent", ["", " ", "a b", "a" * 101, "a\tb", "é", "a%0aERROR forged"])
def test_it_makes_an_id_where_none_can_be_used(client: Client, sent: str) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": sent})

    assert re.fullmatch("[0-9a-f]{32}", response["X-Request-ID"])


def test_it_makes_another_id_for_every_request(client: Client) -> None:
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]


def test_log_lines_of_a_refusal_carry_the_id(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.filtering(RequestIdFilter()):
        client.get("/nothing", headers={"X-Request-ID": "abc"})

    assert [record.request_id for record in caplog.records] == ["abc"]


def test_log_lines_inside_and_outside_of_a_request_differ() -> None:
    record = logging.makeLogRecord({})

    token = current_request_id.set("abc")
    RequestIdFilter().filter(record)
    inside = record.request_id
    current_request_id.reset(token)
    RequestIdFilter().filter(record)

    assert (inside, record.request_id) == ("abc", "-")
