"""Numbers as clients send them: JSON numbers, or texts of plain digits.

Python would also take `1_000` and digits of other scripts, which a till never means.
"""

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

PLAIN = re.compile(r"\s*[0-9+\-.eE]*\s*")


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
