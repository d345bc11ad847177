"""When a coupon ends. Pure: series terms and the issue date in, the last day of validity out.

Source: `expiryStrategyType` and `expiryStrategyValue` of "Create coupon series" of the v2 API.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from couponadmin.times import end_of_day, local_date
from series.models import ExpiryStrategy

MAX_DAYS = 36_500
MAX_MONTHS = 1_200
LAST_YEAR = date.max.year


class Terms(Protocol):
    """The members of a series that decide about expiry."""

    expiry_strategy_type: str
    expiry_strategy_value: int
    valid_till_date: date | None


def expires_at(terms: Terms, issued: datetime) -> datetime | None:
    """The last second of validity of a coupon issued at that instant, in UTC; None: no end."""
    last_day = last_valid_day(
        terms.expiry_strategy_type,
        terms.expiry_strategy_value,
        valid_till=terms.valid_till_date,
        issued_on=local_date(issued),
    )
    return end_of_day(last_day).astimezone(UTC) if last_day else None


def within_series(end: datetime | None, terms: Terms) -> datetime | None:
    """A coupon's end, or the series' where that comes first: it may have been moved since."""
    last_day = terms.valid_till_date
    series_end = end_of_day(last_day) if last_day else None
    return min((at for at in (end, series_end) if at), default=None)


def last_valid_day(
    strategy: str, value: int, *, valid_till: date | None, issued_on: date
) -> date | None:
    """The last day of validity, never later than the series' own end; None: it never ends.

    DAYS n: n days after the issue. MONTHS_END n: the last day of the n-th month after the issue's.
    SERIES_EXPIRY: the series' end, whatever the value.
    """
    own_end = None
    if strategy == ExpiryStrategy.DAYS:
        own_end = days_after(issued_on, value)
    elif strategy == ExpiryStrategy.MONTHS_END:
        own_end = end_of_month_after(issued_on, value)
    return min((day for day in (own_end, valid_till) if day), default=None)


def days_after(day: date, days: int) -> date:
    """The calendar's last day where it would be later."""
    left = (date.max - day).days
    return day + timedelta(days=min(days, left))


def end_of_month_after(day: date, months: int) -> date:
    """The calendar's last day where it would be later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > LAST_YEAR:
        return date.max
    return date(year, month + 1, monthrange(year, month + 1)[1])
