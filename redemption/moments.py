"""When something was at the till, by what the till tells of it. Pure."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import end_of_day
from redemption.hours import start_of_day

# A till's clock may be wrong, either way; one without a network tells later what happened.
LEEWAY = timedelta(minutes=5)
LATE = timedelta(days=366)
NO_TIME = "redemptionTime: In the future, or too long ago."


def moment(told: datetime | date | None, now: datetime) -> datetime:
    """The moment by which terms are judged, not after `now`; 756 for one that no till can mean.

    A date is its end: what was issued in the course of the day is redeemed after that.
    """
    if told is None:
        return now
    first, last = span(told)
    if last < now - LATE or first > now + LEEWAY:
        raise CouponError(ErrorCode.INPUT, NO_TIME)
    return min(last, now)


def span(told: datetime | date) -> tuple[datetime, datetime]:
    if isinstance(told, datetime):
        return told, told
    return start_of_day(told, timezone.get_default_timezone()), end_of_day(told)


def not_before_issue(at: datetime, issued_at: datetime | None) -> datetime:
    """The moment of the visit; what a slow clock tells of a new coupon is when it was issued."""
    if issued_at is not None and issued_at - LEEWAY <= at < issued_at:
        return issued_at
    return at
