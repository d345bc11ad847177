"""GET /v2/coupon/is_redeemable"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group

from couponadmin import roles
from couponadmin.models import Guesser
from customers.models import Customer
from issuance.models import Coupon
from redemption.models import Redemption, Refusal
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import MANY, coupons_of

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/is_redeemable"


@pytest.fixture
def customer() -> Customer:
    return make_customer(first_name="Ada", mobile="919876500001")


def ask(caller: Caller, *codes: str, **query: Any) -> Any:
    sent = {"mobile": "919876500001"} | query
    return caller.get(f"{URL}?{urlencode([*(('code', code) for code in codes), *sent.items()])}")


def numbers(response: Any) -> list[int]:
    return [entry["redemptionStatus"]["code"] for entry in response.json()["redemption"]]


def test_it_answers_as_documented(client_api: Caller, customer: Customer) -> None:
    series = make_series(max_redemptions_in_series_per_user=3, is_multiple_use_allowed=True)
    [coupon] = coupons_of(series, customer)

    response = ask(client_api, coupon.code.lower())

    answer = response.json()
    [entry] = answer["redemption"]
    assert response.status_code == 200
    assert entry["isRedeemable"] is True
    assert (entry["code"], entry["isAbsolute"], entry["couponValue"]) == (coupon.code, True, 500.0)
    assert (entry["redemptionsLeft"], entry["numberOfRedemptionsByUser"]) == (3, 0)
    assert (entry["reasons"], entry["warnings"], entry["appendedErrorMessage"]) == ([], [], "")
    assert "couponseries" not in entry
    assert answer["redemptionStatus"]["code"] == 700
    assert answer["customer"]["id"] == customer.pk
    assert not Redemption.objects.exists()


def test_it_takes_several_codes_repeated_or_with_commas(
    client_api: Caller, customer: Customer
) -> None:
    first, second = coupons_of(make_series(**MANY), customer, 2)

    response = ask(client_api, f"{first.code}, NOBODYS", second.code)

    assert numbers(response) == [700, 702, 700]
    assert response.json()["redemptionStatus"]["code"] == 702
    assert (response.json()["totalCount"], response.json()["failureCount"]) == (3, 1)


def test_it_tells_every_reason(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(redemption_valid_after_days=30_000), make_customer())
    Coupon.objects.update(redemption_count=1)

    [entry] = ask(client_api, coupon.code).json()["redemption"]

    assert entry["isRedeemable"] is False
    assert [reason["code"] for reason in entry["reasons"]] == [703, 711, 739]
    assert entry["reasons"][2]["nextValidTime"] is not None
    assert entry["redemptionsLeft"] == 0


@pytest.mark.parametrize("wanted", ["true", "extended"])
def test_details_are_the_series_of_what_is_redeemable(
    client_api: Caller, customer: Customer, wanted: str
) -> None:
    series = make_series()
    [coupon] = coupons_of(series, customer)

    mine, nobodys = ask(client_api, coupon.code, "NOBODYS", details=wanted).json()["redemption"]

    assert mine["couponseries"]["id"] == series.pk
    assert mine["couponseries"]["numIssued"] == 1
    assert "couponseries" not in nobodys


@pytest.mark.parametrize(("bill", "expected"), [(None, 700), (99, 733), (100, 700)])
def test_the_bill_counts_if_it_is_known(
    client_api: Caller, customer: Customer, bill: int | None, expected: int
) -> None:
    [coupon] = coupons_of(make_series(min_bill_amount=100), customer)
    query = {} if bill is None else {"billAmount": bill}

    response = ask(client_api, coupon.code, **query)

    assert numbers(response) == [expected]
    [entry] = response.json()["redemption"]
    assert entry["discount"] == (100 if bill == 100 else None)


def test_it_stores_nothing_but_misses(client_api: Caller, customer: Customer) -> None:
    ask(client_api, "NOBODYS", "NOWHERE")

    assert not Refusal.objects.exists()
    assert Guesser.objects.get(kind="CUSTOMER").misses == 2


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"mobile": "1"}, 701),
        ({"code": "A", "details": "all"}, 756),
        ({"code": "A", "billAmount": "much"}, 756),
        ({"code": "A", "redemptionTime": "now"}, 756),
        ({"code": "A" * 101}, 756),
        ({"code": "A\0"}, 756),
        ({"code": ",".join("A" * 51)}, 756),
        ({"code": "A", "id": "x"}, 756),
        ({"code": "A", "email": "\ud800".encode("utf-8", "surrogatepass")}, 701),
    ],
)
def test_bad_input_gets_the_envelope(
    client_api: Caller, customer: Customer, query: dict[str, Any], number: int
) -> None:
    response = ask(client_api, **query)

    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == [number]


@pytest.mark.parametrize("query", [{}, {"code": ""}, {"code": " , "}])
def test_a_missing_code_has_its_own_number(
    client_api: Caller, customer: Customer, query: dict[str, str]
) -> None:
    assert numbers(ask(client_api, **query)) == [781]


@pytest.fixture
def outsider(new_caller: Callable[..., Caller]) -> Caller:
    caller = new_caller()
    caller.client.groups.set([Group.objects.get(name=roles.WEB_SHOP)])
    return caller


def test_an_outsider_who_names_a_code_twice_learns_nothing(
    outsider: Caller, customer: Customer
) -> None:
    [theirs] = coupons_of(make_series(), make_customer())

    known, unknown = (
        ask(outsider, f"{code},{code}").content.replace(code.encode(), b"")
        for code in (theirs.code, "NOBODYS")
    )

    assert known == unknown


def test_an_outsider_learns_no_names_by_counting_ids(outsider: Caller, customer: Customer) -> None:
    make_series(client_handling_type="GENERIC", generic_code="TEN")

    answer = outsider.get(f"{URL}?code=TEN&id={customer.pk}").json()

    assert answer["customer"] == {"id": customer.pk, "profiles": []}
