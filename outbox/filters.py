"""Which events the list shows."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from outbox.models import EventQuerySet

NEWEST = 100_000


class KindFilter(ChoicesDropdownFilter):
    """Looks at the newest events only: no index knows kinds, and a rare one is far away."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = f"{self.title}, of the newest {NEWEST:,}"

    def queryset(self, request: HttpRequest, events: QuerySet) -> QuerySet:
        if not any(self.used_parameters.values()):
            return events
        ids = events.model.objects.order_by("-pk").values_list("pk", flat=True)
        oldest = next(iter(ids[NEWEST : NEWEST + 1]), 0)
        return super().queryset(request, events.filter(pk__gt=oldest))


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"
    states = ("waiting", "delivered", "parked")

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(state, state) for state in self.states]

    def queryset(self, request: HttpRequest, events: EventQuerySet) -> EventQuerySet:
        return getattr(events, self.value())() if self.value() in self.states else events
