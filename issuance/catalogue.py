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
    if len(_known) > ROOM:
        _known.clear()
    stale = [pk for pk, version in versions.items() if _known_version(pk) != version]
    if stale:
        _known.update(Series.objects.in_bulk(stale))
    return {pk: _known[pk] for pk in versions}


def _known_version(pk: int) -> int | None:
    known = _known.get(pk)
    return (known.changed_at - EPOCH) // timedelta(microseconds=1) if known else None
