"""What is done with series: they are made and changed. (Counters: `series.tallies`.)"""

import copy
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from couponadmin.conflicts import explained
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.models import ApiClient
from couponadmin.times import local_date
from series.checks import Change, refusals
from series.models import Series
from series.tallies import fold_tallies_of

TAKEN = {
    "series_code_unique": "seriesCode: Another series has this code.",
    "series_generic_code_unique": "genericCode: Another series has this code.",
    "coupon_code_unique": "genericCode: A coupon has this code.",
}


def create_series(
    data: dict[str, Any],
    *,
    now: datetime,
    client: ApiClient | None = None,
    user: User | None = None,
) -> Series:
    """Stores a series. `data` has columns of `Series`, as `SeriesInput` gives them.

    Raises 756 naming the member that cannot be as it is.
    """
    series = Series(
        **{"series_code": secrets.token_hex(10).upper()} | data,
        created_at=now,
        changed_at=now,
        created_by_client=client,
        created_by_user=user,
    )
    refuse(Change(series, None, local_date(now)))
    save(series, now=now, client=client, user=user)
    return series


@transaction.atomic
def update_series(
    series_id: int,
    data: dict[str, Any],
    *,
    now: datetime,
    client: ApiClient | None = None,
    user: User | None = None,
) -> Series:
    """Changes the given columns of a series; its counts are exact in what is returned.

    Raises 707 for an unknown series, and 756 naming the member that cannot be as it is.
    """
    before = locked(series_id)
    series = copy.copy(before)
    for column, value in data.items():
        setattr(series, column, value)
    # Later than before even where clocks differ: the engine knows a change by this alone.
    series.changed_at = max(now, before.changed_at + timedelta(microseconds=1))
    refuse(Change(series, before, local_date(now)))
    save(series, now=now, client=client, user=user, columns=[*data, "changed_at"])
    return series


def locked(series_id: int) -> Series:
    """The series with exact counts, which nobody issues from until this transaction ends.

    Whoever issues holds the same lock shared, from before reading the terms of the series until
    the coupons are committed. So taking it alone waits for coupons under way, makes later ones
    see the new terms, and leaves no tally uncommitted: folding all there are gives the exact count,
    without which a cap could not be put on a series that had none.
    """
    if not Series.objects.filter(pk=series_id).exists():
        raise CouponError(ErrorCode.SERIES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [series_id])
    fold_tallies_of(series_id)
    return Series.objects.get(pk=series_id)


def refuse(change: Change) -> None:
    for refusal in refusals(change):
        raise CouponError(ErrorCode.INPUT, refusal.message)


def save(
    series: Series,
    *,
    now: datetime,
    client: ApiClient | None,
    user: User | None,
    columns: Iterable[str] | None = None,
) -> None:
    """Stores the series or those columns of it, and a row of its history that names who did it."""
    series._history_date = now
    series._history_user = user
    series._change_reason = f"API client {client}"[:100] if client else None
    with explained(TAKEN):
        series.save(update_fields=columns)
