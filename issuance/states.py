"""What state a coupon is in: of one coupon in memory, and as conditions of a query.

One row decides about all coupons of a batch, so a coupon's origin always counts with it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from couponadmin.times import here, local_date
from issuance.models import Coupon
from series.expiry import within_series

# Times are written to the second: the last second of validity still counts.
ONE_SECOND = timedelta(seconds=1)

REVOKED = Q(revoked_at__isnull=False) | Q(origin__revoked_at__isnull=False, redemption_count=0)
PAUSED = Q(origin__paused_at__isnull=False)
REDEEMED = Q(redemption_count__gt=0)
LEFT = (Q(redemption_count=0) | Q(series__is_multiple_use_allowed=True)) & (
    Q(series__redemption_per_coupon_max_limit__isnull=True)
    | Q(redemption_count__lt=F("series__redemption_per_coupon_max_limit"))
)


def expired(now: datetime) -> Q:
    """By its own end, or with its series."""
    over = now - ONE_SECOND
    prolonged = Q(origin__expires_at__isnull=False, origin__expires_at__gt=over)
    own_end = Q(expires_at__isnull=False, expires_at__lte=over) & ~prolonged
    return own_end | Q(
        series__valid_till_date__isnull=False, series__valid_till_date__lt=local_date(now)
    )


def redeemable(now: datetime) -> Q:
    """Whatever else a till may ask for: the customer, the bill, the day."""
    return LEFT & ~expired(now) & ~PAUSED


# The documented values of `status`; coupons that were revoked have only the last one.
STATUSES: dict[str, Callable[[datetime], Q]] = {
    "REDEEMED": lambda now: REDEEMED,
    "UNREDEEMED": lambda now: ~REDEEMED,
    "ACTIVE": lambda now: ~expired(now),
    "EXPIRED": expired,
    "ACTIVE_REDEEMED": lambda now: ~expired(now) & REDEEMED,
    "ACTIVE_UNREDEEMED": lambda now: ~expired(now) & ~REDEEMED,
    "EXPIRED_REDEEMED": lambda now: expired(now) & REDEEMED,
    "EXPIRED_UNREDEEMED": lambda now: expired(now) & ~REDEEMED,
    "REDEEMABLE": redeemable,
    "REVOKED": lambda now: REVOKED,
}


def with_status(status: str, *, now: datetime) -> Q:
    condition = STATUSES[status](now)
    return condition if status == "REVOKED" else condition & ~REVOKED


class State(models.TextChoices):
    """The one word for a coupon; the first that is true."""

    REVOKED = "REVOKED", "revoked"
    USED_UP = "USED_UP", "used up"
    EXPIRED = "EXPIRED", "expired"
    PAUSED = "PAUSED", "paused"
    USABLE = "USABLE", "usable"


def in_state(state: str, *, now: datetime) -> Q:
    over = expired(now)
    return {
        State.REVOKED: REVOKED,
        State.USED_UP: ~REVOKED & ~LEFT,
        State.EXPIRED: ~REVOKED & LEFT & over,
        State.PAUSED: ~REVOKED & LEFT & ~over & PAUSED,
        State.USABLE: ~REVOKED & redeemable(now),
    }[State(state)]


def state_of(coupon: Coupon, *, now: datetime) -> State:
    if is_revoked(coupon):
        return State.REVOKED
    if redemptions_left(coupon) == 0:
        return State.USED_UP
    if is_expired(coupon, now=now):
        return State.EXPIRED
    return State.PAUSED if is_paused(coupon) else State.USABLE


def is_expired(coupon: Coupon, *, now: datetime) -> bool:
    end, last_day = valid_until(coupon), coupon.series.valid_till_date
    series_over = last_day is not None and last_day < local_date(now)
    return series_over or (end is not None and end <= now - ONE_SECOND)


def is_revoked(coupon: Coupon) -> bool:
    with_batch = coupon.origin is not None and coupon.origin.revoked_at is not None
    return coupon.revoked_at is not None or (with_batch and not coupon.redemption_count)


def is_paused(coupon: Coupon) -> bool:
    """Whether its batch is held back, so that no till takes it; whatever else there is to say."""
    return coupon.origin is not None and coupon.origin.paused_at is not None


def valid_until(coupon: Coupon) -> datetime | None:
    """The last second of validity, with its series at the latest; None: no end."""
    least = coupon.origin.expires_at if coupon.origin else None
    own = coupon.expires_at and max(coupon.expires_at, least or coupon.expires_at)
    return within_series(own and here(own), coupon.series)


def redemptions_left(coupon: Coupon) -> int | None:
    """How often it can be redeemed yet by its own terms; None: without limit."""
    terms = coupon.series
    once = None if terms.is_multiple_use_allowed else 1
    limits = [n for n in (once, terms.redemption_per_coupon_max_limit) if n is not None]
    return max(min(limits) - coupon.redemption_count, 0) if limits else None
