"""Series kept in memory for as long as the database says that they have not changed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from series.models import Series

ROOM = 2_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_known: dict[int, Series] = {}


def series_as_of(versions: Mapping[int, int]) -> dict[int, Series]:
    """The series by id, each as of its version; at most one query.

    A version is `changed_at` in microseconds since 1970. What is returned is shared, so read-only;
    the counters in it may be old: read those fresh.
    """
    found = {pk: _known[pk] for pk in _known.keys() & versions.keys()}
    current = {pk: series for pk, series in found.items() if version_of(series) == versions[pk]}
    stale = versions.keys() - current.keys()
    return current | _fresh(stale) if stale else current


def version_of(series: Series) -> int:
    return (series.changed_at - EPOCH) // timedelta(microseconds=1)


def _fresh(ids: set[int]) -> dict[int, Series]:
    global _known
    series = Series.objects.in_bulk(ids)
    # Replaced and never emptied, because other threads are reading it.
    _known = (_known if len(_known) < ROOM else {}) | series
    return series
