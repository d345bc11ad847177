"""POST /v2/coupon/bulk/redeem redeems or only looks: each answer is one of the shapes described."""

import pytest

from customers.models import Customer
from tests import described
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import coupons_of
from tests.test_schema_conformance import schema

platform = described.platform
pytestmark = pytest.mark.usefixtures("platform")

PATH = "/v2/coupon/bulk/redeem"


@pytest.fixture
def customer(db: None) -> Customer:
    return make_customer()


def answer(caller: Caller, customer: Customer, *codes: str, looks: bool) -> list[str]:
    """The members of what was asked for, in an answer that is as described."""
    body = {
        "redemptionRequestList": [{"code": code} for code in codes],
        "billAmount": 1000,
        "transactionNumber": "T-1",
        "user": {"id": customer.pk},
    }
    case = schema[PATH]["POST"].Case(
        body=body, query={"is_redeemable": looks}, media_type="application/json"
    )
    response = case.call_and_validate(headers={"Authorization": caller.basic})
    assert response.status_code == 200
    return list(response.json()["redemption"][0])


def test_both_answers_are_as_described(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)

    looked = answer(client_api, customer, coupon.code, looks=True)
    in_vain = answer(client_api, customer, coupon.code, "NOBODYS", looks=True)
    redeemed = answer(client_api, customer, coupon.code, looks=False)

    assert "isRedeemable" in looked
    assert "isRedeemable" in in_vain
    assert "redemptionId" in redeemed
