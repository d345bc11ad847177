"""The dry run: what would come of the lines, found out without doing it.

Each chunk is looked at by itself, like in the real run. What a chunk cannot know of the others is
how often a customer or code was met before, which the table Seen tells, and what all of them
together would take of a cap or a pool, which is subtracted in the end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from batches import holders, people, pool
from batches.issuing import purpose_of, unknown
from batches.lines import Line, Refused
from batches.models import Batch, Kind, Seen, State
from batches.references import customer_ids
from couponadmin.errors import ErrorCode
from customers.imports import identifiers_of, owners_of
from issuance import pool as uploaded
from issuance.asks import Ask
from issuance.moving import Move, is_open
from issuance.pool import free_codes
from issuance.services import preview
from series.models import ClientHandling, Series

MEET = """
INSERT INTO batches_seen AS seen (batch_id, key, times)
SELECT %s, key, times FROM unnest(%s::text[], %s::int[]) AS met(key, times)
ORDER BY key COLLATE "C"
ON CONFLICT (batch_id, key) DO UPDATE SET times = seen.times + excluded.times
RETURNING key, times
"""


@dataclass
class Finding:
    """What would come of some lines.

    `granted` counts coupons by series, `repeats` the lines whose customer or code stands in an
    earlier line, too.
    """

    issued: int = 0
    created: int = 0
    repeats: int = 0
    granted: Counter[int] = field(default_factory=Counter)
    reasons: Counter[int] = field(default_factory=Counter)

    def refuse(self, all_refused: Iterable[Refused]) -> None:
        for refused in all_refused:
            self.reasons[refused.code] += refused.missing


def check(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    """What would come of the lines."""
    return CHECKS[batch.kind](batch, lines, now)


def check_issue(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    found = customer_ids([line.cells for line in lines], batch.mapping)
    customers = [customer for customer in found if customer]
    for line, customer in zip(lines, found, strict=True):
        if not customer:
            finding.refuse(unknown(line).refused)
    earlier = meet(batch, map(str, customers), finding)
    # What earlier lines would get is asked for once more, ahead of what these lines want.
    first = [
        Ask(series_id, int(key), times * batch.count)
        for key, times in earlier.items()
        for series_id in batch.series_ids
    ]
    asks = [Ask(series_id, pk, batch.count) for pk in customers for series_id in batch.series_ids]
    answers = preview(first + asks, now=now, purpose=purpose_of(batch.origin))
    for answer in answers[len(first) :]:
        finding.granted[answer.ask.series_id] += answer.granted
        if answer.limit:
            finding.reasons[answer.limit.code.number] += answer.ask.wanted - answer.granted
    finding.issued = finding.granted.total()
    return finding


def check_people(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    rows = [people.row_or_flaw(batch, line.cells) for line in lines]
    good = [row for row in rows if isinstance(row, dict)]
    finding.reasons[ErrorCode.INPUT.number] += len(rows) - len(good)
    owners = owners_of(good)
    named = [{owners[it] for it in identifiers_of(row) if it in owners} for row in good]
    finding.reasons[ErrorCode.CUSTOMER.number] += sum(len(customers) > 1 for customers in named)
    finding.issued = sum(len(customers) < 2 for customers in named)
    fresh = [row for row, customers in zip(good, named, strict=True) if not customers]
    meet(batch, [":".join(next(identifiers_of(row))) for row in fresh], finding)
    # Who stands in the file twice is created once, and updated then.
    finding.created = len(fresh) - finding.repeats
    return finding


def check_codes(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    codes = pool.codes_of(batch, lines)
    well_formed = [code for code in codes if not pool.flaw(code)]
    finding.reasons[ErrorCode.INPUT.number] += len(codes) - len(well_formed)
    known = uploaded.known(well_formed)
    finding.reasons[pool.EXISTS] += sum(code in known for code in well_formed)
    fresh = [code for code in well_formed if code not in known]
    meet(batch, fresh, finding)
    finding.reasons[ErrorCode.CODE_TWICE.number] += finding.repeats
    finding.issued = len(fresh) - finding.repeats
    return finding


def check_holders(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    [series] = Series.objects.filter(pk__in=batch.series_ids)
    wishes = holders.moves(batch, lines, series, now)
    finding.refuse(wish for wish in wishes if isinstance(wish, Refused))
    good = [wish for wish in wishes if isinstance(wish, Move)]
    known = uploaded.known(wish.code for wish in good)
    fresh = [wish.code for wish in good if is_open(known.get(wish.code), series.pk)]
    taken = [wish for wish in good if not is_open(known.get(wish.code), series.pk)]
    refused = list(filter(None, (holders.why_not(batch, it, known[it.code]) for it in taken)))
    finding.refuse(refused)
    meet(batch, fresh, finding)
    finding.reasons[ErrorCode.CODE_TWICE.number] += finding.repeats
    finding.created = finding.granted[series.pk] = len(fresh) - finding.repeats
    finding.issued = finding.created + len(taken) - len(refused)
    return finding


CHECKS: dict[str, Callable[[Batch, Sequence[Line], datetime], Finding]] = {
    Kind.ISSUE: check_issue,
    Kind.CUSTOMERS: check_people,
    Kind.CODES: check_codes,
    Kind.HOLDERS: check_holders,
}


def meet(batch: Batch, keys: Iterable[str], finding: Finding) -> dict[str, int]:
    """How often each key was met before these lines, if it was; counts the repeats."""
    counts = Counter(keys)
    with connection.cursor() as cursor:
        cursor.execute(MEET, [batch.pk, list(counts), list(counts.values())])
        earlier = {key: times - counts[key] for key, times in cursor.fetchall()}
    finding.repeats = sum(count - (not earlier[key]) for key, count in counts.items())
    return {key: times for key, times in earlier.items() if times}


@transaction.atomic
def conclude(batch: Batch) -> None:
    """Sums up a batch whose chunks are all checked."""
    # Before the chunks are read: another worker may have ended it, and emptied them, by now.
    at_it = Batch.objects.filter(pk=batch.pk, state=State.CHECKING)
    if not at_it.select_for_update(no_key=True).first():
        return
    at_it.update(state=State.CHECKED, check_report=report(batch))
    batch.chunks.update(finding=None)
    Seen.objects.filter(batch=batch).delete()


def forget_given_up() -> None:
    """What dry runs met that were cancelled; a worker may have been at it when that happened."""
    given_up = Batch.objects.filter(state=State.CANCELLED, started_at=None)
    Seen.objects.filter(batch__in=given_up).delete()


def report(batch: Batch) -> dict[str, Any]:
    """What the dry run found in all chunks together."""
    issued, created, repeats = 0, 0, 0
    granted: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for finding in batch.chunks.values_list("finding", flat=True).iterator():
        issued, created = issued + finding["issued"], created + finding["created"]
        repeats += finding["repeats"]
        granted.update(finding["granted"])
        reasons.update(finding["reasons"])
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
