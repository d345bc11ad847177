"""Numbers as clients send them: JSON numbers, or texts of plain digits.

Python would also take `1_000` and digits of other scripts, which a till never means.
"""

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

# What the columns of ids and of counts hold.
BIGGEST_ID = 2**63 - 1
BIGGEST_COUNT = 2**31 - 1
PLAIN = re.compile(r"\s*[0-9+\-.eE]*\s*")


def whole_number(value: Any) -> int | None:
    """A number or a string of decimal digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if type(value) is int else None


def is_plain(data: Any) -> bool:
    """Whether it may be a number; a text has nothing but what numbers are written with."""
    return not isinstance(data, str) or PLAIN.fullmatch(data) is not None


class WholeField(serializers.IntegerField):
    """A whole number."""

    def to_internal_value(self, data: Any) -> int:
        if not is_plain(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class AmountField(serializers.DecimalField):
    """An amount."""

    def to_internal_value(self, data: Any) -> Decimal:
        if not is_plain(data):
            self.fail("invalid")
        return super().to_internal_value(data)
