"""A coupon that ends with the calendar is read as any other when the server moves east."""

from typing import Any

import pytest
from django.test import Client

from couponadmin.times import LAST_INSTANT
from issuance.models import Coupon
from tests.conftest import Caller
from tests.coupons import make_coupon
from tests.factories import make_series

pytestmark = pytest.mark.django_db


@pytest.fixture
def coupon(settings: Any) -> Coupon:
    settings.TIME_ZONE = "Pacific/Kiritimati"
    return make_coupon(series=make_series(valid_till_date=None), expires_at=LAST_INSTANT)


def test_tills_read_its_end(client_api: Caller, coupon: Coupon) -> None:
    found = client_api.get(f"/v2/coupon?couponIds={coupon.pk}")
    checked = client_api.get(
        f"/v2/coupon/is_redeemable?code={coupon.code}&id={coupon.customer_id}&details=extended"
    )

    assert found.status_code == checked.status_code == 200
    assert "9999-12-31T23:59:59+14:00" in found.content.decode()


@pytest.mark.parametrize("page", ["", "{0.pk}/change/"])
def test_people_read_its_end(admin_client: Client, coupon: Coupon, page: str) -> None:
    answer = admin_client.get(f"/admin/issuance/coupon/{page.format(coupon)}")

    assert answer.status_code == 200
    assert "9999" in answer.content.decode()
