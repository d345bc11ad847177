"""Files as people send them, CSV or XLSX, read as a stream: memory does not grow with the file."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import chain, islice
from typing import IO, Any, NamedTuple

from batches import archives, sheets
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.storable import UNSTORABLE

DELIMITERS = ",;\t|"
# Far longer than any row of customers; it keeps a file without line breaks out of memory.
LONGEST_ROW = 64 * 1024
SCIENTIFIC = re.compile(r"\d[.,]?\d*E\+\d+", re.ASCII)
SHORTENED = (
    "Cells that look like 1.2E+09: {}. A spreadsheet has shortened long numbers, and their last "
    "digits are lost. Format the column as text and export it again."
)
NUMBERS = "Cells that are numbers, not text: {}. Leading zeros, if there were any, are lost."
UNCLOSED = "A quotation mark is opened and never closed."
# No line of a file has it; with its end it is in a cell only if that is in quotes.
END = "\0\n"
UNREADABLE = "The file is neither UTF-8 text nor XLSX. Save it as “CSV UTF-8” or as “.xlsx”."


class Piece(NamedTuple):
    """Some rows as CSV text, and how many they are."""

    text: str
    lines: int


@dataclass
class Source:
    """A file being read: its first row, and the others in pieces.

    `damaged` counts, while the pieces are read, the cells that a spreadsheet has changed.
    """

    first: list[str]
    delimiter: str
    pieces: Callable[[int], Iterator[Piece]]
    damaged: dict[str, int] = field(default_factory=lambda: {"scientific": 0, "numbers": 0})

    def with_first_row(self, size: int) -> Iterator[Piece]:
        """The pieces of a file without a header: its first row is a row like the others."""
        return chain([Piece(csv_text([self.first], self.delimiter), 1)], self.pieces(size))

    def warnings(self) -> list[str]:
        """What a spreadsheet has done to the file, in sentences."""
        found = []
        if count := self.damaged["scientific"]:
            found.append(SHORTENED.format(count))
        if count := self.damaged["numbers"]:
            found.append(NUMBERS.format(count))
        return found


def refused(sentence: str) -> CouponError:
    return CouponError(ErrorCode.INPUT, f"file: {sentence}")


def digest(file: IO[bytes]) -> bytes:
    """SHA-256 of the whole file, which is then at its beginning again."""
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").digest()
    file.seek(0)
    return found


def read(file: IO[bytes]) -> Source:
    """The file as rows; 756 for what is no such file, at once or while the pieces are read."""
    file.seek(0)
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    source = xlsx_source(file) if is_zip else csv_source(file)
    if not has_text("".join(source.first)):
        raise refused("The file is empty.")
    return source


def csv_source(file: IO[bytes]) -> Source:
    stream = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = lines_of_text(stream)
    head = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    first = first_row(chain([head], lines), delimiter)
    source = Source(first, delimiter, lambda size: text_pieces(source, lines, size))
    return source


def first_row(lines: Iterator[str], delimiter: str) -> list[str]:
    """The first row that is one; takes no line more from `lines`."""
    while row := rows_of(lines, delimiter, 1):
        if has_text("".join(row[0])):
            return row[0]
    return []


def lines_of_text(stream: io.TextIOWrapper) -> Iterator[str]:
    try:
        for line in iter(partial(stream.readline, LONGEST_ROW), ""):
            if "\0" in line:
                raise refused(UNREADABLE)
            if len(line) == LONGEST_ROW:
                raise refused(f"A row has more than {LONGEST_ROW} characters.")
            yield line
    except UnicodeDecodeError:
        raise refused(UNREADABLE) from None


def rows_of(lines: Iterable[str], delimiter: str, most: int) -> list[list[str]]:
    """The next rows, up to `most`; a row takes several lines where a quoted cell does."""
    # A line of its own says where the file ends: one that a cell has swallowed was in quotes.
    try:
        rows = list(islice(csv.reader(chain(lines, [END]), delimiter=delimiter), most))
    except csv.Error:
        # A cell longer than any is: somewhere above it was opened.
        raise refused(UNCLOSED) from None
    if rows and rows[-1] == [END.strip()]:
        return rows[:-1]
    if rows and rows[-1] and rows[-1][-1].endswith(END):
        raise refused(UNCLOSED)
    return rows


def text_pieces(source: Source, lines: Iterator[str], size: int) -> Iterator[Piece]:
    delimiter = source.delimiter
    while block := list(islice(lines, size)):
        if any('"' in line for line in block):
            read: list[str] = []
            rows = rows_of(noted(chain(block, lines), read), delimiter, len(block))
            text, count = "".join(read), sum(map(has_text, map("".join, rows)))
        else:
            # Without quotes a line is a row, and what is no delimiter stands in its cells: this is
            # `has_text` of them, without a call for each of a million lines.
            count = sum(1 for line in block if line.replace(delimiter, "").strip())
            text = "".join(block)
        if "E+" in text:
            source.damaged["scientific"] += len(SCIENTIFIC.findall(text))
        if count:
            yield Piece(text, count)


def noted(lines: Iterable[str], read: list[str]) -> Iterator[str]:
    """The lines, noting in `read` those that were taken."""
    for line in lines:
        read.append(line)
        yield line


def has_text(cells: str) -> bool:
    """Whether a row with these cells, written one behind the other, is one.

    Spreadsheets leave empty ones behind. Intake counts rows by it, and work reads them by it.
    """
    return bool(cells.strip())


def rows_in(text: str, delimiter: str) -> list[list[str]]:
    """The rows of a piece."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for row in rows if has_text("".join(row))]


def csv_text(rows: Iterable[Iterable[str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def row_pieces(rows: Iterator[list[str]], size: int) -> Iterator[Piece]:
    """Rows that do not come from a CSV file, as pieces."""
    while block := list(islice(rows, size)):
        yield Piece(csv_text(block), len(block))


def xlsx_source(file: IO[bytes]) -> Source:
    damaged = {"scientific": 0, "numbers": 0}
    rows = (row for row in xlsx_rows(file, damaged) if has_text("".join(row)))
    return Source(next(rows, []), ",", lambda size: row_pieces(rows, size), damaged)


def xlsx_rows(file: IO[bytes], damaged: dict[str, int]) -> Iterator[list[str]]:
    """The rows of the first sheet, as text."""
    try:
        for row in sheets.first_sheet(file):
            damaged["numbers"] += sum(1 for value in row if is_number(value))
            yield [cell_text(value) for value in row]
    except CouponError:
        raise
    except archives.Unfit as unfit:
        raise refused(str(unfit)) from None
    except Exception as error:
        # Archives, XML and numbers that are damaged raise errors of many kinds.
        raise refused(f"{UNREADABLE} ({type(error).__name__})") from error


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value)
    if UNSTORABLE.search(text) or len(text) > LONGEST_ROW:
        raise refused(archives.TOO_LONG)
    return text
