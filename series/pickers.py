"""Fields of the admin where people pick and choose what the API takes as JSON.

Each gives what a request would have: `SeriesInput` decides whether it may be stored.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from couponadmin.numbers import whole_number
from series.fields import RANGES
from series.widgets import ProductsWidget, RangeWidget

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Smaller numbers are seconds: in milliseconds they would lie before March 1973.
MILLISECONDS_FROM = 10**11


class RangeField(forms.Field):
    """`redemptionRange`: ticked days and hours."""

    widget = RangeWidget

    def clean(self, value: dict[str, list[str]]) -> dict[str, list[str]]:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = {key: [str(each) for each in (initial or {}).get(key, ())] for key in RANGES}
        return any(set(before[key]) != set(data[key]) for key in RANGES)


class ProductsField(forms.Field):
    """`productInfo`: ids of products by type."""

    widget = ProductsWidget

    def prepare_value(self, value: Any) -> Any:
        return by_type(value) if isinstance(value, list) else value

    def clean(self, value: dict[str, list[str]]) -> list[dict[str, Any]]:
        return [{"productType": kind, "productIds": ids} for kind, ids in value.items() if ids]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return by_type(initial or []) != by_type(self.clean(data))


def by_type(products: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for product in products:
        found.setdefault(product["productType"], []).extend(map(str, product["productIds"]))
    return found


class SeriesField(forms.Field):
    """`mutualExclusiveSeriesIds`: series that are picked."""

    def prepare_value(self, value: Any) -> list[str]:
        return [str(each) for each in value or ()]

    def clean(self, value: list[str] | None) -> list[Any]:
        numbers = [whole_number(each) for each in value or ()]
        if None in numbers:
            raise forms.ValidationError("Not a series.")
        return numbers

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != self.prepare_value(data)


class PlacesField(SeriesField):
    """`redemptionOrgEntityDetails`: places that are picked."""

    def prepare_value(self, value: Any) -> list[str]:
        return [
            f"{each['redemptionOrgEntityType']}:{each['orgEntityId']}"
            if isinstance(each, dict)
            else str(each)
            for each in value or ()
        ]

    def clean(self, value: list[str] | None) -> list[dict[str, str]]:
        return [
            {"redemptionOrgEntityType": kind, "orgEntityId": pk}
            for kind, _, pk in (each.partition(":") for each in value or ())
        ]


class MomentField(forms.DateTimeField):
    """Milliseconds since 1970, shown as date and time of the server's zone."""

    widget = forms.DateTimeInput

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        milliseconds = value if value >= MILLISECONDS_FROM else value * 1000
        try:
            moment = EPOCH + timedelta(milliseconds=milliseconds)
            return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")
        except (OverflowError, ValueError):
            return None

    def clean(self, value: Any) -> int | None:
        moment = super().clean(value)
        return None if moment is None else round((moment - EPOCH).total_seconds() * 1000)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")
