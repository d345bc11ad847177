"""The dry run: what would come of the lines, found out without doing it.

Each chunk is looked at by itself, like in the real run. What a chunk cannot know of the others is
how often a customer or code was met before, which the table Seen tells, and what all of them
together would take of a cap or a pool, which is subtracted in the end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from batches import holders, people, pool
from batches.check_report import report
from batches.issuing import purpose_of, shortfall, unknown
from batches.lines import Line, Refused
from batches.models import Batch, Kind, Seen, State
from batches.references import customer_ids
from customers.imports import DIFFERENT, Stored, identifiers_of, owners_of
from issuance import pool as uploaded
from issuance.asks import Ask
from issuance.moving import Move, is_open
from issuance.services import preview
from series.models import Series

LONGEST_MESSAGE = 250
# Which lines would be refused can be looked at, and taken away, until they are done.
KEEP_LINES = """
UPDATE batches_chunk SET finding = CASE
    WHEN COALESCE(finding->'lines', '[]') = '[]' THEN NULL
    ELSE jsonb_build_object('lines', finding->'lines')
END
WHERE batch_id = %s AND finding IS NOT NULL
"""
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
    earlier line, too. `lines` are those that would be refused: number, code, message, series,
    and how many coupons.
    """

    issued: int = 0
    created: int = 0
    repeats: int = 0
    granted: Counter[int] = field(default_factory=Counter)
    reasons: Counter[int] = field(default_factory=Counter)
    lines: list[tuple[int, int, str, int | None, int]] = field(default_factory=list)

    def refuse(self, line: Line, all_refused: Iterable[Refused]) -> None:
        for code, message, missing, series_id in all_refused:
            self.reasons[code] += missing
            self.lines.append((line.number, code, message[:LONGEST_MESSAGE], series_id, missing))


