"""What is typed into the one box of the list of coupons, as conditions that each have an index."""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q

from customers import identifiers
from customers.models import Customer
from issuance.models import Coupon, normal_code
from series.models import Series

# Of those who share a code; more are found by their series.
SHOWN_OF_A_SHARED_CODE = 1_000
DASHES = str.maketrans("", "", "-\u2010\u2011\u2012\u2013\u2014")


def matches(term: str) -> Q:
    """Coupons with that code, or of the customer who has it as an identifier."""
    codes = spellings(term)
    found = Q(code__in=codes, shared=False)
    # Ids in place of subqueries, and only where there are some: a condition that might be true of
    # many rows would have the plan walk through all coupons by their ids.
    if holding := holders(codes):
        found |= Q(pk__in=holding)
    possible = identifiers.possible(term, region=settings.COUNTRY_CODE_REGION)
    if customer_ids := [each.pk for each in Customer.objects.identified_by(**possible)]:
        found |= Q(customer_id__in=customer_ids)
    return found


def holders(codes: Sequence[str]) -> list[int]:
    """The newest coupons of those who share one of the codes."""
    series = Series.objects.filter(generic_code__in=codes).first()
    if series is None:
        return []
    shared = Coupon.objects.issued().of_series(series.pk).filter(shared=True)
    return list(shared.values_list("pk", flat=True)[:SHOWN_OF_A_SHARED_CODE])


def spellings(text: str) -> list[str]:
    """The codes that may be meant, the likeliest first.

    Read aloud or printed in groups, codes are typed with blanks or dashes that they do not have.
    """
    code = normal_code(text)
    together = "".join(code.split())
    return list(dict.fromkeys([code, together, together.translate(DASHES)]))


def meant(text: str) -> str:
    """The first spelling that is a code; the text itself if none is."""
    codes = spellings(text)
    known = set(Coupon.objects.with_code(*codes).values_list("code", flat=True))
    return next((code for code in codes if code in known), text)
