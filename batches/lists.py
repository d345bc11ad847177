"""Lines of a batch a page at a time, with what came of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db.models import F

from batches.files import rows_in
from batches.models import Batch, Refusal
from issuance.models import Coupon


class ShownLine(NamedTuple):
    """A line as it was sent, and the ids or the refusals that it became."""

    number: int
    cells: list[str]
    ids: list[int]
    refusals: list[Refusal]


def refused_lines(batch: Batch, *, after: int, limit: int) -> list[ShownLine]:
    """Up to `limit` refused lines behind the line `after`."""
    refusals = batch.refusals.filter(number__gt=after)
    numbers = list(refusals.order_by("number").values_list("number", flat=True).distinct()[:limit])
    if not numbers:
        return []
    rows = zip(numbers, rows_of(batch, numbers), strict=True)
    found: dict[int, list[Refusal]] = {number: [] for number in numbers}
    for refusal in refusals.filter(number__lte=numbers[-1]):
        found[refusal.number].append(refusal)
    return [ShownLine(number, row, [], found[number]) for number, row in rows]


def issued_lines(batch: Batch, *, after: int, limit: int) -> list[ShownLine]:
    """Up to `limit` lines behind the line `after` that became coupons, customers or codes."""
    shown: list[ShownLine] = []
    chunks = batch.chunks.filter(issued__gt=0, first__gt=after + 1 - F("lines"))
    for chunk in chunks.one_by_one():
        rows = enumerate(rows_in(chunk.sent, batch.delimiter))
        lines = (ShownLine(chunk.first + at, cells, chunk.results[at], []) for at, cells in rows)
        shown += [line for line in lines if line.ids and line.number > after]
        if len(shown) >= limit:
            break
    return shown[:limit]


def last_refused(batch: Batch, code: int, *, limit: int) -> list[ShownLine]:
    """The last lines that were refused for that reason, in their order.

    Chunks know their reasons, so the last one that has it is found among some hundred rows.
    """
    chunk = batch.chunks.filter(reasons__has_key=str(code)).order_by("-first").first()
    if chunk is None:
        return []
    rows = rows_in(chunk.sent, batch.delimiter)
    refusals = batch.refusals.of_chunk(chunk).filter(code=code).order_by("-number", "-id")[:limit]
    shown = [ShownLine(it.number, rows[it.number - chunk.first], [], [it]) for it in refusals]
    return shown[::-1]


PAGES = {"refused": refused_lines, "issued": issued_lines}


def rows_of(batch: Batch, numbers: Iterable[int]) -> Iterator[list[str]]:
    """The rows with these numbers, which rise; only chunks that have one are read, each once."""
    chunks, end = batch.chunks.only("first", "lines", "sent"), 0
    for number in numbers:
        if number >= end:
            chunk = chunks.filter(first__lte=number).latest("first")
            rows, end = rows_in(chunk.sent, batch.delimiter), chunk.first + chunk.lines
        yield rows[number - chunk.first]


def coupons_of(lines: Iterable[ShownLine]) -> dict[int, Coupon]:
    return Coupon.objects.in_bulk([pk for line in lines for pk in line.ids])


def named_cells(batch: Batch, cells: Sequence[str]) -> dict[str, str]:
    """The cells by the names of their columns; those without a column by their position."""
    names = [*batch.columns, *map(str, range(len(batch.columns) + 1, len(cells) + 1))]
    return dict(zip(names, cells, strict=False))
