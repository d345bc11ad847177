"""POST /v2/coupon/hold, /v2/coupon/hold/commit and /v2/coupon/hold/cancel"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from customers.models import Customer
from issuance.models import Coupon
from redemption.models import Hold, Redemption, Refusal
from series.models import Series
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import MANY, REPEATED, coupons_of

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/hold"
COMMIT = "/v2/coupon/hold/commit"
CANCEL = "/v2/coupon/hold/cancel"
REDEEM = "/v2/coupon/redeem"


@pytest.fixture
def customer() -> Customer:
    return make_customer(mobile="919876500001")


def request(*codes: str, **members: Any) -> dict[str, Any]:
    return {
        "redemptionRequestList": [{"code": code} for code in codes],
        "billAmount": 2000,
        "transactionNumber": "T1",
        "user": {"mobile": "919876500001"},
    } | members


def refused(response: Any) -> list[int]:
    assert response.status_code == 400
    return [error["code"] for error in response.json()["errors"]]


def hold(caller: Caller, *codes: str, **members: Any) -> list[int]:
    answer = caller.post(URL, request(*codes, **members)).json()
    return [entry["holdId"] for entry in answer["hold"]]


def test_it_keeps_the_coupon_for_the_transaction(
    client_api: Caller, customer: Customer, now: datetime
) -> None:
    [coupon] = coupons_of(make_series(), customer)

    with time_machine.travel(now, tick=False):
        response = client_api.post(URL, request(coupon.code))

    [entry] = response.json()["hold"]
    stored = Hold.objects.get()
    assert response.status_code == 200
    assert (entry["holdId"], entry["redemptionId"]) == (stored.pk, None)
    assert (entry["code"], entry["discount"], entry["billAmount"]) == (coupon.code, 500, 2000)
    assert entry["redemptionStatus"]["code"] == 700
    assert stored.expires_at == now + timedelta(minutes=15)
    assert not Redemption.objects.exists()
    assert Coupon.objects.get().redemption_count == 0


def test_meanwhile_another_till_is_refused_and_told_until_when(
    client_api: Caller, new_caller: Callable[..., Caller], customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    hold(client_api, coupon.code)

    response = new_caller().post(REDEEM, request(coupon.code))

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, 711)
    assert error["reasons"][0]["nextValidTime"] is not None
    assert not Redemption.objects.exists()


def test_committing_redeems_at_the_terms_of_the_hold(
    client_api: Caller, customer: Customer
) -> None:
    series = make_series(max_redeem=1)
    [coupon] = coupons_of(series, customer)
    ids = hold(client_api, coupon.code)
    Series.objects.update(valid_till_date="2020-01-01", min_bill_amount=9999)

    response = client_api.post(COMMIT, {"holdIds": ids})

    [entry] = response.json()["redemption"]
    stored = Redemption.objects.get()
    assert entry["redemptionId"] == stored.pk
    assert (entry["discount"], entry["redemptionStatus"]["code"]) == (500, 700)
    assert (stored.hold_id, stored.transaction_number, stored.customer) == (*ids, "T1", customer)
    assert Hold.objects.get().committed_at == stored.redeemed_at
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 1


def test_committing_names_the_customer_and_the_transaction(
    client_api: Caller, customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)

    done, again = (client_api.post(COMMIT, {"holdIds": ids}).json() for _ in range(2))

    for answer in (done, again):
        assert answer["customer"]["id"] == customer.pk
        assert [entry["transactionNumber"] for entry in answer["redemption"]] == ["T1"]


def test_committing_holds_of_several_customers_names_none(
    client_api: Caller, customer: Customer
) -> None:
    other = make_customer(mobile="919876500002")
    series = make_series()
    [one], [two] = coupons_of(series, customer), coupons_of(series, other)
    ids = hold(client_api, one.code)
    ids += hold(client_api, two.code, user={"mobile": other.mobile}, transactionNumber="T2")

    answer = client_api.post(COMMIT, {"holdIds": ids}).json()

    assert answer["customer"] is None
    assert [entry["transactionNumber"] for entry in answer["redemption"]] == ["T1", "T2"]


def test_a_bill_that_changed_during_the_payment_is_given_with_the_commit(
    client_api: Caller, customer: Customer
) -> None:
    percent = {"discount_type": "PERC", "discount_value": 10, "discount_upto": None}
    [coupon] = coupons_of(make_series(**percent), customer)
    ids = hold(client_api, coupon.code)

    done, again = (
        client_api.post(COMMIT, {"holdIds": ids, "billAmount": 1500}).json() for _ in range(2)
    )
    without_bill = client_api.post(COMMIT, {"holdIds": ids}).json()
    other_bill = client_api.post(COMMIT, {"holdIds": ids, "billAmount": 2000})

    for answer in (done, again, without_bill):
        [entry] = answer["redemption"]
        assert (entry["billAmount"], entry["discount"]) == (1500, 150)
    assert refused(other_bill) == [756]
    assert "committed with a bill of 1500.00" in other_bill.json()["errors"][0]["message"]
    stored = Redemption.objects.get()
    assert (stored.bill_amount, stored.discount) == (1500, 150)


def test_discounts_of_holds_are_together_within_the_bill_that_changed(
    client_api: Caller, customer: Customer
) -> None:
    first, second, third = coupons_of(make_series(**MANY), customer, 3)
    ids = hold(client_api, first.code, second.code, third.code)
    client_api.post(COMMIT, {"holdIds": ids[:1], "billAmount": 800})

    client_api.post(COMMIT, {"holdIds": ids, "billAmount": 800})

    discounts = Redemption.objects.order_by("pk").values_list("discount", flat=True)
    assert list(discounts) == [500, 300, 0]


@pytest.mark.parametrize("bill", [2000, 2000.0, "2000", None])
def test_the_bill_of_the_hold_changes_nothing(
    client_api: Caller, customer: Customer, bill: Any
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)
    Series.objects.update(min_bill_amount=9999, changed_at="2030-01-01T00:00:00Z")

    response = client_api.post(COMMIT, {"holdIds": ids, "billAmount": bill})

    assert response.json()["redemption"][0]["discount"] == 500


def test_a_bill_that_the_coupon_is_not_for_breaks_the_hold(
    client_api: Caller, customer: Customer
) -> None:
    first, second = coupons_of(make_series(min_bill_amount=1000, **MANY), customer, 2)
    ids = hold(client_api, first.code, second.code)

    response = client_api.post(COMMIT, {"holdIds": ids, "billAmount": 999})

    assert refused(response) == [733]
    assert response.json()["errors"][0]["message"].startswith(f"holdIds: {ids[0]}")
    assert not Redemption.objects.exists()
    assert Hold.objects.filter(committed_at=None, released_at=None).count() == 2


@pytest.mark.parametrize("members", [{"billamount": 5}, {"transactionNumber": "T2"}])
def test_members_that_committing_does_not_know_are_refused(
    client_api: Caller, customer: Customer, members: dict[str, Any]
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)

    response = client_api.post(COMMIT, {"holdIds": ids} | members)

    assert refused(response) == [756]
    assert response.json()["errors"][0]["message"] == f"{[*members][0]}: There is no such member."
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("bill", [-1, "x", True, 1.2345, 10**18])
def test_a_bill_that_is_none_commits_nothing(
    client_api: Caller, customer: Customer, bill: Any
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)

    response = client_api.post(COMMIT, {"holdIds": ids, "billAmount": bill})

    assert refused(response) == [756]
    assert not Redemption.objects.exists()


def test_each_step_may_be_repeated(client_api: Caller, customer: Customer) -> None:
    first_coupon, second_coupon = coupons_of(make_series(**MANY), customer, 2)

    held = [hold(client_api, first_coupon.code) for _ in range(2)]
    committed = [client_api.post(COMMIT, {"holdIds": held[0]}).json() for _ in range(2)]
    redeemed = client_api.post(REDEEM, request(first_coupon.code)).json()
    held_again = client_api.post(URL, request(first_coupon.code)).json()
    other = hold(client_api, second_coupon.code)
    cancelled = [client_api.post(CANCEL, {"holdIds": other}).json() for _ in range(2)]

    assert held[0] == held[1]
    ids = [answer["redemption"][0]["redemptionId"] for answer in (*committed, redeemed)]
    assert set(ids) == {Redemption.objects.get().pk}
    assert held_again["hold"][0]["redemptionId"] == ids[0]
    assert held_again["hold"][0]["holdId"] == held[0][0]
    assert cancelled[0] == cancelled[1]
    assert Hold.objects.count() == 2


def test_redeeming_with_the_transaction_of_a_hold_commits_it(
    client_api: Caller, customer: Customer
) -> None:
    series = make_series(max_redeem=1, max_redemptions_in_series_per_user=1)
    [coupon] = coupons_of(series, customer)
    [hold_id] = hold(client_api, coupon.code)

    response = client_api.post(REDEEM, request(coupon.code))

    assert response.status_code == 200
    assert Redemption.objects.get().hold_id == hold_id
    assert Hold.objects.get().committed_at is not None
    assert Series.objects.get().num_redeemed == 1


def test_what_is_on_hold_counts_once_beside_another_coupon(
    client_api: Caller, customer: Customer
) -> None:
    series = make_series(max_redeem=2, max_redemptions_in_series_per_user=2, **MANY)
    first, second = coupons_of(series, customer, 2)
    hold(client_api, first.code)

    response = client_api.post(REDEEM, request(first.code, second.code))

    assert response.json()["failureCount"] == 0
    assert Redemption.objects.count() == Series.objects.get().num_redeemed == 2


@pytest.mark.parametrize("url", [URL, REDEEM])
def test_the_same_transaction_with_another_bill_is_refused(
    client_api: Caller, customer: Customer, url: str
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    hold(client_api, coupon.code)

    assert refused(client_api.post(url, request(coupon.code, billAmount=1))) == [756]
    assert not Redemption.objects.exists()
    assert Hold.objects.get().bill_amount == 2000


def test_a_hold_ends_by_itself(client_api: Caller, customer: Customer, now: datetime) -> None:
    series = make_series(max_redeem=1, max_redemptions_in_series_per_user=1)
    [coupon] = coupons_of(series, customer)
    with time_machine.travel(now, tick=False):
        [hold_id] = hold(client_api, coupon.code, minutes=5)

    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        late = client_api.post(COMMIT, {"holdIds": [hold_id]})
        again = client_api.post(URL, request(coupon.code))
        [new_id] = [entry["holdId"] for entry in again.json()["hold"]]
        redeemed = client_api.post(COMMIT, {"holdIds": [new_id]})

    assert refused(late) == [756]
    assert "ended by itself" in late.json()["errors"][0]["message"]
    assert new_id != hold_id
    assert Hold.objects.get(pk=hold_id).released_at == now + timedelta(minutes=5)
    assert redeemed.status_code == 200


def test_a_hold_that_ended_takes_no_room(
    client_api: Caller, new_caller: Callable[..., Caller], customer: Customer, now: datetime
) -> None:
    series = make_series(max_redeem=1, max_redemptions_in_series_per_user=1, **MANY)
    first, second = coupons_of(series, customer, 2)
    other = request(second.code, transactionNumber="T2")
    with time_machine.travel(now, tick=False):
        hold(client_api, first.code, minutes=5)

    with time_machine.travel(now + timedelta(minutes=4), tick=False):
        early = new_caller().post(REDEEM, other)
    with time_machine.travel(now + timedelta(minutes=6), tick=False):
        late = new_caller().post(REDEEM, other)

    reasons = early.json()["errors"][0]["reasons"]
    assert [reason["code"] for reason in reasons] == [736, 728]
    assert late.status_code == 200


def test_cancelling_frees_the_coupon_at_once(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(max_redeem=1), customer)
    ids = hold(client_api, coupon.code)

    response = client_api.post(CANCEL, {"holdIds": ids})
    late = client_api.post(COMMIT, {"holdIds": ids})
    redeemed = client_api.post(REDEEM, request(coupon.code))

    assert [entry["state"] for entry in response.json()["hold"]] == ["CANCELLED"]
    assert refused(late) == [756]
    assert redeemed.status_code == 200
    assert Redemption.objects.get().hold_id is None


def test_what_was_committed_is_not_cancelled(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)
    client_api.post(COMMIT, {"holdIds": ids})

    assert refused(client_api.post(CANCEL, {"holdIds": ids})) == [756]
    assert Hold.objects.get().released_at is None


def test_a_revoked_coupon_breaks_the_hold(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)
    client_api.post("/v2/coupon/revoke", {"couponCodes": [coupon.code]})

    assert refused(client_api.post(COMMIT, {"holdIds": ids})) == [660]
    assert refused(client_api.post(REDEEM, request(coupon.code))) == [660]
    assert not Redemption.objects.exists()


def test_a_cap_that_was_lowered_breaks_the_hold(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(max_redeem=1), customer)
    ids = hold(client_api, coupon.code)
    Series.objects.update(max_redeem=0, changed_at="2030-01-01T00:00:00Z")

    assert refused(client_api.post(COMMIT, {"holdIds": ids})) == [728]
    assert not Redemption.objects.exists()


def test_all_or_none_is_put_on_hold(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)

    response = client_api.post(URL, request(coupon.code, "NOBODYS"))

    assert refused(response) == [749, 702]
    assert not Hold.objects.exists()
    assert Refusal.objects.get().reasons == [702]


def test_all_or_none_is_committed(client_api: Caller, customer: Customer) -> None:
    first, second = coupons_of(make_series(**MANY), customer, 2)
    ids = hold(client_api, first.code, second.code)
    client_api.post(CANCEL, {"holdIds": ids[1:]})

    assert refused(client_api.post(COMMIT, {"holdIds": ids})) == [756]
    assert not Redemption.objects.exists()
    assert client_api.post(COMMIT, {"holdIds": ids[:1] * 2}).json()["totalCount"] == 1


def test_a_coupon_for_many_uses_may_be_on_hold_more_than_once(
    client_api: Caller, customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(**REPEATED, max_redeem=2), customer)
    ids = [hold(client_api, coupon.code, transactionNumber=name)[0] for name in ("", "", "T")[1:]]

    full = client_api.post(URL, request(coupon.code, transactionNumber="U"))
    done = client_api.post(COMMIT, {"holdIds": ids}).json()

    assert refused(full) == [728]
    assert done["totalCount"] == 2
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 2


@pytest.mark.parametrize("url", [COMMIT, CANCEL])
def test_a_hold_of_another_client_is_none(
    client_api: Caller, new_caller: Callable[..., Caller], customer: Customer, url: str
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    ids = hold(client_api, coupon.code)

    assert refused(new_caller().post(url, {"holdIds": ids})) == [756]
    assert Hold.objects.filter(committed_at=None, released_at=None).exists()


@pytest.mark.parametrize("url", [COMMIT, CANCEL])
@pytest.mark.parametrize("ids", [None, [], "1", [0], [-1], [2**63], ["x"], [1] * 51, [[]], [999]])
def test_ids_that_are_none_are_refused(client_api: Caller, url: str, ids: Any) -> None:
    response = client_api.post(url, {"holdIds": ids})

    assert set(refused(response)) == {756}
    assert response.json()["errors"][0]["message"].startswith("holdIds")


@pytest.mark.parametrize("minutes", [0, -1, 1441, "x", None, 1e300])
def test_minutes_are_from_one_to_a_day(
    client_api: Caller, customer: Customer, minutes: Any
) -> None:
    response = client_api.post(URL, request("A", minutes=minutes))

    assert refused(response) == [756]
    assert response.json()["errors"][0]["message"].startswith("minutes: ")
