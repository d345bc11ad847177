"""Series kept in memory for as long as the database says that they have not changed."""

from collections.abc import Mapping
from datetime import datetime

from series.models import Series

ROOM = 2_000
_known: dict[int, Series] = {}


def series_as_of(versions: Mapping[int, datetime]) -> dict[int, Series]:
    """The series by id, each as of its `changed_at` in `versions`; at most one query.

    Read-only: what is returned is shared. Counters in it may be old; read those fresh.
    """
    if len(_known) > ROOM:
        _known.clear()
    stale = [pk for pk, version in versions.items() if not _is_known(pk, version)]
    if stale:
        _known.update(Series.objects.in_bulk(stale))
    return {pk: _known[pk] for pk in versions}


def _is_known(pk: int, version: datetime) -> bool:
    return pk in _known and _known[pk].changed_at == version
