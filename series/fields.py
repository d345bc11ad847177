"""Members of a series whose documented form is not what is stored."""

import re
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from couponadmin.numbers import BIGGEST_COUNT, BIGGEST_ID, AmountField, WholeField, whole_number
from couponadmin.storable import flaw
from couponadmin.times import local_date, parse_api_datetime
from series.models import MONEY, Series

MAX_DAYS_BETWEEN = 36_500
MAX_IDS = 1_000
MAX_PROPERTY_BYTES = 20_000
CODE_PART = re.compile("[A-Za-z0-9_-]+")
RANGES: dict[str, Collection[int]] = {
    "dom": range(1, 32),
    "dow": range(1, 8),
    "hours": range(24),
}


def text(column: str, **options: Any) -> serializers.CharField:
    """A text as long as its column; blank is allowed unless said otherwise."""
    return serializers.CharField(**column_options(column) | {"allow_blank": True} | options)


def column_options(column: str) -> dict[str, Any]:
    """Of a member that goes into `column`; DRF wants no source where both have one name."""
    source = {"source": column} if "_" in column else {}
    return source | {"required": False, "max_length": Series._meta.get_field(column).max_length}


class LimitField(WholeField):
    """A number of things at most; -1 means that there is no limit and becomes None."""

    def __init__(self, source: str, *, most: int = BIGGEST_COUNT) -> None:
        super().__init__(source=source, required=False, min_value=-1, max_value=most)

    def run_validation(self, data: Any = serializers.empty) -> int | None:
        value = super().run_validation(data)
        return None if value == -1 else value


class DaysField(WholeField):
    """A number of days; -1 means none and becomes 0."""

    def __init__(self, source: str) -> None:
        super().__init__(source=source, required=False, min_value=-1, max_value=MAX_DAYS_BETWEEN)

    def run_validation(self, data: Any = serializers.empty) -> int:
        return max(super().run_validation(data), 0)


class LengthField(WholeField):
    """A number of characters; 0 and -1 stand for the default and become None."""

    def __init__(self, source: str) -> None:
        super().__init__(source=source, required=False, min_value=-1, max_value=100)

    def run_validation(self, data: Any = serializers.empty) -> int | None:
        value = super().run_validation(data)
        return value if value > 0 else None


class AmountLimitField(AmountField):
    """An amount; 0 and -1 mean that there is no limit and become None."""

    def __init__(self, source: str) -> None:
        super().__init__(source=source, required=False, min_value=-1, **MONEY)

    def run_validation(self, data: Any = serializers.empty) -> Decimal | None:
        value = super().run_validation(data)
        if -1 < value < 0:
            self.fail("min_value", min_value=0)
        return value if value > 0 else None


@extend_schema_field(OpenApiTypes.DATETIME)
class DayField(serializers.Field):
    """A time, of which the date in the server's zone counts; null and blank mean none."""

    default_error_messages = {"invalid": "Not a time like 2029-05-10T00:00:00+05:30."}

    def __init__(self, source: str) -> None:
        super().__init__(source=source, required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> date | None:
        if isinstance(data, date) or data == "":
            return data or None
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return local_date(parse_api_datetime(data))
        except ValueError:
            self.fail("invalid")


class CodePartField(serializers.CharField):
    """What a code may consist of, in upper case as all codes are stored."""

    default_error_messages = {"invalid_code": "Only letters A to Z, digits, - and _ are allowed."}

    def __init__(self, column: str) -> None:
        super().__init__(**column_options(column), allow_blank=True)

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if not CODE_PART.fullmatch(code):
            self.fail("invalid_code")
        return code.upper()


class GenericCodeField(CodePartField):
    """The code that all customers of a GENERIC series share; blank means none."""

    def run_validation(self, data: Any = serializers.empty) -> str | None:
        return super().run_validation(data) or None


class PropertyMapField(serializers.DictField):
    """Properties of the client's own, all kept as they come."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        properties: dict[str, Any] = super().to_internal_value(data)
        if reason := flaw(properties):
            raise serializers.ValidationError(reason)
        if len(orjson.dumps(properties)) > MAX_PROPERTY_BYTES:
            raise serializers.ValidationError(f"No more than {MAX_PROPERTY_BYTES} bytes.")
        return properties


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {}}]})
class SeriesIdsField(serializers.Field):
    """A JSON list of ids in a string, or the list itself; "", "[]" and "[-1]" mean none."""

    default_error_messages = {"invalid": 'Not a list of series ids like "[10, 20]".'}

    def to_internal_value(self, data: Any) -> list[int]:
        ids = loaded(data)
        if ids in ("", [], [-1], ["-1"]):
            return []
        found = whole_numbers(ids, range(1, BIGGEST_ID + 1))
        if found is None or len(found) > MAX_IDS:
            self.fail("invalid")
        return found


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object"}]})
class RedemptionRangeField(serializers.Field):
    """Days of the month, days of the week (1 = Monday) and hours when coupons can be redeemed.

    A JSON object in a string, or the object itself. Gives {} for "always", otherwise all three
    keys, an empty list meaning "any".
    """

    default_error_messages = {
        "invalid": 'Not an object like {{"dom": [1-31], "dow": [1-7], "hours": [0-23]}}.',
        "numbers": "{part} takes a list of numbers from {first} to {last}, or -1 for any.",
    }

    def to_internal_value(self, data: Any) -> dict[str, list[int]]:
        parts = loaded(data)
        if parts in ("", -1):
            return {}
        if not isinstance(parts, dict) or parts.keys() - RANGES.keys():
            self.fail("invalid")
        found = {part: self.numbers(part, parts.get(part)) for part in RANGES}
        return found if any(found.values()) else {}

    def numbers(self, part: str, value: Any) -> list[int]:
        if value in (None, "", -1, "-1", [], [-1], ["-1"]):
            return []
        allowed = list(RANGES[part])
        found = whole_numbers(value, allowed)
        if found is None:
            self.fail("numbers", part=part, first=allowed[0], last=allowed[-1])
        return found


def loaded(data: Any) -> Any:
    """JSON in a string, or what it would be; what is no JSON gives None."""
    if not isinstance(data, str) or not data.strip():
        return data.strip() if isinstance(data, str) else data
    try:
        return orjson.loads(data)
    except ValueError:
        return None


def whole_numbers(values: Any, allowed: Collection[int]) -> list[int] | None:
    """Allowed whole numbers or strings of them, each once, in order; None if there is another."""
    found = [whole_number(value) for value in values] if isinstance(values, list) else [None]
    return list(dict.fromkeys(found)) if all_in(found, allowed) else None


def all_in(found: Iterable[int | None], allowed: Collection[int]) -> bool:
    return all(number is not None and number in allowed for number in found)
