"""One row that decides about all coupons of a batch, however many: its origin.

Whoever reads a coupon asks its origin, too (issuance.states).
"""

from datetime import datetime

from django.db import connection, transaction

from batches import approvals, services
from batches.approval_models import Deed
from batches.approvals import NOBODY, Asker
from batches.events import tell_revocation
from batches.models import WITH_COUPONS, Batch
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import end_of_day
from issuance.models import Origin
from series.models import Series

NO_COUPONS = "A batch of {} has no coupons of its own"
REVOKED = "The coupons of this batch are revoked"
NOT_LONGER = "No coupon of this batch is valid longer than before."
# By the results, since coupons have no index by their origin. The first chunk mostly has one.
ANY_ENDS_BEFORE = """
SELECT EXISTS (
    SELECT FROM batches_chunk AS chunk, jsonb_array_elements(chunk.results) AS line(ids),
                jsonb_array_elements(line.ids) AS issued(id)
    JOIN issuance_coupon AS coupon ON coupon.id = issued.id::bigint
    WHERE chunk.batch_id = %s AND coupon.origin_id = %s AND coupon.expires_at < %s
    AND coupon.revoked_at IS NULL
)
"""


def pause_coupons(batch: Batch, *, now: datetime, asker: Asker = NOBODY) -> str:
    """Lets none of the coupons be redeemed, until `release_coupons`."""
    pull(batch, paused_at=now)
    return ""


def release_coupons(batch: Batch, *, now: datetime, asker: Asker = NOBODY) -> str:
    """Ends the pause."""
    pull(batch, paused_at=None)
    return ""


def revoke_coupons(batch: Batch, *, now: datetime, asker: Asker = NOBODY) -> str:
    """Makes all coupons void that were never redeemed; there is no way back.

    Where that needs approval, it is asked for, and a sentence says so; otherwise it is empty.
    """
    if because := approvals.why_revoke(batch):
        refuse_revoked(batch)
        weight = approvals.weight_of_issued(batch)
        return approvals.ask(Deed.REVOKE_BATCH, batch, weight, because, asker, now=now)
    revoke_now(batch, now=now)
    return ""


def revoke_now(batch: Batch, *, now: datetime) -> None:
    """As `revoke_coupons`, whether or not it needs approval. What is not issued yet will not be."""
    with transaction.atomic():
        locked = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        pull(batch, revoked_at=now)
        tell_revocation(batch.pk, now=now)
        if locked.state in services.POSSIBLE["cancel"]:
            services.cancel(batch.pk, now=now)


def extend_coupons(batch: Batch, *, until: datetime, now: datetime) -> str:
    """Lets all coupons be valid until that moment at least; none ends earlier than by itself.

    Where that changes nothing a sentence says so; otherwise it is empty. Raises 690 for a moment in
    the past, 691 for one after the end of a series.
    """
    if until < now:
        raise CouponError(ErrorCode.EXPIRY_IN_THE_PAST)
    last_days = Series.objects.filter(
        pk__in=batch.series_ids, valid_till_date__isnull=False
    ).values_list("valid_till_date", flat=True)
    if any(until > end_of_day(day) for day in last_days):
        raise CouponError(ErrorCode.EXPIRY_SERIES_OVER)
    in_vain = batch.state in approvals.ENDED and not any_ends_before(batch, until)
    pull(batch, expires_at=until)
    return NOT_LONGER if in_vain else ""


def any_ends_before(batch: Batch, moment: datetime) -> bool:
    """Whether one of the coupons that can be used ends before that moment."""
    if batch.origin and batch.origin.expires_at and batch.origin.expires_at >= moment:
        return False
    with connection.cursor() as cursor:
        cursor.execute(ANY_ENDS_BEFORE, [batch.pk, batch.origin_id, moment])
        return bool(cursor.fetchone()[0])


LEVERS = {"pause": pause_coupons, "release": release_coupons, "revoke": revoke_coupons}


@transaction.atomic
def pull(batch: Batch, **columns: datetime | None) -> None:
    """Raises 756 where there are no coupons, and 660 where they are revoked already."""
    if batch.kind not in WITH_COUPONS:
        raise CouponError(ErrorCode.INPUT, NO_COUPONS.format(batch.get_kind_display()))
    if not Origin.objects.filter(pk=batch.origin_id, revoked_at=None).update(**columns):
        raise CouponError(ErrorCode.REVOKED, REVOKED)
    batch.refresh_from_db(fields=["origin"])


def refuse_revoked(batch: Batch) -> None:
    if not Origin.objects.filter(pk=batch.origin_id, revoked_at=None).exists():
        raise CouponError(ErrorCode.REVOKED, REVOKED)
