"""Mobile numbers that were stored before COUNTRY_CODE_REGION was set, or when it was another one.

They are looked up in the normal form of today's region, so those stored otherwise are not found.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from customers.identifiers import normal_mobile
from customers.models import Customer

AT_ONCE = 2_000


class Change(NamedTuple):
    """A number as it is stored, and as it would be looked up."""

    customer_id: int
    before: str
    after: str


def stored_otherwise(*, region: str) -> Iterator[Change]:
    """The numbers that are not stored as they are looked up, by ascending customer."""
    last = 0
    rows = Customer.objects.filter(mobile__isnull=False).order_by("pk")
    while found := rows.filter(pk__gt=last).values_list("pk", "mobile")[:AT_ONCE]:
        for pk, mobile in found:
            last, normal = pk, normal_mobile(mobile, region=region)
            if normal != mobile:
                yield Change(pk, mobile, normal)


def store_normal(change: Change, *, now: datetime) -> bool:
    """Stores the normal form, unless the number was changed meanwhile; False if others have it."""
    row = Customer.objects.filter(pk=change.customer_id, mobile=change.before)
    try:
        with transaction.atomic():
            row.update(mobile=change.after, updated_at=now)
    except IntegrityError:
        return False
    return True
