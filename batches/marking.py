"""Writing down what came of a chunk, in the transaction that did it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson
from django.db import connection

from batches.checking import Finding
from batches.lines import Line, Outcome
from batches.models import Chunk, Refusal

COPY = """
COPY batches_refusal (batch_id, number, series_id, missing, code, message)
FROM STDIN (FORMAT binary)
"""
COPY_TYPES = ["int8", "int4", "int8", "int4", "int2", "text"]
LONGEST_MESSAGE = 250

# Not by the ORM: json takes ten times longer than orjson for the ids of some thousand lines.
SAVE = """
UPDATE batches_chunk
SET done_at = %s, issued = %s, refused = %s, created = %s, reasons = %s, results = %s,
    finding = NULL
WHERE id = %s
"""
AS_TEXT = orjson.OPT_NON_STR_KEYS


def mark_done(
    chunk: Chunk, lines: Sequence[Line], outcomes: Sequence[Outcome], *, now: datetime
) -> None:
    """The chunk with one outcome for each of its lines that were still to do."""
    if chunk.results is None:
        chunk.results = [outcome.ids for outcome in outcomes]
    else:
        Refusal.objects.of_chunk(chunk).delete()
        for line, outcome in zip(lines, outcomes, strict=True):
            chunk.results[line.number - chunk.first] += outcome.ids
    store_refusals(chunk.batch_id, lines, outcomes)
    reasons: Counter[int] = Counter()
    for outcome in outcomes:
        for refused in outcome.refused:
            reasons[refused.code] += refused.missing
    chunk.issued += sum(len(outcome.ids) for outcome in outcomes)
    chunk.created += sum(outcome.is_new for outcome in outcomes)
    chunk.refused, chunk.reasons = reasons.total(), reasons
    save(chunk, now)


def mark_checked(chunk: Chunk, finding: Finding, *, now: datetime) -> None:
    """The chunk with what the dry run found."""
    chunk.checked_at, chunk.finding = now, vars(finding)
    chunk.save(update_fields=["checked_at", "finding"])


def save(chunk: Chunk, now: datetime) -> None:
    values = (now, chunk.issued, chunk.refused, chunk.created)
    documents = (
        orjson.dumps(one, option=AS_TEXT).decode() for one in (chunk.reasons, chunk.results)
    )
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [*values, *documents, chunk.pk])


def store_refusals(batch_id: int, lines: Sequence[Line], outcomes: Sequence[Outcome]) -> None:
    rows = list(refusals(batch_id, lines, outcomes))
    if not rows:
        return
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(COPY_TYPES)
        for row in rows:
            copy.write_row(row)


def refusals(
    batch_id: int, lines: Sequence[Line], outcomes: Sequence[Outcome]
) -> Iterator[tuple[int | str | None, ...]]:
    for line, outcome in zip(lines, outcomes, strict=True):
        for code, message, missing, series_id in outcome.refused:
            yield batch_id, line.number, series_id, missing, code, message[:LONGEST_MESSAGE]
