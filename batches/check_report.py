"""What a dry run found, summed up over all chunks, with examples of what it would refuse."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from batches.models import Batch, Kind
from couponadmin.errors import ErrorCode
from issuance.pool import free_codes
from series.models import ClientHandling, Series

# Examples of each reason.
MOST_SHOWN = 5


def report(batch: Batch) -> dict[str, Any]:
    """What the dry run found in all chunks together."""
    issued, created, repeats = 0, 0, 0
    granted: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    shown: dict[str, list[list[object]]] = {}
    in_order = batch.chunks.order_by("first").values_list("finding", flat=True)
    for finding in in_order.iterator():
        issued, created = issued + finding["issued"], created + finding["created"]
        repeats += finding["repeats"]
        granted.update(finding["granted"])
        reasons.update(finding["reasons"])
        first_of_each(shown, finding.get("lines", ()))
    for code, excess in too_many(batch, granted):
        # Where coupons are counted as new, what is too many would have been new.
        issued, created = issued - excess, max(0, created - excess)
        reasons[str(code.number)] += excess
    refused = {code: count for code, count in reasons.items() if count}
    return {
        "rows": batch.lines,
        "issued": issued,
        "created": created,
        "refused": sum(refused.values()),
        "repeats": repeats,
        "reasons": refused,
        "examples": shown,
    }


def too_many(batch: Batch, granted: Mapping[str, int]) -> Iterator[tuple[ErrorCode, int]]:
    """What the chunks would take of each series' cap or pool beyond what is in it."""
    for series in Series.objects.filter(pk__in=batch.series_ids):
        wanted = granted[str(series.pk)]
        if series.max_create is not None:
            left = series.max_create - series.num_issued
            yield ErrorCode.MAX_CREATE, max(0, wanted - left)
            wanted = min(wanted, left)
        from_pool = series.client_handling_type == ClientHandling.DISC_CODE_PIN
        if from_pool and batch.kind == Kind.ISSUE:
            left = free_codes(series.pk)
            yield ErrorCode.POOL_EMPTY, max(0, wanted - left)


def first_of_each(
    examples: dict[str, list[list[object]]], lines: Iterable[Sequence[object]]
) -> None:
    """Adds to the examples of each reason those that it has too few of."""
    for number, code, message, *_ in lines:
        shown = examples.setdefault(str(code), [])
        if len(shown) < MOST_SHOWN and number not in (known for known, _ in shown):
            shown.append([number, message])
