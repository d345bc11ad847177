"""The first sheet of an XLSX file: its cells, and nothing else that a workbook may have."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from posixpath import basename, dirname, join, normpath
from typing import IO

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel, from_ISO8601

from batches.archives import START, TOO_LARGE, Attributes, Event, Unfit, opened, part, pieces

# The last row that a spreadsheet has.
MOST_ROWS = 1_048_576
MOST_COLUMNS = 1_000
# With those that are empty because one further right is not.
MOST_CELLS = 3_000_000
# Texts that differ; they are kept while the sheet is read.
MOST_TEXTS = 1_500_000
TOO_WIDE = f"A row has more than {MOST_COLUMNS} columns."
TOO_FAR = f"A row has a number that no spreadsheet has: they end with row {MOST_ROWS}."

Value = str | int | float | bool | datetime | date | time | timedelta | None


@dataclass
class Book:
    """What is needed to read the cells of a sheet: texts by number, and which styles are dates."""

    sheet: str
    texts: list[str]
    epoch: datetime = WINDOWS_EPOCH
    dates: set[int] = field(default_factory=set)
    durations: set[int] = field(default_factory=set)


def first_sheet(file: IO[bytes]) -> Iterator[list[Value]]:
    """The rows of the first sheet that have cells.

    Raises Unfit for what is too large, and whatever the archive and its XML raise when damaged.
    """
    with opened(file) as archive:
        book = book_of(archive)
        yield from filter(None, rows(part(archive, book.sheet), book))


def book_of(archive: zipfile.ZipFile) -> Book:
    [workbook] = related(archive, "")["officeDocument"].values()
    parts = related(archive, workbook)
    sheets, epoch = [], WINDOWS_EPOCH
    for kind, name, attributes in part(archive, workbook):
        if kind == START and name == "sheet":
            sheets.append(next(it for key, it in attributes.items() if key.endswith(":id")))
        elif kind == START and name == "workbookPr":
            epoch = MAC_EPOCH if attributes.get("date1904") in ("1", "true") else WINDOWS_EPOCH
    worksheets = parts["worksheet"]
    book = Book(next(worksheets[it] for it in sheets if it in worksheets), [], epoch)
    for name in parts.get("sharedStrings", {}).values():
        book.texts = texts(archive, name)
    for name in parts.get("styles", {}).values():
        note_dates(book, part(archive, name))
    return book


def related(archive: zipfile.ZipFile, source: str) -> dict[str, dict[str, str]]:
    """What a part refers to: names of members, by the kind of the reference and by its id."""
    found: dict[str, dict[str, str]] = {}
    folder = dirname(source)
    for kind, name, it in part(archive, join(folder, "_rels", f"{basename(source)}.rels")):
        if kind == START and name == "Relationship" and it.get("TargetMode") != "External":
            target = normpath(join("/", folder, it["Target"])).lstrip("/")
            found.setdefault(basename(it["Type"]), {})[it["Id"]] = target
    return found


def texts(archive: zipfile.ZipFile, name: str) -> list[str]:
    found = []
    for _, _, text in pieces(part(archive, name), "si"):
        # So Excel writes a text that only looks as if a character were escaped in it.
        found.append(text.replace("x005F_", ""))
        if len(found) > MOST_TEXTS:
            raise Unfit(TOO_LARGE)
    return found


def note_dates(book: Book, events: Iterator[Event]) -> None:
    """Which styles of cells make a date, or a time that has passed, of a number."""
    formats, number, is_inside = dict(BUILTIN_FORMATS), 0, False
    for kind, name, attributes in events:
        if name == "cellXfs":
            is_inside = kind == START
        elif kind == START and name == "numFmt":
            formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:255]
        elif kind == START and name == "xf" and is_inside:
            code = formats.get(int(attributes.get("numFmtId", 0)))
            if is_date_format(code):
                book.dates.add(number)
            if is_timedelta_format(code):
                book.durations.add(number)
            number += 1


def rows(events: Iterator[Event], book: Book) -> Iterator[list[Value]]:
    """Rows up to their last cell; those without any may be left out."""
    row: list[Value] = []
    number = cells = 0
    for name, attributes, text in pieces(events, "c"):
        if name == "row":
            yield row
            row, number = [], row_number(attributes, number)
            continue
        at = position(attributes, row)
        cells += max(1, at + 1 - len(row))
        if cells > MOST_CELLS:
            raise Unfit(TOO_LARGE)
        row.extend([None] * (at - len(row)))
        row[at : at + 1] = [value(attributes, text, book)]
    yield row


def row_number(attributes: Attributes, last: int) -> int:
    number = float(attributes.get("r", last + 1))
    if not 1 <= number <= MOST_ROWS:
        raise Unfit(TOO_FAR)
    return int(number)


def position(attributes: Attributes, row: Sequence[Value]) -> int:
    """In which column a cell is, the first being 0; the next one if it does not say."""
    at = len(row)
    if name := attributes.get("r"):
        at = column_index_from_string(name.rstrip("0123456789")) - 1
    if at >= MOST_COLUMNS:
        raise Unfit(TOO_WIDE)
    return at


def value(attributes: Attributes, text: str, book: Book) -> Value:
    kind = attributes.get("t", "n")
    if not text:
        return None
    if kind == "s":
        return book.texts[int(text)]
    if kind == "b":
        return bool(int(text))
    if kind == "d":
        return from_ISO8601(text)
    return number_or_date(attributes, text, book) if kind == "n" else text


def number_or_date(attributes: Attributes, text: str, book: Book) -> Value:
    number = float(text) if set(text) & set(".eE") else int(text)
    style = int(attributes.get("s", 0))
    if style not in book.dates:
        return number
    try:
        return from_excel(number, book.epoch, timedelta=style in book.durations)
    except (OverflowError, ValueError):
        # What a spreadsheet itself shows for a day that no calendar has.
        return "#VALUE!"
