"""Coupons that tests start from, in any state; issuing them has tests of its own."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from customers.models import Customer
from issuance.models import Coupon, Origin
from series.models import Series
from tests.factories import make_customer, make_series

numbers = itertools.count(1)
A_YEAR = timedelta(days=365)


def make_origin(**columns: Any) -> Origin:
    return Origin.objects.create(digest=next(numbers).to_bytes(32), **columns)


def make_coupon(
    *, series: Series | None = None, customer: Customer | None = None, **columns: Any
) -> Coupon:
    """An issued coupon, valid for a year; made with its series, customer and origin if need be."""
    now = datetime.now(UTC)
    defaults: dict[str, Any] = {
        "code": f"CODE{next(numbers):06}",
        "issued_at": now,
        "expires_at": now.replace(microsecond=0) + A_YEAR,
    }
    if "origin" not in columns:
        columns["origin"] = make_origin()
    return Coupon.objects.create(
        series=series or make_series(),
        customer=customer or make_customer(),
        **defaults | columns,
    )


def make_free_code(series: Series, code: str) -> Coupon:
    """An uploaded code that waits for a customer."""
    return Coupon.objects.create(series=series, code=code)
