"""Which redemptions a list shows. No index knows their series and times, so few are looked at."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from couponadmin.filters import TimeRangeFilter
from couponadmin.models import OrgEntity

NEWEST = 100_000


def among_newest(rows: QuerySet) -> QuerySet:
    ids = rows.model.objects.order_by("-pk").values_list("pk", flat=True)
    return rows.filter(pk__gt=next(iter(ids[NEWEST : NEWEST + 1]), 0))


class OfTheNewest:
    """Part of a filter: what it finds among the newest rows; the list says so below its filters."""

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if not any(self.used_parameters.values()):
            return rows
        return super().queryset(request, among_newest(rows))


class NewestOfSeries(OfTheNewest, AutocompleteSelectFilter):
    """Those of a series."""


class NewestInTime(OfTheNewest, TimeRangeFilter):
    """Those of a span of time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "time"


class NewestAtPlace(AutocompleteSelectFilter):
    """Those at a till or store, or anywhere in a larger place."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "place"

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if not self.value():
            return rows
        try:
            places = within(int(self.value()))
        except ValueError as error:
            raise IncorrectLookupParameters from error
        here = Q(till_id__in=places)
        if any(field.name == "store" for field in rows.model._meta.fields):
            here |= Q(store_id__in=places)
        return among_newest(rows).filter(here)


def within(place_id: int) -> list[int]:
    """The place and all that lie in it; none, if there is no such place."""
    # Places lie at most four deep.
    inside = (
        Q(pk=place_id)
        | Q(parent=place_id)
        | Q(parent__parent=place_id)
        | Q(parent__parent__parent=place_id)
    )
    return list(OrgEntity.objects.filter(inside).values_list("pk", flat=True))
