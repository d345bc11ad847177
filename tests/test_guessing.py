"""Codes named in vain are counted whatever call names them, and whoever guesses has to wait."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse

from couponadmin.models import Guesser, OrgEntity
from customers.models import Customer
from issuance.models import Coupon
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import coupons_of

pytestmark = pytest.mark.django_db

CLIENTS_LIMIT, TILLS_LIMIT, CUSTOMERS_LIMIT = 200, 40, 20
Call = Callable[[Caller, Coupon, list[str]], HttpResponse]


def read(caller: Caller, coupon: Coupon, codes: list[str]) -> HttpResponse:
    return caller.get(f"/v2/coupon?couponCodes={','.join(codes)}")


def revoke(caller: Caller, coupon: Coupon, codes: list[str]) -> HttpResponse:
    body = {"couponCodes": codes, "customer": {"id": coupon.customer_id}}
    return caller.post("/v2/coupon/revoke", body)


def change_expiry(caller: Caller, coupon: Coupon, codes: list[str]) -> HttpResponse:
    pairs = [{"couponCode": code, "expiryDate": "2099-01-01T00:00:00Z"} for code in codes]
    body: dict[str, Any] = {
        "couponSeriesId": coupon.series_id,
        "customer": {"id": coupon.customer_id},
        "couponCodes": pairs,
    }
    return caller.put("/v2/coupon/bulk/expiry", body)


def check(caller: Caller, coupon: Coupon, codes: list[str]) -> HttpResponse:
    return caller.get(f"/v2/coupon/is_redeemable?code={','.join(codes)}&id={coupon.customer_id}")


CALLS = [read, revoke, change_expiry, check]
OF_A_CUSTOMER = [revoke, change_expiry, check]


@pytest.fixture
def coupon(db: None) -> Coupon:
    [coupon] = coupons_of(make_series(valid_till_date=None), make_customer())
    return Coupon.objects.get(pk=coupon.id)


def misses(kind: str) -> int:
    return sum(Guesser.objects.filter(kind=kind).values_list("misses", flat=True))


@pytest.mark.parametrize("call", CALLS)
def test_each_code_that_is_nobodys_counts_once(
    client_api: Caller, coupon: Coupon, call: Call
) -> None:
    response = call(client_api, coupon, ["NOBODYS", coupon.code, "NOR THIS"])

    assert response.status_code == 200
    assert misses("CLIENT") == 2


@pytest.mark.parametrize("call", OF_A_CUSTOMER)
def test_it_counts_for_the_customer_and_the_till_too(
    client_api: Caller, coupon: Coupon, call: Call
) -> None:
    till = OrgEntity.objects.create(type="TILL", code="T", name="Till")
    client_api.client.till = till
    client_api.client.save()

    call(client_api, coupon, ["NOBODYS"])

    assert list(Guesser.objects.order_by("kind").values_list("kind", "subject_id")) == [
        ("CLIENT", client_api.client.pk),
        ("CUSTOMER", coupon.customer_id),
        ("TILL", till.pk),
    ]


@pytest.mark.parametrize("call", CALLS)
def test_what_is_found_counts_nothing(client_api: Caller, coupon: Coupon, call: Call) -> None:
    call(client_api, coupon, [coupon.code.lower()])

    assert not Guesser.objects.exists()


@pytest.mark.parametrize("guess", CALLS)
@pytest.mark.parametrize("call", CALLS)
def test_whoever_guessed_with_one_call_has_to_wait_with_all(
    client_api: Caller, coupon: Coupon, guess: Call, call: Call
) -> None:
    for start in range(0, CLIENTS_LIMIT, 50):
        # Each time as another customer, of whom nobody has guessed too often.
        coupon.customer = make_customer()
        guess(client_api, coupon, [f"GUESS{number}" for number in range(start, start + 50)])
    coupon.refresh_from_db()

    response = call(client_api, coupon, [coupon.code])

    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 300
    coupon.refresh_from_db()
    assert coupon.revoked_at is None
    assert coupon.expires_at is None


@pytest.mark.parametrize("call", OF_A_CUSTOMER)
def test_a_customer_who_guesses_does_not_keep_others_waiting(
    client_api: Caller, coupon: Coupon, call: Call
) -> None:
    guesser = make_customer()
    theirs = Coupon(customer=guesser, series_id=coupon.series_id)
    call(client_api, theirs, [f"GUESS{number}" for number in range(CUSTOMERS_LIMIT)])

    again = call(client_api, theirs, ["GUESS"])
    other = call(client_api, coupon, [coupon.code])

    assert (again.status_code, other.status_code) == (429, 200)


def test_who_names_a_till_of_others_keeps_only_themselves_waiting(
    client_api: Caller, new_caller: Callable[..., Caller], coupon: Coupon
) -> None:
    till = OrgEntity.objects.create(type="TILL", code="B", name="Till B")
    owner, attacker = client_api, new_caller()
    owner.client.till = till
    owner.client.save()
    codes = ",".join(f"GUESS{number}" for number in range(TILLS_LIMIT))
    named = {"X-CAP-API-ATTRIBUTION-ENTITY-CODE": "B"}
    attacker.get(f"/v2/coupon/is_redeemable?code={codes}", **named)

    again = attacker.get("/v2/coupon/is_redeemable?code=GUESS", **named)
    theirs = check(owner, coupon, [coupon.code])

    assert (again.status_code, theirs.status_code) == (429, 200)
    assert theirs.json()["redemption"][0]["isRedeemable"]


def test_coupons_named_by_id_are_no_guess(client_api: Caller, coupon: Coupon) -> None:
    response = client_api.get(f"/v2/coupon?couponIds={coupon.pk},{coupon.pk + 1}")

    assert [one["id"] for one in response.json()["data"]] == [coupon.pk]
    assert not Guesser.objects.exists()


def test_a_customer_without_codes_is_no_guess(client_api: Caller, coupon: Coupon) -> None:
    customer = Customer.objects.get(pk=coupon.customer_id)

    client_api.post("/v2/coupon/revoke", {"customer": {"id": customer.pk}})

    assert not Guesser.objects.exists()
