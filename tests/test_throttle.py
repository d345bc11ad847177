"""How often a client may call in a minute; the count is shared by all web processes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine

from couponadmin.models import ApiClient, RateWindow
from tests.conftest import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sketch")]
NEW_MINUTE = datetime.fromisoformat("2026-05-12T08:00:00+00:00")


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NEW_MINUTE, tick=False) as clock:
        yield clock


def statuses(caller: Caller, path: str, times: int) -> list[int]:
    return [caller.get(path).status_code for _ in range(times)]


def test_it_refuses_what_is_over_the_clients_own_limit(
    new_caller: Callable[..., Caller], clock: Any
) -> None:
    caller = new_caller(rate_per_minute=2)
    clock.shift(48)
    assert statuses(caller, "/v2/places", 2) == [200, 200]

    response = caller.get("/v2/places")

    assert response.status_code == 429
    assert response["Retry-After"] == "12"
    [error] = response.json()["errors"]
    assert error["code"] == 429
    assert "12 seconds" in error["message"]


def test_it_counts_anew_every_minute(new_caller: Callable[..., Caller], clock: Any) -> None:
    caller = new_caller(rate_per_minute=1)
    assert statuses(caller, "/v2/places", 2) == [200, 429]

    clock.shift(60)

    assert statuses(caller, "/v2/places", 2) == [200, 429]


def test_a_machine_whose_clock_is_behind_counts_on(
    new_caller: Callable[..., Caller], clock: Any
) -> None:
    caller = new_caller(rate_per_minute=2)
    assert statuses(caller, "/v2/places", 1) == [200]

    clock.shift(-60)

    assert statuses(caller, "/v2/places", 2) == [200, 429]


def test_single_issue_has_a_limit_of_its_own(
    new_caller: Callable[..., Caller], settings: Any, clock: Any
) -> None:
    settings.RATE_ISSUE_PER_MINUTE, settings.RATE_PER_MINUTE = 1, 2
    caller = new_caller(rate_per_minute=None)

    assert statuses(caller, "/v2/places/issue", 2) == [200, 429]
    assert statuses(caller, "/v2/places", 3) == [200, 200, 429]


def test_one_client_does_not_use_up_anothers_calls(
    new_caller: Callable[..., Caller], clock: Any
) -> None:
    first, second = new_caller(rate_per_minute=1), new_caller(rate_per_minute=1)

    assert statuses(first, "/v2/places", 2) == [200, 429]
    assert statuses(second, "/v2/places", 2) == [200, 429]


def test_no_limit_costs_no_query(
    new_caller: Callable[..., Caller], django_assert_num_queries: Callable[[int], Any]
) -> None:
    free, limited = new_caller(rate_per_minute=0), new_caller(rate_per_minute=100)
    assert [free.get("/v2/places").status_code, limited.get("/v2/places").status_code] == [200, 200]

    with django_assert_num_queries(0):
        free.get("/v2/places")
    with django_assert_num_queries(1):
        limited.get("/v2/places")
    assert set(RateWindow.objects.values_list("client", flat=True)) == {limited.client.pk}


@pytest.mark.django_db(transaction=True)
def test_it_counts_exactly_when_many_call_at_once(
    new_caller: Callable[..., Caller], at_once: Callable[..., list[Any]], clock: Any
) -> None:
    caller = new_caller(rate_per_minute=10)

    answers = at_once([lambda: caller.get("/v2/places").status_code] * 32)

    assert sorted(answers) == [200] * 10 + [429] * 22
    assert RateWindow.objects.get().hits == 32


def test_refused_calls_do_no_work(new_caller: Callable[..., Caller], clock: Any) -> None:
    caller = new_caller(rate_per_minute=1)
    caller.get("/v2/places")

    refused = caller.post("/v2/places", b"{", idempotency_key="a")

    assert refused.status_code == 429
    assert ApiClient.objects.get().idempotencykey_set.count() == 0
