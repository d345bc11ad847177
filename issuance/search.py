"""What is typed into the one box of the list of coupons, as conditions that each have an index."""

from django.db.models import Q

from customers.admin import possible_identifiers
from customers.models import Customer
from issuance.models import Coupon, normal_code
from series.models import Series

# Of those who share a code; more are found by their series.
SHOWN_OF_A_SHARED_CODE = 1_000


def matches(term: str) -> Q:
    """Coupons with that code, or of the customer who has it as an identifier."""
    found = named(normal_code(term))
    identifiers = possible_identifiers(term)
    customers = Customer.objects.identified_by(**identifiers) if identifiers else []
    # Ids in place of subqueries, and only where there are some: a condition that might be true of
    # many rows would have the plan walk through all coupons by their ids.
    if customer_ids := [customer.pk for customer in customers]:
        found |= Q(customer_id__in=customer_ids)
    return found


def named(code: str) -> Q:
    """The coupon with that code; of those who share it, the newest."""
    series = Series.objects.filter(generic_code=code).first()
    if series is None:
        return Q(code=code, shared=False)
    holders = Coupon.objects.issued().of_series(series.pk).filter(shared=True)
    return Q(pk__in=list(holders.values_list("pk", flat=True)[:SHOWN_OF_A_SHARED_CODE]))
