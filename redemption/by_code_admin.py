"""What the lists of redemptions, holds and refusals share: found by a whole code, and where."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from couponadmin.list_export import Column
from couponadmin.models import OrgEntity, OrgEntityType
from couponadmin.plain_admin import ReadOnlyAdmin
from issuance.models import Coupon
from issuance.search import spellings
from redemption.filters import NEWEST


class ByCodeAdmin(ReadOnlyAdmin):
    """Rows about coupons, found by the whole code, which is looked up first: an index each."""

    search_fields = ["coupon__code"]
    search_help_text = "A whole code"
    show_facets = admin.ShowFacets.NEVER
    sortable_by: Iterable[str] = ()
    filter_note = f"Filters look at the newest {NEWEST:,} rows."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        return (queryset.filter(self.found_by(term)) if term else queryset), False

    def found_by(self, term: str) -> Q:
        # Only with `shared` there is an index: of a GENERIC code this finds the code's own row.
        coupons = Coupon.objects.with_code(*spellings(term))
        return Q(coupon_id__in=list(coupons.values_list("pk", flat=True)))

    @admin.display(description="where", empty_value="–")
    def where(self, row: Any) -> str | None:
        """The store and the till in it, as far as they are known."""
        names = [place.name for place in (store_of(row), row.till) if place]
        return ", ".join(names) or None


def store_of(row: Any) -> OrgEntity | None:
    """The store that the row names, or in which its till stands."""
    if store := getattr(row, "store", None):
        return store
    above = row.till and row.till.parent
    return above if above and above.type == OrgEntityType.STORE else None


STORE = Column("store", lambda row: (store := store_of(row)) and store.code)
