"""Checks of when, where, with what bill and by whom. Pure."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from couponadmin.errors import ErrorCode
from couponadmin.times import api_date, api_time, local_date
from redemption.asks import Facts, Reason
from redemption.hours import is_open, next_opening, start_of_day
from series.models import Series

# Smaller numbers cannot be milliseconds of a registration: that would be before March 1973.
SECONDS_BELOW = 10**11
FARTHEST = datetime(9999, 1, 1, tzinfo=UTC)
NOT_ISSUED_YET = "The coupon was not issued yet at that time"
TOO_FEW_TRANSACTIONS = "The customer has not enough transactions with a coupon yet"
NOT_REGISTERED_IN_TIME = "The customer was not registered in the required period"


def issued_before(facts: Facts) -> Reason | None:
    """redemptionTime before the coupon was issued -> 739"""
    issued, at = facts.card.issued_at, facts.visit.at
    if issued is None or at >= issued:
        return None
    return Reason(
        ErrorCode.TOO_EARLY,
        NOT_ISSUED_YET,
        needed=api_time(issued),
        found=api_time(at),
        next_valid_at=issued,
    )


def not_before(facts: Facts) -> Reason | None:
    """redemptionValidFrom -> 739"""
    return too_early(facts, facts.series.redemption_valid_from)


def days_after_issue(facts: Facts) -> Reason | None:
    """redemptionValidAfterDays -> 739; a code that stands for everybody counts from its series"""
    days = facts.series.redemption_valid_after_days
    if not days:
        return None
    issued_on = local_date(facts.card.issued_at or facts.series.created_at)
    return too_early(facts, issued_on + timedelta(days=days))


def too_early(facts: Facts, first_day: date | None) -> Reason | None:
    if first_day is None or local_date(facts.visit.at) >= first_day:
        return None
    return Reason(
        ErrorCode.TOO_EARLY,
        needed=api_date(first_day),
        found=api_time(facts.visit.at),
        next_valid_at=start_of_day(first_day, timezone.get_default_timezone()),
    )


def days_and_hours(facts: Facts) -> Reason | None:
    """redemptionRange, in the store's time zone -> 729"""
    hours, place = facts.series.redemption_range, facts.visit.place
    zone = place.zone if place else timezone.get_default_timezone()
    local = facts.visit.at.astimezone(zone)
    if is_open(hours, local):
        return None
    return Reason(
        ErrorCode.OUT_OF_HOURS,
        needed={part: list(allowed) for part, allowed in hours.items() if allowed},
        found={"dom": local.day, "dow": local.isoweekday(), "hours": local.hour},
        next_valid_at=next_opening(hours, facts.visit.at, zone=zone),
    )


def bill_amount(facts: Facts) -> Reason | None:
    """minBillAmount, maxBillAmount -> 733; a bill that is not known yet passes"""
    bill = facts.visit.bill_amount
    return None if bill is None else outside_window(facts.series, bill)


def outside_window(series: Series, bill: Decimal) -> Reason | None:
    least, most = series.min_bill_amount, series.max_bill_amount
    if (least is None or bill >= least) and (most is None or bill <= most):
        return None
    return Reason(
        ErrorCode.BILL_AMOUNT, needed={"minBillAmount": least, "maxBillAmount": most}, found=bill
    )


def store(facts: Facts) -> Reason | None:
    """redemptionOrgEntityDetails -> 735; a place covers all that lies in it"""
    wanted = facts.series.redemption_org_entity_details
    chain = facts.visit.place.chain if facts.visit.place else ()
    allowed = {(one["redemptionOrgEntityType"], one["orgEntityId"]) for one in wanted}
    if not allowed or not allowed.isdisjoint(chain):
        return None
    found = [{"redemptionOrgEntityType": kind, "orgEntityId": pk} for kind, pk in chain]
    return Reason(ErrorCode.STORE, needed=wanted, found=found)


def gap_between_redemptions(facts: Facts) -> Reason | None:
    """minDaysBetweenRedemption -> 738; also to a later one, of which a till told first"""
    gap, past = facts.series.min_days_between_redemption, facts.past
    near = [
        other
        for other in (past.last_in_series, past.next_in_series)
        if gap and other and days_between(other, facts.visit.at) < gap
    ]
    if not near:
        return None
    next_day = local_date(near[-1]) + timedelta(days=gap)
    next_valid_at = start_of_day(next_day, timezone.get_default_timezone())
    return Reason(ErrorCode.GAP, needed=gap, found=api_time(near[-1]), next_valid_at=next_valid_at)


def days_between(one: datetime, other: datetime) -> int:
    return abs((local_date(one) - local_date(other)).days)


def registered_in_time(facts: Facts) -> Reason | None:
    """validUserRegistrationStartTime, validUserRegistrationEndTime -> 710"""
    start, end = registration_window(facts)
    registered = facts.visit.registered_at
    if registered is None or (start or registered) <= registered <= (end or registered):
        return None
    needed = {
        "validUserRegistrationStartTime": api_time(start),
        "validUserRegistrationEndTime": api_time(end),
    }
    found = api_time(registered)
    return Reason(ErrorCode.TARGET_USER, NOT_REGISTERED_IN_TIME, needed=needed, found=found)


def enough_transactions(facts: Facts) -> Reason | None:
    """validMaxUserTransactionLimit -> 710"""
    needed, found = transactions_needed(facts), facts.past.transactions
    if found >= needed:
        return None
    return Reason(ErrorCode.TARGET_USER, TOO_FEW_TRANSACTIONS, needed=needed, found=found)


def transactions_needed(facts: Facts) -> int:
    """-1, 0 and none mean that it does not matter."""
    return max(facts.series.valid_max_user_transaction_limit or 0, 0)


def registration_window(facts: Facts) -> tuple[datetime | None, datetime | None]:
    """First and last moment of the period; None where it is open."""
    return (
        instant(facts.series.valid_user_registration_start_time),
        instant(facts.series.valid_user_registration_end_time),
    )


def instant(number: int | None) -> datetime | None:
    """Milliseconds since 1970, as other instants of a series; 0, -1 and none mean no limit.

    The documents leave the unit open: what is too small for milliseconds is taken as seconds.
    """
    if number is None or number <= 0:
        return None
    seconds = number if number < SECONDS_BELOW else number / 1000
    return datetime.fromtimestamp(min(seconds, FARTHEST.timestamp()), UTC)
