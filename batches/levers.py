"""One row that decides about all coupons of a batch, however many: its origin.

Whoever reads a coupon asks its origin, too (issuance.states).
"""

from datetime import datetime

from django.db import transaction

from batches.events import tell_revocation
from batches.models import Batch, Kind
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import end_of_day
from issuance.models import Origin
from series.models import Series

NO_COUPONS = "A batch of {} has no coupons of its own"
REVOKED = "The coupons of this batch are revoked"


def pause_coupons(batch: Batch, *, now: datetime) -> None:
    """Lets none of the coupons be redeemed, until `release_coupons`."""
    pull(batch, paused_at=now)


def release_coupons(batch: Batch, *, now: datetime) -> None:
    """Ends the pause."""
    pull(batch, paused_at=None)


def revoke_coupons(batch: Batch, *, now: datetime) -> None:
    """Makes all coupons void that were never redeemed; there is no way back."""
    with transaction.atomic():
        pull(batch, revoked_at=now)
        tell_revocation(batch.pk, now=now)


def extend_coupons(batch: Batch, *, until: datetime, now: datetime) -> None:
    """Lets all coupons be valid until that moment at least; none ends earlier than before.

    Raises 690 for a moment in the past, 691 for one after the end of a series.
    """
    if until < now:
        raise CouponError(ErrorCode.EXPIRY_IN_THE_PAST)
    last_days = Series.objects.filter(
        pk__in=batch.series_ids, valid_till_date__isnull=False
    ).values_list("valid_till_date", flat=True)
    if any(until > end_of_day(day) for day in last_days):
        raise CouponError(ErrorCode.EXPIRY_SERIES_OVER)
    pull(batch, expires_at=until)


LEVERS = {"pause": pause_coupons, "release": release_coupons, "revoke": revoke_coupons}


@transaction.atomic
def pull(batch: Batch, **columns: datetime | None) -> None:
    """Raises 756 where there are no coupons, and 660 where they are revoked already."""
    if batch.kind != Kind.ISSUE:
        raise CouponError(ErrorCode.INPUT, NO_COUPONS.format(batch.get_kind_display()))
    if not Origin.objects.filter(pk=batch.origin_id, revoked_at=None).update(**columns):
        raise CouponError(ErrorCode.REVOKED, REVOKED)
    batch.refresh_from_db(fields=["origin"])
