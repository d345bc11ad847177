"""Which customers a list shows: those who hold a coupon of a series."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from customers.models import CustomerQuerySet
from issuance.models import Coupon

# With those of larger series, looking takes as long as with those of this size.
NEWEST = 50_000


class HolderFilter(AutocompleteSelectFilter):
    """Who holds one of the newest coupons of a series, redeemed or not, but not revoked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = f"series of held coupons, the newest {NEWEST:,}"

    def queryset(self, request: HttpRequest, customers: CustomerQuerySet) -> CustomerQuerySet:
        if not self.value():
            return customers
        try:
            coupons = Coupon.objects.issued().of_series(int(self.value()))
        except ValueError as error:
            raise IncorrectLookupParameters from error
        # First the newest, then those not revoked: the other way round a series that was revoked
        # as a whole would be read as a whole.
        newest = coupons.values("pk")[:NEWEST]
        held = Coupon.objects.filter(pk__in=newest, revoked_at__isnull=True).order_by()
        return customers.filter(pk__in=held.values("customer_id"))
