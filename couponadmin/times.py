"""Times as the API writes and reads them: in the server's zone (TIME_ZONE), to the second.

Source: docs/integrators.md.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
FORM = re.compile(r"\d{4}-\d{2}-\d{2}([T ][0-9:.,]+(Z|[+-][0-9:]+)?)?", re.ASCII)


def api_time(instant: datetime | None) -> str | None:
    """`2026-05-09T10:00:00Z`, or with the offset (`+05:30`) where the server's zone has one."""
    if instant is None:
        return None
    return written(here(instant))


def here(instant: datetime) -> datetime:
    """The instant in the server's zone."""
    zone = timezone.get_default_timezone()
    try:
        return instant.astimezone(zone)
    except OverflowError:
        # It was stored when the server's zone was west of this one, where year 9999 is over.
        return LAST_INSTANT.replace(tzinfo=zone)


def api_date(day: date | None) -> str | None:
    """The day at 00:00 in the server's zone: `2026-05-09T00:00:00Z`."""
    if day is None:
        return None
    return written(datetime.combine(day, time.min, timezone.get_default_timezone()))


def end_of_day(day: date) -> datetime:
    """The day's last second in the server's zone."""
    # Where clocks are set back at midnight 23:59:59 comes twice: fold=1 is the second one.
    last = time(23, 59, 59, tzinfo=timezone.get_default_timezone(), fold=1)
    end = datetime.combine(day, last)
    # West of Greenwich the last day of the calendar ends in a year that cannot be stored.
    west = (end.utcoffset() or timedelta(0)) < timedelta(0)
    return LAST_INSTANT if west and day == date.max else end


def local_date(instant: datetime) -> date:
    """The date that the server's zone has at that instant."""
    return here(instant).date()


def parse_api_datetime(text: str) -> datetime:
    """The instant, in UTC, that an ISO 8601 text names; without an offset in the server's zone.

    A date alone is its midnight. Raises ValueError for anything else, a date that no calendar
    has and a year that cannot be rendered in the server's zone included.
    """
    tidy = text.strip().upper()
    if not FORM.fullmatch(tidy):
        raise ValueError("not an ISO 8601 time")
    moment = datetime.fromisoformat(tidy)
    zone = timezone.get_default_timezone()
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        moment.astimezone(zone)
    except OverflowError as error:
        raise ValueError("a year out of range") from error
    return moment


def written(moment: datetime) -> str:
    text = moment.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
