"""How a batch comes to be: from a file, or from rows that a request or a filter gives.

Rows stream into chunks by COPY inside one transaction: either the whole batch is there, or none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import IO

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Sum

from batches import approvals, columns, files
from batches.approvals import Asker
from batches.columns import Layout
from batches.files import Piece
from batches.models import Batch, Chunk, Kind, State
from batches.zeros import Digits
from couponadmin.errors import CouponError, ErrorCode
from customers.models import CustomerQuerySet
from issuance.asks import Purpose
from issuance.ledger import store_origin
from series.models import ClientHandling, Series

COPY = "COPY batches_chunk (batch_id, first, lines, sent) FROM STDIN (FORMAT binary)"
COPY_TYPES = ["int8", "int4", "int4", "text"]
CHOOSE = """
WITH numbered AS (
    SELECT chosen.id, row_number() OVER (ORDER BY chosen.id) AS number FROM ({}) AS chosen(id)
)
INSERT INTO batches_chunk (batch_id, first, lines, sent)
SELECT %s, min(number), count(*), string_agg(id::text, E'\\n' ORDER BY number)
FROM numbered GROUP BY (number - 1) / %s
"""
BY_ID = Layout(["userId"], {"id": 0})
# Two uploads of one file at once: the second waits, and then finds the first.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('batches of files'), hashtext(%s))"
NO_ROWS = "file: There are no rows."
NOBODY = "filter: No customers are found."
NOT_UPLOADED = "seriesId: Only a series with clientHandlingType DISC_CODE_PIN takes codes."
SHARED = "seriesId: The coupons of a GENERIC series share their code: issue them to their holders."
SENT_BEFORE = "file: The same file was sent before, as batch {}. Send force=true if that is meant."
LONGEST_AUDIENCE = 300
NO_HEADER = "The first row was taken for data, because no column is named {}."


class SentBefore(CouponError):
    """756 (409) for a file that is there already, as the batch with that number."""

    def __init__(self, batch_id: int) -> None:
        super().__init__(ErrorCode.INPUT, SENT_BEFORE.format(batch_id), status=409)
        self.batch_id = batch_id


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with the lines, for whom, and how it begins.

    `count` coupons of each of the series for each line. `dry_run`: find out what would happen,
    then wait for a start. `force`: that the same file comes again is no mistake.
    """

    kind: Kind
    purpose: Purpose
    series_ids: list[int] = field(default_factory=list)
    count: int = 1
    dry_run: bool = False
    force: bool = False

    @property
    def wanted_per_line(self) -> int:
        return max(1, len(self.series_ids)) * self.count

    @property
    def chunk_size(self) -> int:
        """Lines in a chunk: what is done, and lost by a killed worker, at once."""
        return max(1, settings.BATCH_CHUNK // self.wanted_per_line)


@transaction.atomic
def from_file(
    order: Order, file: IO[bytes], *, name: str, identifier: str = "", now: datetime
) -> Batch:
    """A batch of the rows of a CSV or XLSX file.

    `identifier` (MOBILE, EMAIL, EXTERNAL_ID, USER_ID) says which column names the customer; empty:
    all those that the header names. Raises 707 for an unknown series, 756 for a file that cannot
    be read and, with status 409, for one that was sent before.
    """
    refuse_wrong_series(order)
    batch = Batch(file_name=name[:200], file_hash=files.digest(file))
    refuse_sent_before(order, batch.file_hash)
    source = files.read(file)
    layout = layout_of(order.kind, source.first, identifier)
    batch.delimiter, batch.has_header = source.delimiter, layout.has_header
    size = order.chunk_size
    pieces = source.pieces(size) if layout.has_header else source.with_first_row(size)
    digits = Digits()
    if "code" in layout.mapping:
        pieces = noting(pieces, layout.mapping["code"], source.delimiter, digits)
    store(order, batch, layout, partial(copy, pieces), now=now)
    batch.warnings = no_header(layout) + source.warnings() + digits.warnings()
    batch.save(update_fields=["warnings"])
    return batch


def noting(pieces: Iterable[Piece], at: int, delimiter: str, digits: Digits) -> Iterator[Piece]:
    """The pieces; what stands in the column of codes is noted."""
    for piece in pieces:
        digits.note(row[at] for row in files.rows_in(piece.text, delimiter) if len(row) > at)
        yield piece


def no_header(layout: Layout) -> list[str]:
    """That the first row is a line like the others, for those whose header was not understood."""
    if layout.has_header:
        return []
    [member] = layout.columns
    return [NO_HEADER.format(columns.SPELT.get(member, member))]


@transaction.atomic
def from_rows(
    order: Order, layout: Layout, rows: Iterable[Sequence[str]], *, now: datetime
) -> Batch:
    """A batch of rows; raises 707 for an unknown series and 756 where there are no rows."""
    refuse_wrong_series(order)
    batch = Batch()
    pieces = files.row_pieces(iter(rows), order.chunk_size)
    store(order, batch, layout, partial(copy, pieces), now=now)
    return batch


@transaction.atomic
def from_customers(
    order: Order, customers: CustomerQuerySet, *, audience: str, now: datetime
) -> Batch:
    """A batch of the customers that a query finds at this moment, in the order of their ids.

    `audience` says in words who they are.
    """
    refuse_wrong_series(order)
    batch = Batch(audience=audience[:LONGEST_AUDIENCE])
    store(order, batch, BY_ID, partial(choose, customers, order.chunk_size), now=now)
    return batch


def layout_of(kind: Kind, first: list[str], identifier: str) -> Layout:
    if kind == Kind.CUSTOMERS:
        return columns.customer_columns(first)
    if kind == Kind.CODES:
        return columns.one_column(first, "code")
    if kind == Kind.HOLDERS:
        return columns.holder_columns(first, identifier)
    if identifier:
        return columns.one_column(first, columns.IDENTIFIERS[identifier])
    return columns.identifier_columns(first)


def refuse_wrong_series(order: Order) -> None:
    known = Series.objects.in_bulk(order.series_ids)
    if len(known) < len(set(order.series_ids)):
        raise CouponError(ErrorCode.SERIES)
    handlings = {series.client_handling_type for series in known.values()}
    if order.kind == Kind.CODES and handlings != {ClientHandling.DISC_CODE_PIN}:
        raise CouponError(ErrorCode.INPUT, NOT_UPLOADED)
    if order.kind == Kind.HOLDERS and ClientHandling.GENERIC in handlings:
        raise CouponError(ErrorCode.INPUT, SHARED)


def refuse_sent_before(order: Order, file_hash: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [file_hash.hex()])
    earlier = Batch.objects.of_file(order.kind, order.series_ids, file_hash).last()
    if earlier and not order.force:
        raise SentBefore(earlier.pk)


def store(
    order: Order, batch: Batch, layout: Layout, fill: Callable[[int], int], *, now: datetime
) -> None:
    """Stores the batch and, by `fill`, its chunks; `fill` returns how many lines they have."""
    batch.kind = order.kind
    batch.state = State.CHECKING if order.dry_run else State.QUEUED
    batch.series_ids, batch.count = order.series_ids, order.count
    batch.columns, batch.mapping = layout.columns, layout.mapping
    batch.created_at = now
    batch.save()
    batch.origin_id = store_origin(order.purpose._replace(batch_key=str(batch.pk)))
    batch.lines = fill(batch.pk)
    if not batch.lines:
        raise CouponError(ErrorCode.INPUT, NO_ROWS if batch.file_hash else NOBODY)
    batch.total = batch.lines * order.wanted_per_line
    batch.save(update_fields=["origin", "lines", "total"])
    if not order.dry_run:
        asker = Asker(order.purpose.user_id, order.purpose.client_id)
        approvals.hold(batch, asker, now=now)


def copy(pieces: Iterable[Piece], batch_id: int) -> int:
    lines = 0
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(COPY) as chunks,
    ):
        chunks.set_types(COPY_TYPES)
        for piece in pieces:
            chunks.write_row((batch_id, lines + 1, piece.lines, piece.text))
            lines += piece.lines
    return lines


def choose(customers: CustomerQuerySet, size: int, batch_id: int) -> int:
    try:
        query, values = customers.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE.format(query), [*values, batch_id, size])
    return Chunk.objects.filter(batch_id=batch_id).aggregate(Sum("lines", default=0))["lines__sum"]
