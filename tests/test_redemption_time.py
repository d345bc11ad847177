"""`redemptionTime`: a till without a network tells later what happened, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from couponadmin.times import api_time, end_of_day, local_date
from customers.models import Customer
from issuance.models import Coupon
from redemption.models import Hold, Redemption, Refusal
from series.models import Tally
from tests.conftest import Caller
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/redeem"
TODAY = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


@pytest.fixture
def customer() -> Customer:
    return make_customer()


def request(coupon: Coupon, at: datetime | str | None) -> dict[str, Any]:
    return {
        "redemptionRequestList": [{"code": coupon.code}],
        "billAmount": 1000,
        "user": {"id": coupon.customer_id},
        "redemptionTime": api_time(at) if isinstance(at, datetime) else at,
    }


def numbers(response: Any) -> list[int]:
    if response.status_code == 200:
        return [700]
    [error] = response.json()["errors"]
    return [reason["code"] for reason in error["reasons"]]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ago(2.5), [700]),
        (ago(3), [700]),
        (ago(3) - timedelta(minutes=5), [700]),
        (ago(3) - timedelta(minutes=5, seconds=1), [739]),
        (ago(20), [739]),
        (ago(1), [713]),
        (None, [713]),
    ],
)
def test_an_expired_coupon_counts_for_sales_between_its_issue_and_its_end(
    client_api: Caller, customer: Customer, told: datetime | None, expected: list[int]
) -> None:
    coupon = make_coupon(customer=customer, issued_at=ago(3), expires_at=ago(2))

    response = client_api.post(URL, request(coupon, told))

    assert numbers(response) == expected
    assert Redemption.objects.count() == (expected == [700])
    assert [refusal.reasons for refusal in Refusal.objects.all()] == [
        expected for _ in range(expected != [700])
    ]


def test_a_sale_before_the_coupon_was_issued_is_told_what_is_wrong(
    client_api: Caller, customer: Customer
) -> None:
    coupon = make_coupon(customer=customer, issued_at=ago(3))

    [error] = client_api.post(URL, request(coupon, ago(4))).json()["errors"]

    assert error["reasons"] == [
        {
            "code": 739,
            "message": "The coupon was not issued yet at that time",
            "needed": api_time(ago(3)),
            "found": api_time(ago(4)),
            "nextValidTime": api_time(ago(3)),
        }
    ]


def test_a_redemption_is_of_the_moment_that_the_till_tells(
    client_api: Caller, customer: Customer
) -> None:
    coupon = make_coupon(customer=customer, issued_at=ago(20))
    began = timezone.now()

    [entry] = client_api.post(URL, request(coupon, ago(5))).json()["redemption"]

    stored = Redemption.objects.get()
    assert entry["redeemedAt"] == api_time(ago(5))
    assert stored.redeemed_at == ago(5)
    assert began <= stored.told_at <= timezone.now()
    # The series counts it on the day when it came.
    assert Tally.objects.get(redeemed=1).at == stored.told_at


def test_without_it_the_redemption_is_of_now(client_api: Caller, customer: Customer) -> None:
    coupon = make_coupon(customer=customer)
    began = timezone.now()

    client_api.post(URL, request(coupon, None))

    stored = Redemption.objects.get()
    assert began <= stored.redeemed_at <= timezone.now()
    assert stored.told_at is None


@pytest.mark.parametrize(
    ("sales", "expected"),
    [
        ([10, 5], [[700], [700]]),
        ([5, 10], [[700], [700]]),
        ([10, 8], [[700], [738]]),
        ([8, 10], [[700], [738]]),
        ([10, 4, 7], [[700], [700], [700]]),
        ([10, 5, 7], [[700], [700], [738]]),
        ([10, 7, None], [[700], [700], [700]]),
        ([None, 1], [[700], [738]]),
    ],
)
def test_the_days_between_redemptions_are_those_between_the_sales(
    client_api: Caller,
    customer: Customer,
    sales: list[int | None],
    expected: list[list[int]],
) -> None:
    series = make_series(min_days_between_redemption=3, is_multiple_vouchers_per_user_allowed=True)
    told = [days and ago(days) for days in sales]
    coupons = [make_coupon(series=series, customer=customer, issued_at=ago(20)) for _ in sales]

    responses = [client_api.post(URL, request(*each)) for each in zip(coupons, told, strict=True)]

    assert [numbers(response) for response in responses] == expected


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"


@pytest.mark.parametrize(
    "told",
    [
        lambda issued: issued - timedelta(seconds=20),
        minute,
        lambda issued: minute(issued - timedelta(minutes=3)),
        lambda issued: local_date(issued).isoformat(),
    ],
)
def test_a_clock_that_is_slow_or_coarse_does_not_refuse_a_new_coupon(
    client_api: Caller, customer: Customer, told: Callable[[datetime], datetime | str]
) -> None:
    issued = timezone.now()
    coupon = make_coupon(customer=customer, issued_at=issued)

    response = client_api.post(URL, request(coupon, told(issued)))

    assert numbers(response) == [700]
    stored = Redemption.objects.get()
    assert issued <= stored.redeemed_at <= timezone.now()
    assert response.json()["redemption"][0]["redeemedAt"] == api_time(stored.redeemed_at)


def test_a_new_coupon_is_judged_by_its_issue_where_a_slow_clock_says_the_day_before(
    client_api: Caller, customer: Customer
) -> None:
    issued = ago(2).replace(hour=0, second=10)
    series = make_series(redemption_valid_from=local_date(issued))
    coupon = make_coupon(series=series, customer=customer, issued_at=issued)

    response = client_api.post(URL, request(coupon, issued - timedelta(seconds=20)))

    assert numbers(response) == [700]
    assert Redemption.objects.get().redeemed_at == issued


def test_a_clock_that_is_fast_stores_nothing_in_the_future(
    client_api: Caller, customer: Customer
) -> None:
    coupon = make_coupon(customer=customer)
    began = timezone.now()

    client_api.post(URL, request(coupon, began + timedelta(minutes=4)))

    stored = Redemption.objects.get()
    assert began <= stored.redeemed_at <= timezone.now()
    assert stored.told_at is None


def test_a_date_alone_is_the_end_of_that_day(client_api: Caller, customer: Customer) -> None:
    coupon = make_coupon(customer=customer, issued_at=ago(4))
    day = local_date(ago(4))

    response = client_api.post(URL, request(coupon, day.isoformat()))

    assert numbers(response) == [700]
    assert Redemption.objects.get().redeemed_at == end_of_day(day)


@pytest.mark.parametrize("days", [2, -368])
def test_a_date_ahead_or_long_ago_is_refused(
    client_api: Caller, customer: Customer, days: int
) -> None:
    coupon = make_coupon(customer=customer, issued_at=ago(400))
    day = local_date(timezone.now()) + timedelta(days=days)

    [error] = client_api.post(URL, request(coupon, day.isoformat())).json()["errors"]

    assert error["code"] == 756
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("days", [300, 10])
def test_what_was_on_hold_is_not_redeemed_before_that(
    client_api: Caller, customer: Customer, days: int
) -> None:
    coupon = make_coupon(customer=customer, issued_at=ago(20))
    sale = {"transactionNumber": "T-1"}
    client_api.post("/v2/coupon/hold", request(coupon, None) | sale)

    [entry] = client_api.post(URL, request(coupon, ago(days)) | sale).json()["redemption"]

    hold, stored = Hold.objects.get(), Redemption.objects.get()
    assert stored.hold == hold
    assert stored.redeemed_at == hold.created_at < stored.told_at
    assert entry["redeemedAt"] == api_time(hold.created_at)
