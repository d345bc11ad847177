from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from series.models import Series, Tally
from tests.conftest import Caller
from tests.factories import make_series

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


def listed(api: Caller, query: str = "") -> list[int]:
    """The ids of the series that a query lists."""
    response = api.get(f"/v2/coupon/series{query}")
    assert response.status_code == 200, response.content
    assert response.json().keys() == {"entity", "warnings"}
    assert response.json()["warnings"] == []
    return [series["id"] for series in response.json()["entity"]]


def test_it_reads_one_series(client_api: Caller) -> None:
    series = make_series(description="One")

    response = client_api.get(f"/v2/coupon/series/{series.pk}")

    assert response.status_code == 200
    assert response.json()["description"] == "One"
    [entity] = client_api.get("/v2/coupon/series").json()["entity"]
    assert entity == response.json()


@pytest.mark.parametrize("series_id", [0, 4711, 2**63, 10**30])
def test_it_refuses_an_unknown_series(client_api: Caller, series_id: int) -> None:
    response = client_api.get(f"/v2/coupon/series/{series_id}")

    assert response.status_code == 400
    assert response.json() == {
        "errors": [{"status": False, "code": 707, "message": "Coupon Series ID is invalid"}]
    }


def test_it_lists_the_newest_first_in_pages(client_api: Caller) -> None:
    ids = [make_series().pk for _ in range(5)][::-1]

    assert listed(client_api) == ids
    assert listed(client_api, "?limit=2") == ids[:2]
    assert listed(client_api, "?limit=2&offset=3") == ids[3:]
    assert listed(client_api, "?offset=5") == []
    assert listed(client_api, "?format=json") == ids


def test_a_page_has_a_hundred_unless_said_otherwise(client_api: Caller) -> None:
    for _ in range(101):
        make_series()

    assert len(listed(client_api)) == 100
    assert len(listed(client_api, "?limit=1000")) == 101


def test_ids_may_be_repeated_or_stand_in_a_list(client_api: Caller) -> None:
    a, b, c, _ = (make_series().pk for _ in range(4))

    assert listed(client_api, f"?ids={a}") == [a]
    assert listed(client_api, f"?ids={a}&ids={b}&ids=4711") == [b, a]
    assert listed(client_api, f"?ids={a},{b},&ids={c}") == [c, b, a]
    assert listed(client_api, f"?ids={2**63 - 1}") == []
    assert len(listed(client_api, "?ids=")) == 4


def test_it_tells_active_from_expired(client_api: Caller) -> None:
    past = make_series(valid_till_date=YESTERDAY).pk
    today = make_series(valid_till_date=YESTERDAY + timedelta(days=1)).pk
    endless = make_series(valid_till_date=None).pk

    assert listed(client_api, "?status=ACTIVE") == [endless, today]
    assert listed(client_api, "?status=EXPIRED") == [past]
    assert listed(client_api, f"?status=ACTIVE&ids={past},{today}") == [today]


def test_it_finds_a_series_by_its_code(client_api: Caller) -> None:
    series = make_series(series_code="453163F75E8C4A2EAA2E")
    make_series()

    assert listed(client_api, "?seriesCode=453163F75E8C4A2EAA2E") == [series.pk]
    assert listed(client_api, "?seriesCode=4711") == []


PAGE = "Ensure this value is less than or equal to"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?ids=x", "ids: Ids like 10,20 are expected."),
        ("?ids=1,-2", "ids: Ids like 10,20 are expected."),
        (f"?ids={2**63}", "ids: Ids like 10,20 are expected."),
        ("?ids=%00", "ids: Ids like 10,20 are expected."),
        ("?ids=%ED%A0%80", "ids: Ids like 10,20 are expected."),
        ("?seriesCode=%00", "seriesCode: Null characters are not allowed."),
        (
            "?status=OVER",
            "status: Select a valid choice. OVER is not one of the available choices.",
        ),
        ("?limit=0", "limit: Ensure this value is greater than or equal to 1."),
        ("?limit=1001", f"limit: {PAGE} 1000."),
        ("?limit=x", "limit: A valid integer is required."),
        ("?limit=", "limit: A valid integer is required."),
        ("?offset=-1", "offset: Ensure this value is greater than or equal to 0."),
        (f"?offset={2**64}", f"offset: {PAGE} 2147483647."),
    ],
)
def test_it_refuses_a_bad_query(client_api: Caller, query: str, message: str) -> None:
    response = client_api.get(f"/v2/coupon/series{query}")

    assert response.status_code == 400
    assert response.json() == {"errors": [{"status": False, "code": 756, "message": message}]}


def tally(series: Series, **columns: Any) -> None:
    Tally.objects.create(series=series, at=datetime.now(UTC), **columns)


def test_it_counts_what_was_not_folded_yet(client_api: Caller) -> None:
    open_series = make_series(num_issued=10, num_redeemed=1)
    tally(open_series, issued=3)
    tally(open_series, issued=4)
    tally(open_series, redeemed=2)
    capped = make_series(max_create=100, num_issued=20)
    tally(capped, issued=5, counted=True)
    pins = make_series(client_handling_type="DISC_CODE_PIN", num_uploaded_total=9)
    tally(pins, issued=2)

    counts = {
        series["id"]: [
            series[member]
            for member in ("numIssued", "numTotal", "numRedeemed", "numUploadedNonIssued")
        ]
        for series in client_api.get("/v2/coupon/series").json()["entity"]
    }

    assert counts == {
        open_series.pk: [17, 17, 3, 0],
        capped.pk: [20, 20, 0, 0],
        pins.pk: [2, 2, 0, 7],
    }


def test_it_shows_when_a_series_was_used(client_api: Caller) -> None:
    issued, redeemed = datetime(2026, 5, 9, tzinfo=UTC), datetime(2026, 5, 10, 1, 2, 3, tzinfo=UTC)
    series = make_series(latest_issued_at=issued, latest_redeemed_at=redeemed)

    answer = client_api.get(f"/v2/coupon/series/{series.pk}").json()

    assert answer["latestIssualTime"] == 1_778_284_800_000
    assert answer["latestRedemptionTime"] == 1_778_374_923_000
    assert answer["lastUsed"] == "2026-05-10T01:02:03Z"


def test_a_list_takes_as_many_queries_as_one(
    client_api: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_series(valid_till_date=date(2030, 1, 1))
    listed(client_api)

    with django_assert_num_queries(1):
        listed(client_api)
