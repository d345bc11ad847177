"""What is done with all coupons of a series, in steps: each step is one short transaction.

A step says where it ended, so whoever asked goes on from there; a step that is repeated finds
its coupons done already.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from batches import approvals
from batches.approval_models import Deed
from batches.approvals import Asker, Weight
from batches.revoking import unredeemed
from issuance.changes import extend, revoke
from issuance.models import Coupon
from series.models import Series
from series.readers import issued, redeemed

AT_ONCE = 500
STEPS_PER_REQUEST = 10
# Up to so many coupons of a series are looked at to be counted.
COUNTED = 10_000


class Step(NamedTuple):
    """How many coupons were changed, and the last one looked at; None: that was all."""

    changed: int
    after: int | None


Work = Callable[[Series, list[Coupon], datetime], int]


def how_many(series: Series) -> tuple[int, bool]:
    """How many coupons could be revoked yet, and whether that is exact.

    Of a large series, read `with_counts()`, the counters say how many it is at most.
    """
    if issued(series) <= COUNTED:
        return unredeemed(series.pk).order_by().count(), True
    used = 0 if series.is_multiple_use_allowed else redeemed(series)
    return max(issued(series) - used, 0), False


def weight_of(series: Series) -> Weight:
    """What could be revoked yet; of a large series, at most."""
    count, _ = how_many(series)
    worth = approvals.worth(series)
    return Weight(count, None if worth is None else worth * count)


def why_revoke(series: Series) -> str:
    """Why a second person has to approve that the rest is revoked; empty: nobody has to."""
    return approvals.why(weight_of(series)) if approvals.is_on() else ""


def ask_to_revoke(series: Series, *, because: str, user_id: int, now: datetime) -> str:
    """Asks for the approval, and says so; raises 409 if it is asked for already."""
    weight = weight_of(series)
    return approvals.ask(Deed.REVOKE_SERIES, series, weight, because, Asker(user_id), now=now)


def revoke_some(series: Series, *, after: int, now: datetime) -> Step:
    """Revoke the next unredeemed coupons of the series."""
    return some(series, after, now, revoke_these)


def extend_some(series: Series, *, after: int, now: datetime) -> Step:
    """Let the next unredeemed coupons of the series be valid to its end."""
    return some(series, after, now, extend_these)


def some(series: Series, after: int, now: datetime, work: Work) -> Step:
    changed = 0
    for _ in range(STEPS_PER_REQUEST):
        coupons = list(unredeemed(series.pk, after=after)[:AT_ONCE])
        changed += work(series, coupons, now) if coupons else 0
        if len(coupons) < AT_ONCE:
            return Step(changed, None)
        after = coupons[-1].pk
    return Step(changed, after)


def revoke_these(series: Series, coupons: list[Coupon], now: datetime) -> int:
    ids = [coupon.pk for coupon in coupons]
    return len(revoke(Coupon.objects.filter(pk__in=ids), now=now).revoked)


def extend_these(series: Series, coupons: list[Coupon], now: datetime) -> int:
    return extend(series.pk, [coupon.pk for coupon in coupons], now=now)
