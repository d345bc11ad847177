"""Whether a series issues, and how many it can issue yet. Pure."""

from datetime import date

from series.models import ClientHandling, Series
from series.readers import issued

LIVE = "live"
ENDED = "ended"
USED_UP = "used up"
NO_CODES = "no uploaded code left"
COLORS = {LIVE: "success", ENDED: "danger", USED_UP: "warning", NO_CODES: "warning"}


def status(series: Series, *, today: date) -> str:
    """One word or two; LIVE if it issues."""
    if series.valid_till_date and series.valid_till_date < today:
        return ENDED
    left = remaining(series)
    if left is not None and left <= 0:
        return NO_CODES if series.max_create is None else USED_UP
    return LIVE


def remaining(series: Series) -> int | None:
    """How many can be issued yet; None: no limit."""
    limits = []
    if series.max_create is not None:
        limits.append(series.max_create)
    if series.client_handling_type == ClientHandling.DISC_CODE_PIN:
        limits.append(series.num_uploaded_total)
    return max(min(limits) - issued(series), 0) if limits else None
