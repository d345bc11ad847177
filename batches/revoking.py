"""Revoking what is left of a series after it was approved: in steps, by whoever of the workers.

A step revokes its coupons and notes how far it came in one transaction, so a worker that is killed
leaves nothing half done, and the next one goes on behind it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from batches.approval_models import Approval, Deed
from batches.approvals import log
from batches.models import Kind
from issuance.changes import revoke
from issuance.models import Coupon, CouponQuerySet
from issuance.states import REDEEMED, REVOKED

AT_ONCE = 500
REVOKED_SO_MANY = "Revoked, as approved: {:,} unredeemed coupons."


def unredeemed(series_id: int, *, after: int = 0) -> CouponQuerySet:
    """Issued coupons of the series that could be revoked yet, in the order of their ids."""
    coupons = Coupon.objects.issued().of_series(series_id).filter(pk__gt=after)
    return coupons.exclude(REDEEMED | REVOKED).order_by("series_id", "pk")


def meant(approval: Approval) -> CouponQuerySet:
    """Those left that were here when it was asked for: nobody approved of more."""
    rest = unredeemed(approval.series_id, after=approval.after)
    # Moved coupons name the day on which another system issued them, so their ids have to tell;
    # not those of free codes, which were here before they were handed over.
    if approval.newest is not None:
        rest = rest.filter(pk__lte=approval.newest)
    moved = Q(origin__batch__kind=Kind.HOLDERS)
    begun_later = Q(origin__batch__started_at__gt=approval.asked_at)
    return rest.filter(issued_at__lte=approval.asked_at).exclude(moved & begun_later)


def turn(*, clock: Callable[[], datetime], seconds: float) -> bool:
    """Carries out for about `seconds` what was approved; whether more is left to do."""
    end = clock() + timedelta(seconds=seconds)
    while step(now=clock()):
        if clock() >= end:
            return True
    return False


@transaction.atomic
def step(*, now: datetime) -> bool:
    """Revokes the next coupons of an approved series; False if there is nothing to carry out."""
    approved = Approval.objects.to_carry_out().filter(deed=Deed.REVOKE_SERIES)
    approval = approved.select_for_update(skip_locked=True, of=["self"]).first()
    if approval is None:
        return False
    ids = list(meant(approval).values_list("pk", flat=True)[:AT_ONCE])
    approval.done += len(revoke(Coupon.objects.filter(pk__in=ids), now=now).revoked)
    if len(ids) < AT_ONCE:
        close(approval, now)
    else:
        approval.after = ids[-1]
    approval.save(update_fields=["after", "done", "closed_at"])
    return True


def close(approval: Approval, now: datetime) -> None:
    approval.closed_at = now
    log(approval.decided_by_id, approval.series, REVOKED_SO_MANY.format(approval.done))
