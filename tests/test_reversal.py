"""POST /v2/coupon/reactivate"""

from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from customers.models import Customer
from issuance.models import Coupon
from redemption.models import Hold, Redemption
from redemption.services import reverse
from series.models import Series
from series.tallies import fold_tallies
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import MANY, REPEATED, coupons_of

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/reactivate"
REDEEM = "/v2/coupon/redeem"
HOLD = "/v2/coupon/hold"
once_per_transaction = import_module("redemption.migrations.0004_once_per_transaction")


@pytest.fixture
def customer() -> Customer:
    return make_customer(mobile="919876500001")


def sale(*codes: str, transaction: str = "T1") -> dict[str, Any]:
    return {
        "redemptionRequestList": [{"code": code} for code in codes],
        "billAmount": 2000,
        "transactionNumber": transaction,
        "user": {"mobile": "919876500001"},
    }


def redeem(caller: Caller, *codes: str, transaction: str = "T1") -> list[int]:
    answer = caller.post(REDEEM, sale(*codes, transaction=transaction)).json()
    return [entry["redemptionId"] for entry in answer["redemption"]]


def refused(response: Any) -> list[int]:
    assert response.status_code == 400
    return [error["code"] for error in response.json()["errors"]]


@pytest.mark.parametrize("terms", [{}, {"max_redeem": 1}])
def test_it_gives_the_coupon_back_and_the_counters_follow(
    client_api: Caller, customer: Customer, terms: dict[str, int]
) -> None:
    [coupon] = coupons_of(make_series(**terms), customer)
    ids = redeem(client_api, coupon.code)

    response = client_api.post(URL, {"redemptionIds": ids, "reason": "Goods returned"})

    [entry] = response.json()["redemption"]
    stored = Redemption.objects.get()
    assert response.status_code == 200
    assert (entry["redemptionId"], entry["code"], entry["reason"]) == (
        stored.pk,
        coupon.code,
        "Goods returned",
    )
    assert entry["redemptionStatus"]["code"] == 700
    assert stored.reversed_at is not None
    assert stored.reversed_by_client == client_api.client
    assert stored.reversal_reason == "Goods returned"
    fold_tallies()
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 0
    [again] = redeem(client_api, coupon.code, transaction="T2")
    assert again > stored.pk


def test_reversing_again_changes_nothing(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(**REPEATED, max_redeem=5), customer)
    ids = redeem(client_api, coupon.code)
    redeem(client_api, coupon.code, transaction="T2")
    first = client_api.post(URL, {"redemptionIds": ids, "reason": "first"}).json()

    again = client_api.post(URL, {"redemptionIds": ids, "reason": "second"}).json()

    assert again == first
    assert Redemption.objects.get(pk=ids[0]).reversal_reason == "first"
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 1


@pytest.mark.parametrize("url", [REDEEM, "/v2/coupon/bulk/redeem"])
def test_a_late_repeat_of_a_sale_does_not_spend_what_was_given_back(
    client_api: Caller, customer: Customer, url: str
) -> None:
    [coupon] = coupons_of(make_series(max_redeem=1), customer)
    [number] = redeem(client_api, coupon.code)
    [back] = client_api.post(URL, {"redemptionIds": [number]}).json()["redemption"]

    late = client_api.post(url, sale(coupon.code))

    [entry] = late.json()["redemption"]
    assert (late.status_code, entry["redemptionId"]) == (200, number)
    assert entry["reversedAt"] == back["reversedAt"]
    assert f"given back on {back['reversedAt']}" in entry["warnings"][1]
    assert Redemption.objects.get().reversed_at is not None
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 0


def test_a_late_repeat_of_a_hold_does_not_keep_what_was_given_back(
    client_api: Caller, customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    [number] = redeem(client_api, coupon.code)
    client_api.post(URL, {"redemptionIds": [number]})

    [entry] = client_api.post(HOLD, sale(coupon.code)).json()["hold"]

    assert (entry["holdId"], entry["redemptionId"]) == (None, number)
    assert "given back" in entry["warnings"][1]
    assert not Hold.objects.exists()


def test_committing_again_says_that_it_was_given_back(
    client_api: Caller, customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    [held] = client_api.post(HOLD, sale(coupon.code)).json()["hold"]
    ids = {"holdIds": [held["holdId"]]}
    [done] = client_api.post(f"{HOLD}/commit", ids).json()["redemption"]
    client_api.post(URL, {"redemptionIds": [done["redemptionId"]]})

    [again] = client_api.post(f"{HOLD}/commit", ids).json()["redemption"]

    assert again["redemptionId"] == done["redemptionId"]
    assert "given back" in again["warnings"][1]
    assert Coupon.objects.get().redemption_count == 0


def test_redemptions_that_one_transaction_did_twice_are_kept_as_they_are(
    client_api: Caller, customer: Customer, now: datetime
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    row = {"coupon_id": coupon.id, "series": Series.objects.get(), "bill_amount": 9, "discount": 1}
    row |= {"client": client_api.client, "redeemed_at": now}
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX redemption_once_per_transaction")
        for number, back in (("T1", now), ("T1", None), ("T2", now), ("T3", now), ("", now)):
            Redemption.objects.create(**row, transaction_number=number, reversed_at=back)
        del row["redeemed_at"]
        Hold.objects.create(**row, transaction_number="T3", created_at=now, expires_at=now)

        cursor.execute(once_per_transaction.MARK)

    marked = Redemption.objects.order_by("pk").values_list("superseded", flat=True)
    assert list(marked) == [True, False, False, True, False]


def test_several_are_given_back_together(client_api: Caller, customer: Customer) -> None:
    capped, free = make_series(max_redeem=5, **MANY), make_series(**MANY)
    codes = [
        coupon.code for coupon in coupons_of(capped, customer, 2) + coupons_of(free, customer, 2)
    ]
    ids = redeem(client_api, *codes)

    client_api.post(URL, {"redemptionIds": ids})

    fold_tallies()
    assert set(Coupon.objects.values_list("redemption_count", flat=True)) == {0}
    assert set(Series.objects.values_list("num_redeemed", flat=True)) == {0}


def test_an_unknown_one_refuses_all(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = redeem(client_api, coupon.code)

    response = client_api.post(URL, {"redemptionIds": [*ids, 2**62]})

    assert refused(response) == [510]
    assert str(2**62) in response.json()["errors"][0]["message"]
    assert Redemption.objects.get().reversed_at is None
    assert Coupon.objects.get().redemption_count == 1


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "redemptionIds"),
        ({"redemptionIds": []}, "redemptionIds"),
        ({"redemptionIds": 5}, "redemptionIds"),
        ({"redemptionIds": ["x"]}, "redemptionIds"),
        ({"redemptionIds": [2**63]}, "redemptionIds"),
        ({"redemptionIds": [1] * 51}, "redemptionIds"),
        ({"redemptionIds": [1], "reason": "x" * 251}, "reason"),
    ],
)
def test_bad_input_gets_the_envelope(client_api: Caller, body: dict[str, Any], member: str) -> None:
    response = client_api.post(URL, body)

    assert refused(response) == [756]
    assert response.json()["errors"][0]["message"].startswith(member)


def test_a_person_may_reverse_too(
    client_api: Caller, customer: Customer, now: datetime, django_user_model: Any
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = redeem(client_api, coupon.code)
    person = django_user_model.objects.create_user("grace")

    [done] = reverse(ids, user_id=person.pk, reason="Asked for it", now=now)

    assert (done.reversed_at, done.reason) == (now, "Asked for it")
    assert Redemption.objects.get().reversed_by_user == person
