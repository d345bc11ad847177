"""XLSX files: their cells are read as spreadsheets mean them, and traps are refused early."""

import io
import re
import secrets
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import MAC_EPOCH

from batches import files
from batches.models import Batch
from couponadmin.errors import CouponError
from tests.batches import BATCHES, upload
from tests.conftest import Caller
from tests.factories import make_series
from tests.sheets import handmade, packed, parts_of, sheet, text_cell

HEAD = f'<row r="1">{text_cell("mobile")}</row>'
MANY_ATTRIBUTES = " ".join(f"a{n}='{n}'" for n in range(90_000))
LAST = f"<row>{text_cell('919800000001')}</row>"


def rows_read(content: bytes) -> list[list[str]]:
    source = files.read(io.BytesIO(content))
    pieces = list(source.with_first_row(1_000))
    return [row for piece in pieces for row in files.rows_in(piece.text, source.delimiter)]


def rows_of_openpyxl(content: bytes) -> list[list[str]]:
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    return [row for row in ([files.cell_text(it) for it in row] for row in rows) if any(row)]


def test_it_reads_the_first_sheet_of_a_workbook() -> None:
    content = sheet([["mobile", "name"], [919876543210, "Ann"], [None, None], ["00123", 1.5]])

    assert rows_read(content) == [["mobile", "name"], ["919876543210", "Ann"], ["00123", "1.5"]]


def book_of_all_kinds() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    bold = TextBlock(InlineFont(b=True), "bold ")
    book.active.append(["text", " blanks ", "two\nlines", "<&>", "é🎟", "=1+1", "'"])
    book.active.append([1, -1, 1.0, 1.5, 1e21, 10**15, True, False, None, "behind"])
    book.active.append([date(2026, 5, 9), datetime(2026, 5, 9, 18, 30), clock(7, 5), None])
    book.active.append([timedelta(days=2, hours=3), datetime(1999, 12, 31, 23, 59, 59)])
    book.active.append([CellRichText("plain ", bold, "plain"), "#N/A"])
    book.active["B9"] = "far below"
    book.active["F9"] = 45000
    book.active["F9"].number_format = '[$-409]d\\-mmm\\-yy;@"never"'
    book.create_sheet("second").append(["not read"])
    return book


