"""Numbers are numbers or texts of plain digits; what Python takes besides, a till never means."""

from typing import Any

import pytest

from issuance.models import Coupon
from series.models import Series
from tests.conftest import Caller
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
ODD = ["1_0", "１０", "٣", "0x1", "1,0", "1 0", "ten"]


@pytest.mark.parametrize("sent", ODD)
def test_a_count_of_other_digits_is_refused_by_its_name(client_api: Caller, sent: str) -> None:
    series = make_series(is_multiple_vouchers_per_user_allowed=True)
    body = {"seriesId": series.pk, "count": sent, "customer": {"id": make_customer().pk}}

    refused = client_api.post("/v2/coupon/issue/multiple", body)

    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert (error["code"], error["message"]) == (756, "count: A valid integer is required.")
    assert not Coupon.objects.exists()


@pytest.mark.parametrize("sent", [2, "2", " 2 ", "+2", "2.0", 2.0])
def test_a_count_may_be_written_as_tills_write_it(client_api: Caller, sent: Any) -> None:
    series = make_series(is_multiple_vouchers_per_user_allowed=True)
    body = {"seriesId": series.pk, "count": sent, "customer": {"id": make_customer().pk}}

    answer = client_api.post("/v2/coupon/issue/multiple", body)

    assert answer.json()["successCount"] == 2


@pytest.mark.parametrize("member", ["discountValue", "minBillAmount", "maxCreate"])
@pytest.mark.parametrize("sent", ["1_0", "１０"])
def test_amounts_of_a_series_are_plain_too(series_api: Caller, member: str, sent: str) -> None:
    body = {"description": "Odd", "discountType": "ABS", "discountValue": 5} | {member: sent}

    refused = series_api.post("/v2/coupon/series", body)

    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["code"] == 756
    assert error["message"].startswith(f"{member}: A valid ")
    assert not Series.objects.exists()


@pytest.mark.parametrize("address", ["/v2/coupon/series?limit=1_0", "/v2/coupon/batches?offset=１"])
def test_pages_are_counted_in_plain_digits(client_api: Caller, address: str) -> None:
    assert client_api.get(address).status_code == 400


def test_a_bill_of_other_digits_redeems_nothing(client_api: Caller) -> None:
    body = {"redemptionRequestList": [{"code": "A"}], "billAmount": "1_000"}

    refused = client_api.post("/v2/coupon/redeem", body)

    [error] = refused.json()["errors"]
    assert (error["code"], error["message"]) == (756, "billAmount: A valid number is required.")
