"""Refused lines as people find them in their spreadsheet: by row, with the names of columns."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batches import lists
from batches.check_report import MOST_SHOWN
from batches.columns import SPELT
from batches.models import Batch
from batches.shapes import SENTENCES
from couponadmin.errors import ErrorCode

# What is only said where the number's own sentence says less.
KNOWN = {*SENTENCES.values(), *(code.sentence for code in ErrorCode)}
HELD = ErrorCode.HELD.sentence
# How a batch without a file names whom a line is about.
NAMED = {"userId": "customer id", "id": "customer id", "externalId": "external id"}


class Example(NamedTuple):
    row: str
    cells: str
    said: str


def of_refused(batch: Batch, code: int) -> list[Example]:
    """The last lines that were refused for that reason."""
    lines = lists.last_refused(batch, code, limit=MOST_SHOWN)
    return [
        example(batch, line.number, line.cells, refusal.message)
        for line in lines
        for refusal in line.refusals
    ]


def of_expected(batch: Batch, code: int) -> list[Example]:
    """The first lines that the dry run would refuse for that reason."""
    found: Sequence[tuple[int, str]] = batch.check_report.get("examples", {}).get(str(code), [])
    # Of one line several coupons may be refused for the same reason.
    said = dict(sorted(found))
    rows = lists.rows_of(batch, said)
    return [
        example(batch, number, cells, message)
        for (number, message), cells in zip(said.items(), rows, strict=True)
    ]


def example(batch: Batch, number: int, cells: Sequence[str], message: str) -> Example:
    named = " · ".join(named_cells(batch, cells))
    return Example(row_of(batch, number), named, said(batch, message))


def row_of(batch: Batch, number: int) -> str:
    """Which row of the file it is, its header counted; what was no file has no rows."""
    return f"Row {number + batch.has_header:,}" if batch.file_name else ""


def named_cells(batch: Batch, cells: Sequence[str]) -> Iterator[str]:
    for name, text in lists.named_cells(batch, cells).items():
        if text.strip():
            spoken = name.strip() if batch.file_name else NAMED.get(name, name)
            yield f"{spoken}: {text.strip()}" if spoken else text.strip()


def said(batch: Batch, message: str) -> str:
    """What is said of this line alone, with the name that its column has in the file."""
    if message in KNOWN:
        return ""
    if message.startswith(HELD):
        return message.removeprefix(HELD).strip(", ")
    member, colon, rest = message.partition(": ")
    at = batch.mapping.get(member)
    name = batch.columns[at] if at is not None else SPELT.get(member, member)
    return f"{name}{colon}{rest}"