@pytest.mark.parametrize("epoch", [None, MAC_EPOCH])
def test_it_reads_cells_of_all_kinds_as_openpyxl_does(epoch: datetime | None) -> None:
    book, file = book_of_all_kinds(), io.BytesIO()
    book.epoch = epoch or book.epoch
    book.save(file)

    found, expected = rows_read(file.getvalue()), rows_of_openpyxl(file.getvalue())

    trimmed = [row[: max(at for at, cell in enumerate(row) if cell) + 1] for row in expected]
    assert [[*row, *[""] * 10][:10] for row in found] == [
        [*row, *[""] * 10][:10] for row in trimmed
    ]
    assert ["2026-05-09T00:00:00", "2026-05-09T18:30:00", "07:05:00"] in found


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('<c t="s"><v>0</v></c>', "plain bold"),
        ('<c t="s"><v>1</v></c>', "東京"),
        ('<c t="s"><v>2</v></c>', "_x000D_"),
        ('<c t="str"><f>A1</f><v>made</v></c>', "made"),
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        ("<c><f>1+1</f></c>", ""),
        ('<c t="e"><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c t="d"><v>2026-05-09T18:30:00</v></c>', "2026-05-09T18:30:00"),
        ('<c s="1"><v>45000</v></c>', "2023-03-15T00:00:00"),
        ('<c s="1"><v>99999999999</v></c>', "#VALUE!"),
        ('<c s="7"><v>45000</v></c>', "45000"),
        ('<c s="0"><v>9.198E+11</v></c>', "919800000000"),
        ('<c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c t="inlineStr"/>', ""),
        ('<x:c xmlns:x="y"><x:v>5</x:v></x:c>', "5"),
    ],
)
def test_it_reads_what_spreadsheets_of_others_write(cell: str, read: str) -> None:
    texts = (
        "<si><r><t>plain </t></r><r><rPr><b/></rPr><t>bold</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
        "<si><t>_x005F_x000D_</t></si>"
    )
    styles = (
        '<cellStyleXfs><xf numFmtId="22"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    )

    found = rows_read(
        handmade(f"{HEAD}<row>{cell}{text_cell('x')}</row>", texts=texts, styles=styles)
    )

    assert found == [["mobile"], [read, "x"]]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (f'<row r="2000000000">{text_cell(1)}</row>', "end with row 1048576"),
        (f'<row r="1048577">{text_cell(1)}</row>', "end with row 1048576"),
        (f'<row r="-5">{text_cell(1)}</row>', "end with row 1048576"),
        (f'<row r="inf">{text_cell(1)}</row>', "end with row 1048576"),
        (f'<row r="1048576">{text_cell(1)}</row><row>{text_cell(1)}</row>', "end with row 1048576"),
        (f"<row>{text_cell(1, r='XFD2')}</row>", "more than 1000 columns"),
        (f"<row>{text_cell(1) * 1_001}</row>", "more than 1000 columns"),
        ('<row><c r="ALL1"/></row>' * 3_100, "too large for an XLSX file"),
        ("<x>" * 100_000, "too large for an XLSX file"),
        (f"<!--{'-=' * 400_000}-->", "too large for an XLSX file"),
        (f"<row><c {MANY_ATTRIBUTES}/></row>", "too large for an XLSX"),
        (f"<row>{text_cell('x' * 70_000)}</row>", "A cell has characters that no text has"),
        (
            f"<row>{text_cell('x' * 40_000 + '</t><t>' + 'y' * 40_000)}</row>",
            "A cell has characters",
        ),
        (f"{'<c/>' * 6_000_000}", "when unpacked"),
        ("<row><c t='s'><v>0</v></c></row>", "neither UTF-8 text nor XLSX"),
        ("<row><c><v>one</v></c></row>", "neither UTF-8 text nor XLSX"),
        (f"<row><c><v>{'9' * 5_000}</v></c></row>", "neither UTF-8 text nor XLSX"),
        ("<row>", "neither UTF-8 text nor XLSX"),
    ],
)
def test_it_refuses_a_sheet_that_is_a_trap(rows: str, words: str) -> None:
    content = handmade(f"{HEAD}{rows}")
    started = time.process_time()

    with pytest.raises(CouponError, match=words):
        rows_read(content)

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("part", "content", "words"),
    [
        ("xl/texts.xml", "<sst>" + "<si><t>ab</t></si>" * 3_000_000 + "</sst>", "when unpacked"),
        ("xl/sheet.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "no document type"),
        ("xl/texts.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "no document type"),
        ("xl/workbook.xml", "<workbook/>", "neither UTF-8 text nor XLSX"),
        ("_rels/.rels", "<Relationships/>", "neither UTF-8 text nor XLSX"),
    ],
)
def test_it_refuses_other_parts_that_are_traps(part: str, content: str, words: str) -> None:
    parts = parts_of(HEAD + LAST) | {part: content}

    with pytest.raises(CouponError, match=words):
        rows_read(packed(parts))


def test_it_refuses_more_texts_than_it_would_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batches.sheets.MOST_TEXTS", 3)

    assert len(rows_read(handmade(HEAD + LAST, texts="<si/>" * 3))) == 2
    with pytest.raises(CouponError, match="Save it as CSV"):
        rows_read(handmade(HEAD + LAST, texts="<si/>" * 4))


def test_it_refuses_more_xml_than_cells_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batches.archives.MOST_EVENTS", 1_000)

    assert len(rows_read(handmade(HEAD + LAST + "<x/>" * 480))) == 2
    with pytest.raises(CouponError, match="Save it as CSV"):
        rows_read(handmade(HEAD + LAST + "<x/>" * 500))


def test_a_list_of_members_that_has_no_end_is_not_read() -> None:
    parts = parts_of(HEAD + LAST) | {f"xl/{'x' * 1_000}{n}": "" for n in range(1_200)}

    with pytest.raises(CouponError, match="too large for an XLSX file"):
        rows_read(packed(parts))


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_it_refuses_a_packing_that_unpacks_in_large_pieces(packing: int) -> None:
    with pytest.raises(CouponError, match="neither UTF-8 text nor XLSX"):
        rows_read(handmade(HEAD + LAST, compression=packing))


def test_it_refuses_an_archive_without_a_workbook() -> None:
    with pytest.raises(CouponError, match="neither UTF-8 text nor XLSX"):
        rows_read(packed({"mobile.csv": "mobile\n1\n"}))


def test_sheets_that_are_one_sheet_a_thousand_times_are_read_once() -> None:
    parts = parts_of(HEAD + LAST * 1_000)
    name = "xl/workbook.xml"
    again = re.sub("<sheet .*?/>", lambda found: found.group() * 20_000, parts[name])

    started = time.process_time()
    assert len(rows_read(packed(parts | {name: again}))) == 1_001
    assert time.process_time() - started < 3


def test_memory_grows_with_the_texts_only() -> None:
    """Two thousand rows of a sheet that has its texts in itself, and ten times as many."""
    small, large = (peak_of(handmade(HEAD + row_of_token() * n)) for n in (2_000, 20_000))

    assert large < small * 1.5


def row_of_token() -> str:
    return f"<row>{text_cell(secrets.token_hex(200))}</row>"


def peak_of(content: bytes) -> int:
    """The most memory that reading takes, beyond the file itself."""
    file = io.BytesIO(content)
    tracemalloc.start()
    assert sum(piece.lines for piece in files.read(file).pieces(100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.django_db
def test_over_the_api_a_far_row_is_refused_in_words_and_nothing_is_stored(
    client_api: Caller,
) -> None:
    content = handmade(f'{HEAD}<row r="2000000000">{text_cell(1)}</row>')
    fields: dict[str, Any] = {"seriesId": make_series().pk}

    answer = upload(client_api, BATCHES, content, name="a.xlsx", **fields)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["code"] == 756
    assert error["message"].startswith("file: A row has a number that no spreadsheet has")
    assert not Batch.objects.exists()


def with_sheet(change: Callable[[str], str]) -> bytes:
    """A file of twenty rows whose sheet somebody has written by hand."""
    made, changed = io.BytesIO(sheet([f"1{n}"] for n in range(20))), io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, change(text) if name.endswith("sheet1.xml") else text)
    return changed.getvalue()


def test_what_a_sheet_says_of_its_own_size_leaves_no_row_out() -> None:
    file = with_sheet(lambda text: re.sub('dimension ref="[^"]*"', 'dimension ref="A1:A5"', text))

    assert len(rows_read(file)) == 20


def test_what_a_sheet_says_of_its_own_size_makes_no_row_up() -> None:
    def wide_and_far(text: str) -> str:
        text = re.sub('dimension ref="[^"]*"', 'dimension ref="A1:XFD1048576"', text)
        return text.replace('r="20"', 'r="1048570"').replace('r="A20"', 'r="A1048570"')

    started = time.monotonic()
    assert len(rows_read(with_sheet(wide_and_far))) == 20
    assert time.monotonic() - started < 10


def test_it_refuses_a_sheet_that_is_far_too_wide() -> None:
    file = with_sheet(lambda text: text.replace('r="A3"', 'r="XFD3"'))

    with pytest.raises(CouponError, match="more than 1000 columns"):
        rows_read(file)
