"""`Idempotency-Key`, when requests with the same key arrive at the same time."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse

from couponadmin.idempotency import Claim, stored_answer
from couponadmin.models import IdempotencyKey, OrgEntity
from tests.conftest import Caller
from tests.test_idempotency import create, replayed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.sketch")]


def test_the_work_is_done_once_when_32_ask_at_once(
    client_api: Caller, at_once: Callable[..., list[Any]]
) -> None:
    for key in ("a", "b", "c", "d"):
        answers = at_once([lambda key=key: create(client_api, key, code=key)] * 32)

        done = [answer for answer in answers if answer.status_code == 200]
        busy = [answer for answer in answers if answer.status_code == 409]
        assert len(done) + len(busy) == 32
        assert len({answer.content for answer in done}) == 1
        assert [replayed(answer) for answer in done].count(False) == 1
        assert all(answer["Retry-After"] == "1" for answer in busy)
        assert OrgEntity.objects.filter(code=key).count() == 1
        assert replayed(create(client_api, key, code=key))


def test_a_refusal_is_one_answer_when_32_ask_at_once(
    client_api: Caller, at_once: Callable[..., list[Any]]
) -> None:
    answers = at_once([lambda: create(client_api, "k", path="/v2/places/refused")] * 32)

    refused = [answer for answer in answers if answer.status_code == 400]
    assert {answer.status_code for answer in answers} <= {400, 409}
    assert len({answer.content for answer in refused}) == 1
    assert IdempotencyKey.objects.get().status == 400
    assert not OrgEntity.objects.exists()


def test_different_keys_do_not_wait_for_each_other(
    client_api: Caller, at_once: Callable[..., list[Any]]
) -> None:
    calls = [lambda n=n: create(client_api, f"key {n}", code=str(n)) for n in range(32)]

    assert [answer.status_code for answer in at_once(calls)] == [200] * 32
    assert OrgEntity.objects.count() == 32


def test_it_says_that_the_first_request_is_still_running(
    client_api: Caller, at_once: Callable[..., list[Any]], now: datetime
) -> None:
    claim = Claim(client_api.client.pk, "key", b"", now)

    def first() -> None:
        with transaction.atomic():
            stored_answer(claim)
            time.sleep(0.5)

    def second() -> HttpResponse:
        time.sleep(0.2)
        return create(client_api, "key")

    [_, response] = at_once([first, second])

    assert response.status_code == 409
    assert response["Retry-After"] == "1"
    assert response.json()["errors"][0]["code"] == 409
    assert not OrgEntity.objects.exists()


def test_who_was_overtaken_gives_the_first_answer(client_api: Caller) -> None:
    theirs = create(client_api, "theirs", code="a")
    overtaking = Overtaking()

    with connection.execute_wrapper(overtaking):
        ours = create(client_api, "ours", code="a")

    assert overtaking.looks == 2
    assert ours.content == theirs.content
    assert replayed(ours)
    assert OrgEntity.objects.count() == 1


class Overtaking:
    """Stores the answer of another request as soon as the first look at our key is over."""

    looks = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "pg_try_advisory_xact_lock" in sql:
            self.looks += 1
            if self.looks == 1:
                store_again(as_key="ours")
        return result


def store_again(*, as_key: str) -> None:
    """Copies the one stored answer to another key, over a connection of its own."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO couponadmin_idempotencykey"
                " (client_id, key, request_hash, status, body, created_at)"
                " SELECT client_id, %s, request_hash, status, body, created_at"
                " FROM couponadmin_idempotencykey",
                [as_key],
            )
    finally:
        other.close()
