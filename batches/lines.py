"""What stands in a chunk: its lines, and what each of them still wants."""

from collections import defaultdict
from typing import NamedTuple

from batches.files import rows_in
from batches.models import Batch, Chunk, Refusal
from couponadmin.tables import FORMULA, MARK


class Wish(NamedTuple):
    """What a line wants: `wanted` coupons of a series; a line without coupons wants 1 of None."""

    series_id: int | None
    wanted: int


class Line(NamedTuple):
    number: int
    cells: list[str]
    wishes: list[Wish]


class Refused(NamedTuple):
    """What was not done, and why."""

    code: int
    message: str
    missing: int = 1
    series_id: int | None = None


class Outcome(NamedTuple):
    """What came of a line: ids of coupons, or of a customer, and what was refused."""

    ids: list[int]
    refused: list[Refused]
    is_new: bool = False


def cell(cells: list[str], at: int) -> str:
    """A cell's text without surrounding blanks; empty where the row is too short.

    The mark before what looks like a formula comes from our lists, or from a spreadsheet.
    """
    text = cells[at].strip() if at < len(cells) else ""
    return text[1:] if text[:1] == MARK and text[1:2] in FORMULA else text


def lines_to_do(batch: Batch, chunk: Chunk) -> list[Line]:
    """All lines of a chunk, or, when it was done before, those of which something was refused."""
    rows = enumerate(rows_in(chunk.sent, batch.delimiter), chunk.first)
    if chunk.results is None:
        wishes = [Wish(series_id, batch.count) for series_id in batch.series_ids] or [Wish(None, 1)]
        return [Line(number, row, wishes) for number, row in rows]
    open_wishes = refused_wishes(chunk)
    return [Line(number, row, open_wishes[number]) for number, row in rows if number in open_wishes]


def refused_wishes(chunk: Chunk) -> dict[int, list[Wish]]:
    found: dict[int, list[Wish]] = defaultdict(list)
    for refusal in Refusal.objects.of_chunk(chunk):
        found[refusal.number].append(Wish(refusal.series_id, refusal.missing))
    return dict(found)
