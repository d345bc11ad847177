"""GET /v2/customers/{id}/coupons, and what GET /v2/customers/coupons shares with it"""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from couponadmin.models import OrgEntity
from customers.models import Customer
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import MANY, REPEATED, coupons_of
from tests.test_reversal import redeem

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(first_name="Ada", mobile="919876500001")


def coupons(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200
    [customer] = response.json()["entity"]["customers"]
    return customer["coupons"]


BY_ID, BY_NAME = "/v2/customers/{}/coupons", "/v2/customers/coupons?id={}"


@pytest.mark.parametrize("path", [BY_ID, BY_NAME])
def test_it_shows_redemptions_and_reversals(
    client_api: Caller, customer: Customer, path: str
) -> None:
    till = OrgEntity.objects.create(type="TILL", code="T7", name="Till 7")
    client_api.client.till = till
    client_api.client.save()
    [coupon] = coupons_of(make_series(**REPEATED), customer)
    kept, returned = (redeem(client_api, coupon.code, transaction=name)[0] for name in ("T1", "T2"))
    client_api.post("/v2/coupon/reactivate", {"redemptionIds": [returned], "reason": "Return"})

    [shown] = coupons(client_api.get(path.format(customer.pk)))

    assert (shown["id"], shown["code"], shown["redemptionCount"]) == (coupon.id, coupon.code, 1)
    [redemption], [reversal] = shown["redemptions"], shown["reversedRedemptions"]
    assert (redemption["id"], redemption["transactionNumber"]) == (kept, "T1")
    assert (redemption["billAmount"], redemption["discount"]) == (2000, 500)
    assert redemption["redeemedAt"] == {"code": "T7", "name": "Till 7"}
    assert redemption["userId"] == customer.pk
    assert (reversal["id"], reversal["reason"], reversal["reversedBy"]) == (
        returned,
        "Return",
        "till",
    )


@pytest.mark.parametrize("path", [BY_ID, BY_NAME])
def test_it_needs_the_same_statements_for_many(
    client_api: Caller, customer: Customer, path: str
) -> None:
    counts = []
    for count in (1, 10):
        issued = coupons_of(make_series(**MANY), customer, count)
        redeem(client_api, *(coupon.code for coupon in issued), transaction=f"T{count}")
        with CaptureQueriesContext(connection) as queries:
            client_api.get(path.format(customer.pk))
        counts.append(len(queries))

    assert counts[1] <= counts[0]


def test_it_takes_status_and_page(client_api: Caller, customer: Customer) -> None:
    first, second = coupons_of(make_series(**MANY), customer, 2)
    redeem(client_api, first.code)
    url = f"/v2/customers/{customer.pk}/coupons"

    redeemed = coupons(client_api.get(f"{url}?status=REDEEMED"))
    newest = coupons(client_api.get(f"{url}?limit=1&sort_order=DESC"))

    assert [coupon["code"] for coupon in redeemed] == [first.code]
    assert [coupon["code"] for coupon in newest] == [second.code]


def test_an_unknown_customer_is_refused(client_api: Caller) -> None:
    response = client_api.get("/v2/customers/999/coupons")

    assert response.json()["errors"][0]["code"] == 701
