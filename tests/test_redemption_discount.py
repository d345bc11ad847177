"""What a coupon takes off a bill, to the cent."""

from decimal import Decimal

import pytest

from redemption.discount import discount_on
from series.models import Series


@pytest.mark.parametrize(
    ("kind", "value", "upto", "bill", "left", "expected"),
    [
        ("ABS", "500", None, "2000", None, "500"),
        ("ABS", "500", None, "500", None, "500"),
        ("ABS", "500", None, "499.99", None, "499.99"),
        ("ABS", "500", None, "0", None, "0"),
        ("PERC", "10", None, "2000", None, "200"),
        ("PERC", "100", None, "2000", None, "2000"),
        # 33.33 % of 99.99 = 33.326667
        ("PERC", "33.33", None, "99.99", None, "33.33"),
        # 15 % of 0.30 = 0.045, half up
        ("PERC", "15", None, "0.30", None, "0.05"),
        ("PERC", "15", None, "0.29", None, "0.04"),
        # Rounded up it would be above the bill
        ("PERC", "100", None, "0.005", None, "0.005"),
        ("PERC", "10", "150", "2000", None, "150"),
        ("PERC", "10", "150", "1500", None, "150"),
        ("PERC", "10", "150", "1499", None, "149.90"),
        # Earlier coupons left 60 of the bill
        ("ABS", "500", None, "2000", "60", "60"),
        ("PERC", "10", None, "2000", "60", "60"),
        ("PERC", "10", None, "2000", "0", "0"),
    ],
)
def test_it_takes_off(
    kind: str, value: str, upto: str | None, bill: str, left: str | None, expected: str
) -> None:
    series = Series(
        discount_type=kind,
        discount_value=Decimal(value),
        discount_upto=upto and Decimal(upto),
    )

    found = discount_on(series, Decimal(bill), left=left and Decimal(left))

    assert found == Decimal(expected)
