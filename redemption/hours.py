"""When a coupon can be redeemed by days of the month, days of the week and hours. Pure.

Source: `redemptionRange` of "Create coupon series" (v2 API): `dom` 1-31, `dow` 1-7 (1 = Monday),
`hours` 0-23; an empty list means any. All three must fit, in the store's time zone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

Range = Mapping[str, Sequence[int]]

# The 31st on a given weekday comes within two years; twelve are beyond any doubt.
FARTHEST_DAYS = 12 * 366


def is_open(hours: Range, local: datetime) -> bool:
    """Whether coupons can be redeemed at that moment of the store's clock."""
    return is_open_day(hours, local.date()) and fits(hours, "hours", local.hour)


def is_open_day(hours: Range, day: date) -> bool:
    return fits(hours, "dom", day.day) and fits(hours, "dow", day.isoweekday())


def fits(hours: Range, part: str, value: int) -> bool:
    allowed = hours.get(part)
    return not allowed or value in allowed


def next_opening(hours: Range, at: datetime, *, zone: tzinfo) -> datetime | None:
    """The first moment after `at` when coupons can be redeemed; None: there is none."""
    local = at.astimezone(zone)
    for days in range(min(FARTHEST_DAYS, (date.max - local.date()).days - 1)):
        day = local.date() + timedelta(days=days)
        if is_open_day(hours, day):
            moments = (start_of_hour(day, hour, zone) for hour in hours.get("hours") or range(24))
            later = [moment for moment in moments if moment is not None and moment > at]
            if later:
                return min(later)
    return None


def start_of_hour(day: date, hour: int, zone: tzinfo) -> datetime | None:
    """The instant when that hour begins; None where the clocks skip it."""
    moment = datetime.combine(day, time(hour), zone).astimezone(UTC)
    return moment if moment.astimezone(zone).hour == hour else None


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The day's first instant."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
