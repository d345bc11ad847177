"""From when until when, in the server's zone; and who has a role."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.utils import parse_datetime_str


class TimeRangeFilter(RangeDateTimeFilter):
    """unfold's, with a time zone; a day without a time is its midnight, nonsense finds nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for end, lookup in (("from", "gte"), ("to", "lte")):
            if text := self.typed(end):
                moment = parsed(text)
                if moment is None:
                    return queryset.none()
                queryset = queryset.filter(**{f"{self.field_path}__{lookup}": moment})
        return queryset

    def typed(self, end: str) -> str:
        parts = (self.used_parameters.get(f"{self.parameter_name}_{end}_{n}") for n in (0, 1))
        day, time = (str(part or "").strip() for part in parts)
        return f"{day} {time or '00:00'}" if day or time else ""


def parsed(text: str) -> datetime | None:
    naive = parse_datetime_str(text)
    try:
        return naive and timezone.make_aware(naive)
    except (OverflowError, ValueError):
        return None


class GivenToFilter(admin.SimpleListFilter):
    """Roles by who has them."""

    title = "given to"
    parameter_name = "given_to"
    holders = {
        "people": {"user__isnull": False},
        "clients": {"apiclient__isnull": False},
        "nobody": {"user": None, "apiclient": None},
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("people", "People"), ("clients", "API clients"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, groups: QuerySet) -> QuerySet:
        """Looked up by themselves, so that the counts beside the names stay whole."""
        chosen = self.holders.get(self.value())
        if chosen is None:
            return groups
        return groups.filter(pk__in=groups.model.objects.filter(**chosen).values("pk"))
