"""Lines that bring customers: created, or updated by their identifiers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from django.conf import settings

from batches.lines import Line, Outcome, Refused, cell
from batches.models import Batch
from couponadmin.errors import ErrorCode
from customers import identifiers
from customers.imports import KEYS, Row, Stored, store_many

LONGEST_NAME = 100
NO_IDENTIFIER = "One of mobile, email and externalId is needed"


def work(batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    """Stores the customers; one outcome per line, in order."""
    rows = [row_or_flaw(batch, line.cells) for line in lines]
    stored = iter(store_many([row for row in rows if isinstance(row, dict)], now=now))
    return [outcome(next(stored)) if isinstance(row, dict) else malformed(row) for row in rows]


def outcome(stored: Stored) -> Outcome:
    if stored.customer_id is None:
        return Outcome([], [Refused(ErrorCode.CUSTOMER.number, stored.refusal)])
    return Outcome([stored.customer_id], [], stored.is_new)


def malformed(sentence: str) -> Outcome:
    return Outcome([], [Refused(ErrorCode.INPUT.number, sentence)])


def row_or_flaw(batch: Batch, cells: list[str]) -> Row | str:
    """The customer of a line as columns, or a sentence that says why there is none."""
    row: Row = {}
    for member, at in batch.mapping.items():
        try:
            row[member] = READERS[member](cell(cells, at))
        except ValueError as error:
            return f"{member}: {error}"
    if not any(row.get(key) for key in KEYS):
        return NO_IDENTIFIER
    return row | {"fields": dict(other_fields(batch, cells))}


def other_fields(batch: Batch, cells: list[str]) -> Iterator[tuple[str, str]]:
    """What stands in the columns that are no members: it goes into `fields`."""
    known = set(batch.mapping.values())
    for at, name in enumerate(batch.columns):
        text = cell(cells, at)
        if at not in known and name.strip() and text:
            yield name.strip(), text


def read_name(text: str) -> str | None:
    if len(text) > LONGEST_NAME:
        raise ValueError(f"No more than {LONGEST_NAME} characters are allowed.")
    return text or None


def read_mobile(text: str) -> str | None:
    return identifiers.valid_mobile(text, region=settings.COUNTRY_CODE_REGION)


READERS: Mapping[str, Callable[[str], str | None]] = {
    "first_name": read_name,
    "last_name": read_name,
    "mobile": read_mobile,
    "email": identifiers.valid_email,
    "external_id": identifiers.read_external_id,
}
