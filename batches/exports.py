"""Lists that leave the system: what was refused, to be mended and sent again, and what was issued.

They are written chunk by chunk from one snapshot, so a list is complete in itself whatever happens
meanwhile, and memory does not grow with it. Each is recorded with its rows and its checksum.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice

from django.db import connections, transaction
from django.db.models import Sum
from django.http import StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from batches.files import rows_in
from batches.models import WITH_COUPONS, Batch, Chunk, Download, Kind, State
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.replica import place_to_read
from couponadmin.tables import BYTE_ORDER_MARK, csv_text
from couponadmin.times import api_time
from issuance.models import Coupon
from issuance.states import valid_until

# What a sheet can hold, header included.
SHEET_ROWS = 1_048_576
ROWS_AT_ONCE = 1_000
BLOCK = 64 * 1024
# A book is made as a whole before its first byte can be sent; CSV is written while it is read.
MOST_BOOK_ROWS = 200_000
TOO_LONG = "format: XLSX has room for {:,} rows here, and the list has {:,}. Take it as CSV."
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"

Row = list[str]


def export(download: Download) -> Iterator[bytes]:
    """The list as a file, in blocks; when it is complete, `download` gets its proof."""
    checksum, place = hashlib.sha256(), place_to_read()
    rows = Counted(list_of(download, place))
    with transaction.atomic(using=place):
        with connections[place].cursor() as cursor:
            cursor.execute(SNAPSHOT)
        for block in WRITERS[download.format](rows):
            checksum.update(block)
            yield block
    # The header is no row.
    download.rows, download.sha256 = rows.count - 1, checksum.hexdigest()
    download.save(update_fields=["rows", "sha256"])


class Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += 1
            yield row


def list_of(download: Download, place: str) -> Iterator[Row]:
    """The header, and the rows below it, all read in that database."""
    batch = Batch.objects.using(place).get(pk=download.batch_id)
    with_rows = {f"{download.content}__gt": 0}
    if batch.started_at is None:
        yield [*batch.columns, *REFUSED]
        rows_of_chunk, with_rows = expected_rows, {"finding__isnull": False}
    elif download.content == "refused":
        yield [*batch.columns, *REFUSED]
        rows_of_chunk = refused_rows
    else:
        yield [*batch.columns, *ISSUED[batch.kind]]
        rows_of_chunk = issued_rows if batch.kind in WITH_COUPONS else stored_rows
    for chunk in batch.chunks.filter(**with_rows).one_by_one():
        yield from rows_of_chunk(batch, chunk)


REFUSED = ["refusalCode", "refusalReason", "refusalSeriesId", "refusalCount"]
OF_COUPONS = ["couponCode", "couponId", "seriesId", "validTillDateTime"]
ISSUED: dict[str, list[str]] = {
    **dict.fromkeys(WITH_COUPONS, OF_COUPONS),
    Kind.CUSTOMERS: ["customerId"],
    Kind.CODES: ["couponId"],
}


def refused_rows(batch: Batch, chunk: Chunk) -> Iterator[Row]:
    sent = rows_in(chunk.sent, batch.delimiter)
    for refusal in batch.refusals.of_chunk(chunk):
        reason = [refusal.code, refusal.message, refusal.series_id or "", refusal.missing]
        yield beside(batch, sent[refusal.number - chunk.first], reason)


def expected_rows(batch: Batch, chunk: Chunk) -> Iterator[Row]:
    """What the dry run would refuse."""
    sent = rows_in(chunk.sent, batch.delimiter)
    for number, code, message, series_id, missing in chunk.finding["lines"]:
        yield beside(batch, sent[number - chunk.first], [code, message, series_id or "", missing])


def issued_rows(batch: Batch, chunk: Chunk) -> Iterator[Row]:
    ids = [pk for ids in chunk.results for pk in ids]
    stored = Coupon.objects.using(batch._state.db).select_related("series", "origin")
    coupons = stored.in_bulk(ids)
    for cells, line_ids in zip(rows_in(chunk.sent, batch.delimiter), chunk.results, strict=True):
        for pk in line_ids:
            coupon = coupons[pk]
            ends = api_time(valid_until(coupon)) or ""
            yield beside(batch, cells, [coupon.code, pk, coupon.series_id, ends])


def stored_rows(batch: Batch, chunk: Chunk) -> Iterator[Row]:
    """Customers or codes: the one id that a line became."""
    for cells, ids in zip(rows_in(chunk.sent, batch.delimiter), chunk.results, strict=True):
        if ids:
            yield beside(batch, cells, ids)


def beside(batch: Batch, cells: Row, more: Sequence[object]) -> Row:
    """The line as it was sent, and what is told about it beside; what has no column comes last."""
    width = len(batch.columns)
    padding = [""] * (width - len(cells))
    return [*cells[:width], *padding, *map(str, more), *cells[width:]]


def as_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """Text that a spreadsheet takes for a formula gets a mark before it; intake removes it."""
    rows, mark = iter(rows), BYTE_ORDER_MARK
    while block := list(islice(rows, ROWS_AT_ONCE)):
        yield (mark + csv_text(block)).encode()
        mark = ""


def as_xlsx(rows: Iterable[Row]) -> Iterator[bytes]:
    """Sheets of text cells: nothing is calculated, and leading zeros stay."""
    book = Workbook(write_only=True)
    for _, sheet_rows in groupby(enumerate(rows), lambda numbered: numbered[0] // SHEET_ROWS):
        sheet = book.create_sheet()
        for _, row in sheet_rows:
            sheet.append([text_cell(sheet, value) for value in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


def text_cell(sheet: object, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


WRITERS: dict[str, Callable[[Iterable[Row]], Iterator[bytes]]] = {"csv": as_csv, "xlsx": as_xlsx}
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def formats(rows: int) -> list[str]:
    """In which formats a list of so many rows may be had."""
    return [name for name in WRITERS if name == "csv" or rows <= MOST_BOOK_ROWS]


def has_expected(batch: Batch) -> bool:
    """Whether its dry run knows lines that it would refuse, and nothing came true yet."""
    report = batch.check_report or {}
    return batch.state in (State.CHECKED, State.WAITING) and bool(report.get("examples"))


def begin_expected(batch: Batch, format: str, *, now: datetime, **who: object) -> Download:
    """As `begin`, of what the dry run would refuse."""
    refuse_too_long(format, batch.check_report["refused"])
    return Download.objects.create(
        batch=batch, content="refused", format=format, started_at=now, **who
    )


def begin(batch: Batch, content: str, format: str, *, now: datetime, **who: object) -> Download:
    """Records who takes which list (`user` or `client`); 409 as long as there is none, 756 for a
    book that would be too long."""
    if batch.started_at is None:
        raise CouponError(ErrorCode.INPUT, "The batch has not been started yet.", status=409)
    rows = batch.chunks.aggregate(rows=Sum(content, default=0))["rows"]
    refuse_too_long(format, rows)
    return Download.objects.create(
        batch=batch, content=content, format=format, started_at=now, **who
    )


def refuse_too_long(format: str, rows: int) -> None:
    if format not in formats(rows):
        raise CouponError(ErrorCode.INPUT, TOO_LONG.format(MOST_BOOK_ROWS, rows))


def response(download: Download) -> StreamingHttpResponse:
    """The list as an answer that is written while it is read."""
    name = f"batch-{download.batch_id}-{download.content}.{download.format}"
    return StreamingHttpResponse(
        export(download),
        content_type=CONTENT_TYPES[download.format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
