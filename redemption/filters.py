"""Which redemptions a list shows. No index knows their series and times, so few are looked at."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from couponadmin.filters import TimeRangeFilter

NEWEST = 100_000


class OfTheNewest:
    """Part of a filter: what it finds among the newest rows; says so in its title."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = f"{self.title}, of the newest {NEWEST:,}"

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if not any(self.used_parameters.values()):
            return rows
        ids = rows.model.objects.order_by("-pk").values_list("pk", flat=True)
        oldest = next(iter(ids[NEWEST : NEWEST + 1]), 0)
        return super().queryset(request, rows.filter(pk__gt=oldest))


class NewestOfSeries(OfTheNewest, AutocompleteSelectFilter):
    """Those of a series."""


class NewestInTime(OfTheNewest, TimeRangeFilter):
    """Those of a span of time."""
