"""What may be issued. A rule says how many more are allowed and what to say about the rest.

Rules are pure: no database, no clock. The strictest one decides; among equals the first in
`RULES` speaks (docs/integrators.md: 713, 5004, 709, 5002, 5001; 5005 and 5006 are found out
when codes are taken). To add a rule, write a function and put it into `RULES`.
"""

from collections.abc import Callable
from datetime import timedelta

from couponadmin.errors import ErrorCode
from issuance.asks import Facts, Limit
from series.models import ClientHandling

Rule = Callable[[Facts], Limit | None]

ONLY_ONE_GENERIC = "Cannot issue more than one GENERIC coupon code."
EXCLUDED = "Coupon processing failed: user already has a coupon of a series that excludes this one"
TOO_SOON = "Coupon processing failed: user already has a coupon, the next one may follow on {}"


def series_is_over(facts: Facts) -> Limit | None:
    """validTillDate -> 713"""
    last_day = facts.series.valid_till_date
    if last_day is not None and last_day < facts.today:
        return Limit(0, ErrorCode.SERIES_OVER)
    return None


def only_one_generic(facts: Facts) -> Limit | None:
    """clientHandlingType GENERIC -> 5004"""
    if facts.series.client_handling_type == ClientHandling.GENERIC:
        return Limit(1, ErrorCode.ONLY_ONE, ONLY_ONE_GENERIC)
    return None


def only_one_per_customer(facts: Facts) -> Limit | None:
    """isMultipleVouchersPerUserAllowed -> 5004"""
    if not facts.series.is_multiple_vouchers_per_user_allowed:
        return Limit(1, ErrorCode.ONLY_ONE)
    return None


def holds_the_only_one(facts: Facts) -> Limit | None:
    """isMultipleVouchersPerUserAllowed, GENERIC -> 709"""
    if facts.held and (only_one_generic(facts) or only_one_per_customer(facts)):
        return Limit(0, ErrorCode.HELD, held=True)
    return None


def mutually_exclusive(facts: Facts) -> Limit | None:
    """mutualExclusiveSeriesIds -> 709"""
    if facts.excluded:
        return Limit(0, ErrorCode.HELD, EXCLUDED)
    return None


def gap_between_coupons(facts: Facts) -> Limit | None:
    """minDaysBetweenVouchers -> 709; a gap allows one per call"""
    gap = facts.series.min_days_between_vouchers
    if not gap:
        return None
    next_day = (facts.last_issued_on or facts.today) + timedelta(days=gap)
    if facts.last_issued_on is None or next_day <= facts.today:
        return Limit(1, ErrorCode.HELD, TOO_SOON.format(facts.today + timedelta(days=gap)))
    return Limit(0, ErrorCode.HELD, TOO_SOON.format(next_day))


def max_per_customer(facts: Facts) -> Limit | None:
    """maxVouchersPerUser -> 5002"""
    if facts.series.max_vouchers_per_user is not None:
        return Limit(facts.series.max_vouchers_per_user - facts.held, ErrorCode.MAX_PER_USER)
    return None


def max_of_series(facts: Facts) -> Limit | None:
    """maxCreate -> 5001"""
    if facts.series_left is not None:
        return Limit(facts.series_left, ErrorCode.MAX_CREATE)
    return None


RULES: tuple[Rule, ...] = (
    series_is_over,
    only_one_generic,
    only_one_per_customer,
    holds_the_only_one,
    mutually_exclusive,
    gap_between_coupons,
    max_per_customer,
    max_of_series,
)


def strictest(facts: Facts) -> Limit | None:
    """The limit that leaves the least, the earliest rule's among equals; None: no limit."""
    limits = [limit for rule in RULES if (limit := rule(facts)) is not None]
    return min(limits, key=lambda limit: max(limit.left, 0), default=None)


def grant(facts: Facts, wanted: int) -> tuple[int, Limit | None]:
    """How many of `wanted` are granted, and the limit that holds back the rest, if any."""
    limit = strictest(facts)
    if limit is None or limit.left >= wanted:
        return wanted, None
    return max(limit.left, 0), limit
