"""Widgets of the admin's form of a series: ticking, searching, and ids by type."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS
from django.utils.safestring import SafeString
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminMultipleAutocompleteWidget,
    UnfoldAdminTextInputWidget,
)

from couponadmin.models import OrgEntity
from series.fields import RANGES
from series.models import Series

PRODUCT_TYPES = {"SKU": "Articles", "CATEGORY": "Categories", "BRAND": "Brands"}
RANGE_LABELS = {
    "dow": ("Days of the week", {day + 1: name for day, name in WEEKDAYS.items()}),
    "hours": ("Hours", {hour: f"{hour:02}–{hour + 1:02}" for hour in RANGES["hours"]}),
    "dom": ("Days of the month", {day: str(day) for day in RANGES["dom"]}),
}
Choice = tuple[str, str]


class GroupsWidget(forms.Widget):
    """Several groups in one field; a group is a key of the value, and `name_key` in the form."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, list[str]]:
        return {key: self.sent(data, f"{name}_{key}") for key in self.keys}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = attrs or {}
        context = self.get_context(name, value or {}, attrs)
        return render_to_string(self.template_name, context | {"disabled": "disabled" in attrs})


class RangeWidget(GroupsWidget):
    """Days and hours to tick: {"dom": [...], "dow": [...], "hours": [...]}."""

    template_name = "admin/series/widgets/range.html"
    keys = tuple(RANGE_LABELS)

    def sent(self, data: Any, name: str) -> list[str]:
        return data.getlist(name)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {
            "groups": [
                {
                    "key": key,
                    "name": f"{name}_{key}",
                    "label": label,
                    "options": options(choices, value.get(key)),
                }
                for key, (label, choices) in RANGE_LABELS.items()
            ]
        }


def options(choices: dict[int, str], chosen: Iterable[Any] | None) -> list[dict[str, Any]]:
    ticked = set(map(str, chosen or ()))
    return [
        {"value": value, "label": label, "checked": str(value) in ticked}
        for value, label in choices.items()
    ]


class ProductsWidget(GroupsWidget):
    """Ids by type of product: {"SKU": ["1", "2"], ...}."""

    template_name = "admin/series/widgets/products.html"
    keys = tuple(PRODUCT_TYPES)

    def sent(self, data: Any, name: str) -> list[str]:
        return [part for part in data.get(name, "").replace(",", " ").split() if part]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        inputs = [
            {
                "label": label,
                "html": UnfoldAdminTextInputWidget().render(
                    f"{name}_{key}",
                    ", ".join(map(str, value.get(key, ()))),
                    attrs | {"id": f"id_{name}_{key}", "placeholder": "101, 102"},
                ),
                "id": f"id_{name}_{key}",
            }
            for key, label in PRODUCT_TYPES.items()
        ]
        return {"inputs": inputs}


class SearchWidget(UnfoldAdminMultipleAutocompleteWidget):
    """Picked one by one from a search that the page asks the server for; shows what is picked."""

    option_template_name = "django/forms/widgets/select_option.html"

    def __init__(self, url: str) -> None:
        super().__init__({"data-ajax--url": url})
        # Its cross would stand in a list without being an item of it.
        self.attrs["data-allow-clear"] = "false"

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        self.choices = self.named(value)
        return super().optgroups(name, value, attrs)


class SeriesSearchWidget(SearchWidget):
    def named(self, values: list[str]) -> list[Choice]:
        """What is picked, by name; a series that does not exist by its id."""
        ids = [int(value) for value in values if value.isdecimal() and len(value) < 19]
        names = dict(Series.objects.filter(pk__in=ids).values_list("pk", "description"))
        return [(str(pk), series_label(pk, names.get(pk, "unknown"))) for pk in ids]


class PlaceSearchWidget(SearchWidget):
    def named(self, values: list[str]) -> list[Choice]:
        """What is picked, by name; a place that does not exist by its type and id."""
        parts = [value.partition(":") for value in values]
        ids = [int(pk) for _, _, pk in parts if pk.isdecimal() and len(pk) < 19]
        places = {place_value(place): str(place) for place in OrgEntity.objects.filter(pk__in=ids)}
        return [(value, places.get(value, f"Unknown place {value}")) for value in values]


def series_label(pk: int, description: str) -> str:
    return f"{description} ({pk})"


def place_value(place: OrgEntity) -> str:
    """How the form names a place: its type and id."""
    return f"{place.type}:{place.pk}"


class MomentInput(forms.DateTimeInput):
    """A date and a time, with the browser's own calendar."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)})


class DayInput(forms.DateInput):
    """A date, with the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


class LastDayInput(DayInput):
    """A day until which something goes on, with shortcuts from the day that it goes on from."""

    class Media:
        js = ["admin/last_day.js"]

    def from_day(self, *days: date | None) -> None:
        """The latest of these days."""
        self.attrs["data-last-day"] = max(day for day in days if day).isoformat()
