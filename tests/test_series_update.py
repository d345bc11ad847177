import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from series.models import Series, Tally
from series.services import update_series
from tests.conftest import Caller
from tests.factories import make_series

REQUEST = json.loads((Path(__file__).parent / "samples" / "series_create_request.json").read_text())
TODAY = datetime.now(UTC).date()


def put(api: Caller, series: Series, members: Any) -> Any:
    return api.put(f"/v2/coupon/series/{series.pk}", members)


def changed(api: Caller, series: Series, members: Any) -> dict[str, Any]:
    response = put(api, series, members)
    assert response.status_code == 200, response.content
    return response.json()


def test_it_changes_what_is_sent_and_nothing_else(series_api: Caller) -> None:
    series = make_series(info="old", max_vouchers_per_user=3)
    before = series_api.get(f"/v2/coupon/series/{series.pk}").json()

    answer = changed(series_api, series, {"CouponSeriesV2": {"info": "new"}})

    assert answer == before | {"info": "new"}
    assert series_api.get(f"/v2/coupon/series/{series.pk}").json() == answer


def test_what_was_read_can_be_sent_back(series_api: Caller) -> None:
    made = series_api.post("/v2/coupon/series", REQUEST).json()
    read = series_api.get(f"/v2/coupon/series/{made['id']}").json()

    response = series_api.put(f"/v2/coupon/series/{made['id']}", read | {"info": "new"})

    assert response.status_code == 200
    assert response.json() == read | {"info": "new"}


def test_every_other_member_can_change(series_api: Caller) -> None:
    series = make_series()
    frozen = {
        "expiryStrategyType", "expiryStrategyValue", "clientHandlingType", "alphaNumeric",
        "randomCodeLength",
    }  # fmt: skip
    members = {k: v for k, v in REQUEST["CouponSeriesV2"].items() if k not in frozen}

    answer = changed(series_api, series, members)

    dates = {
        "validTillDate": "2029-05-09T00:00:00Z",
        "redemptionValidFrom": "2024-05-17T00:00:00Z",
    }
    expected = members | dates
    assert {member: answer[member] for member in expected} == expected


FROZEN = "This cannot change once the series exists."


@pytest.mark.parametrize(
    ("columns", "sent", "message"),
    [
        ({}, {"expiryStrategyType": "DAYS"}, f"expiryStrategyType: {FROZEN}"),
        ({}, {"expiryStrategyValue": 2}, f"expiryStrategyValue: {FROZEN}"),
        ({}, {"clientHandlingType": "DISC_CODE_PIN"}, f"clientHandlingType: {FROZEN}"),
        ({}, {"genericCode": "NEW"}, f"genericCode: {FROZEN}"),
        (
            {"client_handling_type": "GENERIC", "generic_code": "OLD"},
            {"genericCode": "NEW"},
            f"genericCode: {FROZEN}",
        ),
        ({}, {"alphaNumeric": False}, f"alphaNumeric: {FROZEN}"),
        ({}, {"randomCodeLength": 12}, f"randomCodeLength: {FROZEN}"),
        ({"random_code_length": 12}, {"randomCodeLength": 0}, f"randomCodeLength: {FROZEN}"),
        ({}, {"shortCodeLength": 12}, f"shortCodeLength: {FROZEN}"),
        ({}, {"couponPrefix": "A"}, f"couponPrefix: {FROZEN}"),
        ({}, {"couponSuffix": "A"}, f"couponSuffix: {FROZEN}"),
        ({}, {"isPrefixEnabled": False}, f"isPrefixEnabled: {FROZEN}"),
        ({}, {"isSuffixEnabled": False}, f"isSuffixEnabled: {FROZEN}"),
        ({"num_issued": 5}, {"maxCreate": 4}, "maxCreate: 5 coupons have been issued already."),
        (
            {"num_redeemed": 5},
            {"maxRedeem": 4},
            "maxRedeem: 5 coupons have been redeemed already.",
        ),
        # The merged whole is what counts.
        (
            {"discount_type": "ABS", "discount_value": 500},
            {"discountType": "PERC"},
            "discountValue: A percentage is above 0 and at most 100.",
        ),
        (
            {"min_bill_amount": 10},
            {"maxBillAmount": 9},
            "maxBillAmount: It is below minBillAmount.",
        ),
        (
            {"alpha_numeric": False, "random_code_length": 4, "max_create": 100},
            {"maxCreate": 501},
            "maxCreate: 4 out of 10 letters make 10000 codes; at least 10020 are needed.",
        ),
        ({}, {"validTillDate": "2020-01-01"}, "validTillDate: This day is in the past."),
        ({}, {"description": ""}, "description: This field may not be blank."),
        ({}, {"maxCreate": "x"}, "maxCreate: A valid integer is required."),
    ],
)
def test_it_refuses(
    series_api: Caller, columns: dict[str, Any], sent: dict[str, Any], message: str
) -> None:
    series = make_series(**columns)

    response = put(series_api, series, sent | {"info": "new"})

    assert response.status_code == 400
    assert response.json() == {"errors": [{"status": False, "code": 756, "message": message}]}
    series.refresh_from_db()
    assert (series.info, series.history.count()) == ("", 1)


