"""Checks of the coupon itself and of how often it was used. Pure."""

from datetime import timedelta

from couponadmin.errors import ErrorCode
from couponadmin.times import api_date, api_time, local_date
from redemption.asks import Facts, Reason
from redemption.visit_checks import registration_window, transactions_needed
from series.models import Series

ONE_SECOND = timedelta(seconds=1)
ON_HOLD = "The coupon is on hold for another purchase"
UNKNOWN_CUSTOMER = "The customer must be known to redeem this coupon"
PAUSED = "The coupon cannot be redeemed for the time being"
SERIES_CAP = "The coupons of this series have been redeemed as often as allowed"


def revoked(facts: Facts) -> Reason | None:
    """revoke -> 660"""
    if facts.card.revoked_at is not None:
        return Reason(ErrorCode.REVOKED, found=api_time(facts.card.revoked_at))
    return None


def customer_is_known(facts: Facts) -> Reason | None:
    """anyUser, and every term that concerns the customer -> 701"""
    if facts.visit.customer_id is None and concerns_customer(facts):
        return Reason(ErrorCode.CUSTOMER, UNKNOWN_CUSTOMER)
    return None


def concerns_customer(facts: Facts) -> bool:
    terms = facts.series
    repeats = terms.is_multiple_use_allowed and not terms.same_user_multiple_redeem
    return bool(
        not terms.any_user
        or repeats
        or terms.max_redemptions_in_series_per_user is not None
        or terms.min_days_between_redemption
        or transactions_needed(facts)
        or any(registration_window(facts))
    )


def issued_to_this_customer(facts: Facts) -> Reason | None:
    """anyUser -> 703"""
    customer_id = facts.visit.customer_id
    if facts.series.any_user or customer_id in (None, facts.card.customer_id):
        return None
    return Reason(ErrorCode.NOT_THEIRS)


def coupon_expired(facts: Facts) -> Reason | None:
    """expiryStrategyType -> 713; the last second still counts"""
    end = facts.card.expires_at
    if end is not None and facts.visit.at - end >= ONE_SECOND:
        return Reason(ErrorCode.EXPIRED, needed=api_time(end), found=api_time(facts.visit.at))
    return None


def series_over(facts: Facts) -> Reason | None:
    """validTillDate -> 712; the last day still counts"""
    last_day = facts.series.valid_till_date
    if last_day is not None and last_day < local_date(facts.visit.at):
        needed, found = api_date(last_day), api_time(facts.visit.at)
        return Reason(ErrorCode.SERIES_ENDED, needed=needed, found=found)
    return None


def already_used(facts: Facts) -> Reason | None:
    """isMultipleUseAllowed -> 711"""
    if facts.series.is_multiple_use_allowed:
        return None
    if facts.card.redemption_count:
        return Reason(ErrorCode.USED, needed=0, found=facts.card.redemption_count)
    if facts.past.held:
        return Reason(
            ErrorCode.USED, ON_HOLD, needed=0, found=1, next_valid_at=facts.past.held_until
        )
    return None


def same_customer_again(facts: Facts) -> Reason | None:
    """sameUserMultipleRedeem -> 747"""
    if facts.past.by_customer and not facts.series.same_user_multiple_redeem:
        return Reason(ErrorCode.SAME_CUSTOMER, needed=0, found=facts.past.by_customer)
    return None


def customer_cap(facts: Facts) -> Reason | None:
    """maxRedemptionsInSeriesPerUser -> 736"""
    most, found = facts.series.max_redemptions_in_series_per_user, facts.past.in_series
    if most is not None and found >= most:
        return Reason(ErrorCode.CUSTOMER_CAP, needed=most, found=found)
    return None


def coupon_cap(facts: Facts) -> Reason | None:
    """redemptionPerCouponMaxLimit -> 728"""
    most, redeemed = facts.series.redemption_per_coupon_max_limit, facts.card.redemption_count
    if most is None or redeemed + facts.past.held < most:
        return None
    found = redeemed + facts.past.held
    free_again = facts.past.held_until if redeemed < most else None
    return Reason(ErrorCode.REDEMPTION_CAP, needed=most, found=found, next_valid_at=free_again)


def series_cap(facts: Facts) -> Reason | None:
    """maxRedeem -> 728"""
    return full(facts.series) if facts.room is not None and facts.room <= 0 else None


def full(series: Series) -> Reason:
    most = series.max_redeem
    return Reason(ErrorCode.REDEMPTION_CAP, SERIES_CAP, needed=most, found=most)


def paused(facts: Facts) -> Reason | None:
    """a batch that was paused -> 739"""
    if facts.card.paused_at is not None:
        return Reason(ErrorCode.TOO_EARLY, PAUSED, found=api_time(facts.card.paused_at))
    return None