def check(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    """What would come of the lines."""
    return CHECKS[batch.kind](batch, lines, now)


def check_issue(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    found = customer_ids([line.cells for line in lines], batch.mapping)
    customers = [customer for customer in found if customer]
    known = [line for line, customer in zip(lines, found, strict=True) if customer]
    for line, customer in zip(lines, found, strict=True):
        if not customer:
            finding.refuse(line, unknown(line).refused)
    earlier, _ = meet(batch, map(str, customers), finding)
    # What earlier lines would get is asked for once more, ahead of what these lines want.
    first = [
        Ask(series_id, int(key), times * batch.count)
        for key, times in earlier.items()
        for series_id in batch.series_ids
    ]
    asks = [Ask(series_id, pk, batch.count) for pk in customers for series_id in batch.series_ids]
    answers = preview(first + asks, now=now, purpose=purpose_of(batch.origin))
    asking = [line for line in known for _ in batch.series_ids]
    for line, answer in zip(asking, answers[len(first) :], strict=True):
        finding.granted[answer.ask.series_id] += answer.granted
        if answer.limit:
            finding.refuse(line, [shortfall(answer, answer.granted)])
    finding.issued = finding.granted.total()
    return finding


def check_people(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    rows = [people.row_or_flaw(batch, line.cells) for line in lines]
    for line, row in zip(lines, rows, strict=True):
        if isinstance(row, str):
            finding.refuse(line, people.malformed(row).refused)
    good = [row for row in rows if isinstance(row, dict)]
    owners = owners_of(good)
    named = [{owners[it] for it in identifiers_of(row) if it in owners} for row in good]
    of_good = [line for line, row in zip(lines, rows, strict=True) if isinstance(row, dict)]
    for line, customers in zip(of_good, named, strict=True):
        if len(customers) > 1:
            finding.refuse(line, people.outcome(several(customers)).refused)
    finding.issued = sum(len(customers) < 2 for customers in named)
    fresh = [row for row, customers in zip(good, named, strict=True) if not customers]
    meet(batch, [":".join(next(identifiers_of(row))) for row in fresh], finding)
    # Who stands in the file twice is created once, and updated then.
    finding.created = len(fresh) - finding.repeats
    return finding


def check_codes(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    codes = pool.codes_of(batch, lines)
    known = uploaded.known(code for code in codes if not pool.flaw(code))
    fresh: list[str] = []
    of_fresh: list[Line] = []
    for line, code in zip(lines, codes, strict=True):
        if sentence := pool.flaw(code):
            finding.refuse(line, [pool.malformed(sentence)])
        elif code in known:
            finding.refuse(line, [pool.exists(known[code])])
        else:
            fresh.append(code)
            of_fresh.append(line)
    _, repeated = meet(batch, fresh, finding)
    for at in repeated:
        finding.refuse(of_fresh[at], [pool.twice()])
    finding.issued = len(fresh) - finding.repeats
    return finding


def check_holders(batch: Batch, lines: Sequence[Line], now: datetime) -> Finding:
    finding = Finding()
    [series] = Series.objects.filter(pk__in=batch.series_ids)
    wishes = holders.moves(batch, lines, series, now)
    known = uploaded.known(wish.code for wish in wishes if isinstance(wish, Move))
    fresh: list[str] = []
    of_fresh: list[Line] = []
    for line, wish in zip(lines, wishes, strict=True):
        if isinstance(wish, Refused):
            finding.refuse(line, [wish])
        elif is_open(known.get(wish.code), series.pk):
            fresh.append(wish.code)
            of_fresh.append(line)
        elif refused := holders.why_not(batch, wish, known[wish.code]):
            finding.refuse(line, [refused])
        else:
            finding.issued += 1
    _, repeated = meet(batch, fresh, finding)
    for at in repeated:
        finding.refuse(of_fresh[at], [pool.twice()])
    finding.created = finding.granted[series.pk] = len(fresh) - finding.repeats
    finding.issued += finding.created
    return finding


CHECKS: dict[str, Callable[[Batch, Sequence[Line], datetime], Finding]] = {
    Kind.ISSUE: check_issue,
    Kind.CUSTOMERS: check_people,
    Kind.CODES: check_codes,
    Kind.HOLDERS: check_holders,
}


def several(customers: set[int]) -> Stored:
    ids = ", ".join(map(str, sorted(customers)))
    return Stored(None, refusal=DIFFERENT.format(ids))


def meet(batch: Batch, keys: Iterable[str], finding: Finding) -> tuple[dict[str, int], list[int]]:
    """How often each key was met before these lines, if it was, and which repeat an earlier one.

    Counts the repeats, too.
    """
    keys = list(keys)
    counts = Counter(keys)
    with connection.cursor() as cursor:
        cursor.execute(MEET, [batch.pk, list(counts), list(counts.values())])
        earlier = {key: times - counts[key] for key, times in cursor.fetchall()}
    known = {key: times for key, times in earlier.items() if times}
    repeated = list(repeats(keys, set(known)))
    finding.repeats = len(repeated)
    return known, repeated


def repeats(keys: Sequence[str], met: set[str]) -> Iterator[int]:
    """Where a key stands that was met before."""
    for at, key in enumerate(keys):
        if key in met:
            yield at
        met.add(key)


@transaction.atomic
def conclude(batch: Batch) -> None:
    """Sums up a batch whose chunks are all checked."""
    # Before the chunks are read: another worker may have ended it, and emptied them, by now.
    at_it = Batch.objects.filter(pk=batch.pk, state=State.CHECKING)
    if not at_it.select_for_update(no_key=True).first():
        return
    at_it.update(state=State.CHECKED, check_report=report(batch))
    with connection.cursor() as cursor:
        cursor.execute(KEEP_LINES, [batch.pk])
    Seen.objects.filter(batch=batch).delete()


def forget_given_up() -> None:
    """What dry runs met that were cancelled; a worker may have been at it when that happened."""
    given_up = Batch.objects.filter(state=State.CANCELLED, started_at=None)
    Seen.objects.filter(batch__in=given_up).delete()
