"""Guessing in the admin: who tried many codes in vain, and who is blocked for it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.views import ChangeList

from couponadmin import guessing
from couponadmin.filters import TimeRangeFilter
from couponadmin.list_export import Column
from couponadmin.long_lists import PlainChangeList
from couponadmin.models import Guesser
from couponadmin.plain_admin import ReadOnlyAdmin
from redemption.guessers import address, name, named

IN_FILES = {Guesser.Kind.CLIENT, Guesser.Kind.TILL}


class WaitingFilter(admin.SimpleListFilter):
    title = "blocked"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "now")]

    def queryset(self, request: HttpRequest, guessers: QuerySet[Guesser]) -> QuerySet[Guesser]:
        if self.value() != "now":
            return guessers
        return guessers.filter(pk__in=guessing.waiting(now=timezone.now()).values("pk"))


class GuesserChangeList(PlainChangeList):
    """Leads to the page of whoever guesses, which says more."""

    def url_for_result(self, result: Guesser) -> str:
        return address(result) or super().url_for_result(result)


class GuesserAdmin(ReadOnlyAdmin):
    list_display = ["who", "kind", "named_by", "failed_codes", "last_miss_at", "waits_until"]
    list_filter = [
        WaitingFilter,
        ("kind", ChoicesDropdownFilter),
        ("last_miss_at", TimeRangeFilter),
    ]
    ordering = ["-misses"]
    fields = ["who", "kind", "named_by", "failed_codes", "last_miss_at", "waits_until"]
    when_empty = (
        "Tills, API clients and customers that tried codes which do not exist or belong to "
        "somebody else are listed here for a day. Above a limit they are blocked for some minutes."
    )
    export_columns = [
        Column("kind", lambda guesser: guesser.kind),
        Column("id", lambda guesser: guesser.subject_id),
        Column("name", lambda guesser: name(guesser) if guesser.kind in IN_FILES else ""),
        Column("misses", lambda guesser: guesser.misses),
        Column("lastMissAt", lambda guesser: guesser.last_miss_at),
        Column("namedBy", lambda guesser: guesser.named_by),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guesser]:
        return named(super().get_queryset(request), request.user)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return GuesserChangeList

    @admin.display(description="who")
    def who(self, guesser: Guesser) -> str:
        return name(guesser)

    @admin.display(description="failed codes", ordering="misses")
    def failed_codes(self, guesser: Guesser) -> int:
        return guesser.misses

    @admin.display(description="reported by", empty_value="–")
    def named_by(self, guesser: Guesser) -> str | None:
        return guesser.named_by

    @admin.display(description="blocked until", empty_value="–")
    def waits_until(self, guesser: Guesser) -> datetime | None:
        return guessing.waits_until(guesser, now=timezone.now())
