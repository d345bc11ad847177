"""Whether a series issues, and how many it can issue yet."""

from datetime import date

from django.db.models import F, Q

from series.models import ClientHandling, Series, SeriesQuerySet
from series.readers import issued

LIVE = "live"
ENDED = "ended"
USED_UP = "used up"
WAITING = "waiting for codes"
NO_CODES = "out of codes"
COLORS = {
    LIVE: "success",
    ENDED: "danger",
    USED_UP: "warning",
    WAITING: "info",
    NO_CODES: "warning",
}
IS_CAPPED = Q(max_create__lte=F("total_issued"))
IS_EMPTY = Q(
    client_handling_type=ClientHandling.DISC_CODE_PIN, num_uploaded_total__lte=F("total_issued")
)
NEVER_FILLED = Q(num_uploaded_total=0)


def status(series: Series, *, today: date) -> str:
    """One word or some; LIVE if it issues."""
    if series.valid_till_date and series.valid_till_date < today:
        return ENDED
    out = issued(series)
    if series.max_create is not None and series.max_create <= out:
        return USED_UP
    if series.client_handling_type != ClientHandling.DISC_CODE_PIN:
        return LIVE
    if series.num_uploaded_total > out:
        return LIVE
    return NO_CODES if series.num_uploaded_total else WAITING


def having(series: SeriesQuerySet, wanted: str, *, today: date) -> SeriesQuerySet:
    """Those of that status, of series that are read `with_counts()`."""
    running = series.active(today=today)
    uncapped = running.exclude(IS_CAPPED)
    found = {
        LIVE: uncapped.exclude(IS_EMPTY),
        ENDED: series.expired(today=today),
        USED_UP: running.filter(IS_CAPPED),
        WAITING: uncapped.filter(IS_EMPTY & NEVER_FILLED),
        NO_CODES: uncapped.filter(IS_EMPTY).exclude(NEVER_FILLED),
    }
    return found.get(wanted, series)


def remaining(series: Series) -> int | None:
    """How many can be issued yet; None: no limit."""
    limits = []
    if series.max_create is not None:
        limits.append(series.max_create)
    if series.client_handling_type == ClientHandling.DISC_CODE_PIN:
        limits.append(series.num_uploaded_total)
    return max(min(limits) - issued(series), 0) if limits else None
