"""Issuing over an API client that may not see customers: its answers have ids, no names."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from couponadmin import roles
from issuance.models import Coupon
from tests.conftest import Caller
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(new_caller: Callable[..., Caller]) -> Caller:
    caller = new_caller()
    caller.client.groups.set([Group.objects.get(name=roles.WEB_SHOP)])
    return caller


def test_a_web_shop_that_issues_learns_no_names(shop: Caller) -> None:
    """Of the first coupon, the express lane is asked in vain; it has the later ones."""
    customer = make_customer(first_name="Ada", mobile="919876500001")
    series = make_series(is_multiple_vouchers_per_user_allowed=True)
    ask = {"seriesId": series.pk, "customer": {"id": customer.pk}}

    answers = [shop.post("/v2/coupon/issue", ask, idempotency_key="A") for _ in range(2)]
    answers += [shop.post("/v2/coupon/issue", ask) for _ in range(2)]
    answers.append(shop.post("/v2/coupon/issue/multiple", ask | {"count": 2}))

    assert [answer.json()["customer"] for answer in answers] == [
        {"id": customer.pk, "profiles": []}
    ] * 5
    assert Coupon.objects.count() == 5
