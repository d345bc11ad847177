"""`Idempotency-Key`: a request that is sent again gets its first answer again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from couponadmin.models import IdempotencyKey, OrgEntity
from couponadmin.tasks import forget_old_answers
from tests.conftest import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sketch")]
MORNING = datetime.fromisoformat("2026-05-12T08:00:00+00:00")


def create(caller: Caller, key: str, code: str = "a", path: str = "/v2/places") -> HttpResponse:
    return caller.post(path, {"code": code}, idempotency_key=key)


def replayed(response: HttpResponse) -> bool:
    return response.headers.get("Idempotent-Replayed") == "true"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_it_gives_the_first_answer_again(client_api: Caller, method: str) -> None:
    first, again = (
        client_api.call(method, "/v2/places", {"code": "a"}, idempotency_key="key")
        for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (200, 200)
    assert (replayed(first), replayed(again)) == (False, True)
    assert first.content == again.content
    for header in ("Content-Type", "Location", "Cache-Control", "Content-Security-Policy"):
        assert first[header] == again[header]
    assert OrgEntity.objects.count() == 1


@pytest.mark.parametrize("key", ["", "a" * 256, "tab\there", "é", "\x7f"])
def test_it_refuses_a_key_that_is_none(client_api: Caller, key: str) -> None:
    response = create(client_api, key)

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == 756
    assert response.json()["errors"][0]["message"].startswith("Idempotency-Key: ")
    assert not OrgEntity.objects.exists()


@pytest.mark.parametrize("key", ["a", "a" * 255, "two words", "~", "'; DROP TABLE x; --", "%s"])
def test_it_takes_any_printable_key(client_api: Caller, key: str) -> None:
    assert create(client_api, key).status_code == 200
    assert replayed(create(client_api, key))


def test_it_refuses_the_key_for_another_request(client_api: Caller) -> None:
    create(client_api, "key")
    others = [
        create(client_api, "key", code="b"),
        create(client_api, "key", path="/v2/places?source=x"),
        create(client_api, "key", path="/v2/places/refused"),
        client_api.put("/v2/places", {"code": "a"}, idempotency_key="key"),
    ]

    assert [response.status_code for response in others] == [422] * 4
    assert others[0].json()["errors"][0]["code"] == 422
    assert OrgEntity.objects.count() == 1


def test_a_method_that_is_not_served_is_no_other_request(client_api: Caller) -> None:
    create(client_api, "key")

    assert create(client_api, "key", path="/v2/places/issue").status_code == 405
    assert create(client_api, "", path="/v2/places/issue").status_code == 405


def test_a_key_is_the_clients_own(client_api: Caller, series_api: Caller) -> None:
    create(client_api, "key", code="a")

    assert not replayed(create(series_api, "key", code="b"))
    assert OrgEntity.objects.count() == 2


def test_it_gives_a_refusal_again_and_stores_nothing_else(client_api: Caller) -> None:
    first, again = (create(client_api, "key", path="/v2/places/refused") for _ in range(2))

    assert (first.status_code, again.status_code) == (400, 400)
    assert first.json()["errors"][0]["code"] == 707
    assert first.content == again.content
    assert replayed(again)
    assert not OrgEntity.objects.exists()


def test_it_gives_a_refusal_with_200_again(client_api: Caller, settings: Any) -> None:
    settings.REFUSAL_HTTP_STATUS = 200
    first, again = (create(client_api, "key", path="/v2/places/refused") for _ in range(2))

    assert (first.status_code, again.status_code, replayed(again)) == (200, 200, True)
    assert not OrgEntity.objects.exists()


def test_it_gives_the_refusal_of_a_malformed_body_again(client_api: Caller) -> None:
    first, again = (client_api.post("/v2/places", b"{", idempotency_key="k") for _ in range(2))

    assert (first.status_code, replayed(again)) == (400, True)
    assert first.content == again.content


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/v2/places", {"authorization": ""}, 401),
        ("/v2/places/write", {}, 403),
        ("/v2/places/absent", {}, 404),
        ("/v2/places/issue", {}, 405),
        ("/v2/places/conflict", {}, 409),
        ("/v2/places", {"content_type": "text/plain"}, 415),
    ],
)
def test_it_does_not_keep_what_may_go_well_the_next_time(
    client_api: Caller, path: str, sent: dict[str, str], status: int
) -> None:
    for _ in range(2):
        response = client_api.post(path, {"code": "a"}, idempotency_key="key", **sent)
        assert response.status_code == status
        assert not replayed(response)
    assert not IdempotencyKey.objects.exists()
    assert not OrgEntity.objects.exists()


def test_a_bug_leaves_neither_work_nor_answer(client_api: Caller) -> None:
    sent = {"Authorization": client_api.basic, "Idempotency-Key": "key"}

    response = Client(raise_request_exception=False).post("/v2/places/bug", headers=sent)

    assert response.status_code == 500
    assert not OrgEntity.objects.exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_leaves_neither_work_nor_answer(client_api: Caller) -> None:
    response = create(client_api, "key", path="/v2/places/cut")
    connection.close()

    assert response.status_code == 503
    assert not OrgEntity.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_get_takes_no_key(client_api: Caller) -> None:
    assert not replayed(client_api.get("/v2/places", idempotency_key="key"))
    assert not replayed(client_api.get("/v2/places", idempotency_key="key"))
    assert not IdempotencyKey.objects.exists()


def test_it_knows_an_answer_for_24_hours(client_api: Caller) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        create(client_api, "key", code="a")
        clock.shift(24 * 3600 - 1)
        assert replayed(create(client_api, "key", code="a"))

        clock.shift(1)
        assert not replayed(create(client_api, "key", code="b"))
        assert replayed(create(client_api, "key", code="b"))
    assert OrgEntity.objects.count() == 2


def test_the_sweep_forgets_what_is_no_longer_given(client_api: Caller) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        create(client_api, "old", code="a")
        clock.shift(1)
        create(client_api, "young", code="b")
        clock.shift(24 * 3600 - 1)
        forget_old_answers()

    assert IdempotencyKey.objects.get().key == "young"


def test_a_key_costs_two_statements_and_its_absence_none(
    client_api: Caller, django_assert_num_queries: Callable[[int], Any]
) -> None:
    client_api.get("/v2/places")

    with django_assert_num_queries(1):
        client_api.post("/v2/places", {"code": "a"})
    # The test's own transaction makes of BEGIN and COMMIT a savepoint and its release.
    with django_assert_num_queries(1 + 2 + 2):
        create(client_api, "key", code="b")
    with django_assert_num_queries(1 + 2):
        create(client_api, "key", code="b")
