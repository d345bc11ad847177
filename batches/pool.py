"""Lines that bring codes of one's own for a series with clientHandlingType DISC_CODE_PIN."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection

from batches.files import SCIENTIFIC
from batches.lines import Line, Outcome, Refused, cell
from batches.models import Batch
from couponadmin.errors import ErrorCode
from issuance import pool
from issuance.models import normal_code
from issuance.pool import Known

LONGEST_CODE = 100
# The code exists, and did before this file came: no documented number says so, HTTP's does.
EXISTS = 409
EXISTS_SENTENCE = "This code exists already, in series {}"
TWICE_SENTENCE = "This code stands in the file more than once"
NO_CODE = "There is no code in this line"
SHORTENED = "This is a number that a spreadsheet has shortened, not a code"
# Most files that come again bring nothing: chunks that stored nothing are not opened.
AMONG_RESULTS = """
SELECT found.id::bigint
FROM batches_chunk AS chunk, jsonb_array_elements(chunk.results) AS line(ids),
     jsonb_array_elements(line.ids) AS found(id)
WHERE chunk.batch_id = %s AND chunk.issued > 0 AND found.id::bigint = ANY(%s::bigint[])
"""
MALFORMED = f"A code has up to {LONGEST_CODE} characters, without blanks inside"


def work(batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    """Stores the codes; one outcome per line, in order."""
    [series_id] = batch.series_ids
    codes = codes_of(batch, lines)
    fresh = {code for code in codes if not flaw(code)}
    stored = pool.upload(list(fresh), series_id=series_id, origin_id=batch.origin_id)
    refusals = explain(batch, fresh - stored.keys())
    return [outcome(code, stored, refusals) for code in codes]


def codes_of(batch: Batch, lines: Sequence[Line]) -> list[str]:
    at = batch.mapping["code"]
    return [normal_code(cell(line.cells, at)) for line in lines]


def flaw(code: str) -> str:
    """Why this is no code; empty if it is one."""
    if not code:
        return NO_CODE
    if SCIENTIFIC.fullmatch(code):
        return SHORTENED
    well_formed = len(code) <= LONGEST_CODE and code.isprintable() and " " not in code
    return "" if well_formed else MALFORMED


def outcome(code: str, stored: dict[str, int], refusals: Mapping[str, Refused]) -> Outcome:
    """What came of a code; its first line takes it out of `stored`, the next one is a repeat."""
    if sentence := flaw(code):
        return Outcome([], [malformed(sentence)])
    if code in refusals:
        return Outcome([], [refusals[code]])
    coupon_id = stored.pop(code, None)
    return Outcome([coupon_id], []) if coupon_id else Outcome([], [twice()])


def explain(batch: Batch, codes: Iterable[str]) -> dict[str, Refused]:
    """For codes that exist: whether this file brought them, or they were there before."""
    found = pool.known(codes) if codes else {}
    own = own_ids(batch, found.values())
    return {code: twice() if it.id in own else exists(it) for code, it in found.items()}


def own_ids(batch: Batch, known: Iterable[Known]) -> set[int]:
    """The ids of those that this file brought."""
    own, issued = set(), []
    for it in known:
        if it.origin_id == batch.origin_id:
            own.add(it.id)
        elif it.is_issued and it.series_id in batch.series_ids:
            # An issued coupon names the origin of its issue; then only our own results remember.
            issued.append(it.id)
    return own | among_results(batch, issued) if issued else own


def among_results(batch: Batch, ids: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(AMONG_RESULTS, [batch.pk, ids])
        return {pk for (pk,) in cursor.fetchall()}


def malformed(sentence: str) -> Refused:
    return Refused(ErrorCode.INPUT.number, sentence)


def twice() -> Refused:
    return Refused(ErrorCode.CODE_TWICE.number, TWICE_SENTENCE)


def exists(known: Known) -> Refused:
    return Refused(EXISTS, EXISTS_SENTENCE.format(known.series_id))
