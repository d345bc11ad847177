"""Rows that tests start from: valid by themselves, any column can be given by keyword."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from customers.models import Customer
from series.models import DiscountType, Series

numbers = itertools.count(1)


def make_customer(**columns: Any) -> Customer:
    """A stored customer; without any identifier given it gets a mobile number of its own."""
    now = datetime.now(UTC)
    defaults: dict[str, Any] = {"registered_at": now, "updated_at": now}
    if not {"mobile", "email", "external_id"} & columns.keys():
        defaults["mobile"] = f"1122{next(numbers):07}"
    return Customer.objects.create(**defaults | columns)


def make_series(**columns: Any) -> Series:
    """A stored series of 500 off, generated codes, valid till the end of next year."""
    now = datetime.now(UTC)
    number = next(numbers)
    defaults: dict[str, Any] = {
        "description": f"Series {number}",
        "series_code": f"series-{number}",
        "discount_type": DiscountType.ABS,
        "discount_value": Decimal(500),
        "valid_till_date": date(now.year + 1, 12, 31),
        "created_at": now,
        "changed_at": now,
    }
    return Series.objects.create(**defaults | columns)
