"""Which customers a list shows: those who hold a coupon of a series."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import BigIntegerField, Func, Value
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from couponadmin.arrays import of_numbers
from customers.models import CustomerQuerySet
from issuance.models import Coupon

# With those of larger series, looking takes as long as with those of this size.
NEWEST = 50_000
AMONG = "SELECT unnest(%(expressions)s::bigint[])"


class HolderFilter(AutocompleteSelectFilter):
    """Who holds one of the newest coupons of a series, redeemed or not, but not revoked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "coupon held"

    def queryset(self, request: HttpRequest, customers: CustomerQuerySet) -> CustomerQuerySet:
        if not self.value():
            return customers
        try:
            coupons = Coupon.objects.issued().of_series(int(self.value()))
        except ValueError as error:
            raise IncorrectLookupParameters from error
        # Read as they are, and not joined: the planner would go through all customers, the newest
        # first, until it had met enough holders; those of an old series lie behind all others.
        newest = coupons.values_list("customer_id", "revoked_at")[:NEWEST]
        holders = {customer_id for customer_id, revoked_at in newest if revoked_at is None}
        among = Func(Value(of_numbers(holders)), template=AMONG, output_field=BigIntegerField())
        return customers.filter(pk__in=among)