def test_max_create_may_be_just_what_was_issued(series_api: Caller) -> None:
    series = make_series(num_issued=5)

    assert changed(series_api, series, {"maxCreate": 5})["maxCreate"] == 5
    assert changed(series_api, series, {"maxCreate": -1})["maxCreate"] == -1


def test_a_cap_counts_what_was_not_folded_yet(series_api: Caller) -> None:
    series = make_series(num_issued=5)
    other = make_series()
    for tallied in (series, series, other):
        Tally.objects.create(series=tallied, at=datetime.now(UTC), issued=2)

    refused = put(series_api, series, {"maxCreate": 8})
    answer = changed(series_api, series, {"maxCreate": 9})

    assert refused.status_code == 400
    assert (answer["maxCreate"], answer["numIssued"]) == (9, 9)
    assert Series.objects.get(pk=series.pk).num_issued == 9
    assert list(Tally.objects.values_list("series", flat=True)) == [other.pk]


def test_a_series_that_is_over_may_change_otherwise(series_api: Caller) -> None:
    yesterday = TODAY - timedelta(days=1)
    series = make_series(valid_till_date=yesterday)

    answer = changed(series_api, series, {"info": "new", "validTillDate": f"{yesterday}"})

    assert answer["validTillDate"] == f"{yesterday}T00:00:00Z"
    longer = changed(series_api, series, {"validTillDate": f"{TODAY}"})
    assert longer["validTillDate"] == f"{TODAY}T00:00:00Z"


def test_null_takes_a_date_away(series_api: Caller) -> None:
    series = make_series(redemption_valid_from=TODAY, info="old")

    answer = changed(
        series_api, series, {"validTillDate": None, "redemptionValidFrom": None, "info": None}
    )

    assert (answer["validTillDate"], answer["redemptionValidFrom"]) == (None, None)
    assert answer["info"] == "old"


def test_another_series_code_is_not_taken_away(series_api: Caller) -> None:
    make_series(series_code="mine")
    series = make_series(series_code="yours")

    response = put(series_api, series, {"seriesCode": "mine"})

    assert response.json()["errors"][0]["message"] == "seriesCode: Another series has this code."
    assert changed(series_api, series, {"seriesCode": ""})["seriesCode"] == "yours"


def test_a_change_is_always_later_than_the_one_before(now: datetime, db: None) -> None:
    series = make_series(changed_at=now)

    first = update_series(series.pk, {"info": "1"}, now=now)
    second = update_series(series.pk, {"info": "2"}, now=now - timedelta(hours=1))
    third = update_series(series.pk, {"info": "3"}, now=now + timedelta(hours=1))

    assert now < first.changed_at < second.changed_at < third.changed_at


@pytest.mark.parametrize("series_id", [0, 4711, 2**63, 10**30])
def test_it_refuses_an_unknown_series(series_api: Caller, series_id: int) -> None:
    response = series_api.put(f"/v2/coupon/series/{series_id}", {"info": "new"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == 707


def test_it_needs_write_access(client_api: Caller) -> None:
    series = make_series()

    assert put(client_api, series, {"info": "new"}).status_code == 403
    assert Series.objects.get().info == ""


def test_its_history_names_the_client(series_api: Caller) -> None:
    series = make_series(info="old")

    changed(series_api, series, {"info": "new"})

    latest = series.history.first()
    assert (latest.info, latest.history_change_reason) == ("new", "API client till")


def test_a_full_space_keeps_nobody_from_stopping_the_series(series_api: Caller) -> None:
    series = make_series(alpha_numeric=False, random_code_length=4, num_issued=9_000)

    for change in ({"maxCreate": 9_000}, {"validTillDate": "2036-01-01"}, {"description": "Over"}):
        response = series_api.put(f"/v2/coupon/series/{series.pk}", change)

        assert response.status_code == 200
