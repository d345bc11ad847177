import csv
import io
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batches import columns, files
from batches.columns import Layout
from couponadmin.errors import CouponError
from tests.sheets import sheet


def rows_read(content: bytes, size: int = 2) -> tuple[list[str], list[list[str]]]:
    """The first row, and all rows of the pieces, whose counts must be true."""
    source = files.read(io.BytesIO(content))
    rows: list[list[str]] = []
    for piece in source.pieces(size):
        found = files.rows_in(piece.text, source.delimiter)
        assert len(found) == piece.lines
        rows += found
    return source.first, rows


@pytest.mark.parametrize(
    "text",
    [
        "mobile,name\n1,Ann\n2,Bob\n3,Cid\n",
        "mobile,name\r\n1,Ann\r\n2,Bob\r\n3,Cid",
        "mobile,name\r1,Ann\r2,Bob\r3,Cid",
        "mobile;name\n1;Ann\n2;Bob\n3;Cid\n",
        "mobile\tname\n1\tAnn\n2\tBob\n3\tCid\n",
        "\ufeffmobile,name\n1,Ann\n2,Bob\n3,Cid\n",
        "\n\nmobile,name\n\n1,Ann\n,\n2,Bob\n  \n3,Cid\n\n",
        'mobile,name\n"1","Ann"\n2,"Bob"\n3,Cid\n',
    ],
)
def test_it_reads_csv_as_it_comes(text: str) -> None:
    first, rows = rows_read(text.encode())

    assert first == ["mobile", "name"]
    assert rows == [["1", "Ann"], ["2", "Bob"], ["3", "Cid"]]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_row_goes_over_lines_where_a_quoted_cell_does(size: int) -> None:
    text = 'id,note\n1,"two\nlines"\n2,"a ""quoted"" word"\n3,5" pipe\n4,"x\n\n\ny"\n5,last\n'

    _, rows = rows_read(text.encode(), size)

    assert rows == [
        ["1", "two\nlines"],
        ["2", 'a "quoted" word'],
        ["3", '5" pipe'],
        ["4", "x\n\n\ny"],
        ["5", "last"],
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n\n", "empty"),
        (b"mobile\n\xff\xfe\n", "UTF-8"),
        ("mobile\n1\n".encode("utf-16"), "UTF-8"),
        (b"mobile\n1\x002\n", "UTF-8"),
        (b'mobile\n"1' + b"\n2" * 100_000, "never closed"),
        (b"mobile\n" + b"1" * 70_000, "characters"),
        (b"PK\x03\x04 and no archive", "UTF-8"),
        (b"PK\x03\x04" + b"\0" * 100, "UTF-8"),
    ],
)
def test_it_refuses_what_is_no_list(content: bytes, words: str) -> None:
    with pytest.raises(CouponError, match=words):
        rows_read(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"code\n1.2E+09\n9,87654E+11\nABC\n", "Cells that look like 1.2E+09: 2."),
        (sheet([["code"], [1234567890], ["ABC"], [77]]), "Cells that are numbers, not text: 2."),
    ],
)
def test_it_tells_what_a_spreadsheet_has_damaged(content: bytes, words: str) -> None:
    source = files.read(io.BytesIO(content))
    list(source.pieces(10))

    [warning] = source.warnings()
    assert warning.startswith(words)


def is_open(text: str) -> bool:
    """Whether a quotation mark is never closed: it then swallows whatever comes behind."""
    last = list(csv.reader(io.StringIO(text + "\n|", newline="")))[-1]
    return last != ["|"]


@pytest.mark.parametrize(
    "line", ["\xa0", "\f", "\v", "\u3000", "\x1c", "\x85", "\u2028", "\xa0,\f", '"\xa0","\f"']
)
def test_a_line_of_blanks_of_any_script_is_no_row(line: str) -> None:
    _, rows = rows_read(f"mobile,name\n{line}\n1,Ann\n".encode())

    assert rows == [["1", "Ann"]]


@given(st.text('a",\n\r x\xa0\f\u3000\x1c\x85', max_size=60), st.integers(1, 4))
@example('"\nabc"\nx', 1)
@example('""\n"a\n"\n', 1)
def test_pieces_have_the_rows_that_the_whole_file_has(text: str, size: int) -> None:
    whole = [row for row in csv.reader(io.StringIO(text, newline="")) if any(map(str.strip, row))]

    try:
        first, rows = rows_read(text.encode(), size)
    except CouponError:
        assert whole == [] or is_open(text)
    else:
        assert not is_open(text)
        assert [first, *rows] == whole


def test_memory_does_not_grow_with_the_file() -> None:
    small, large = (peak_of(b"mobile\n" + b"919876543210\n" * n) for n in (10_000, 200_000))

    assert large < small * 1.5


def peak_of(content: bytes) -> int:
    """The most memory that reading takes, beyond the file itself."""
    file = io.BytesIO(content)
    tracemalloc.start()
    for piece in files.read(file).pieces(2_000):
        assert piece.lines
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    ("first", "layout"),
    [
        (["Mobile"], Layout(["Mobile"], {"mobile": 0})),
        (["name", "mobile number"], Layout(["name", "mobile number"], {"mobile": 1})),
        (["name", "PHONE"], Layout(["name", "PHONE"], {"mobile": 1})),
        (["customer"], Layout(["customer"], {"mobile": 0})),
        (["919876543210"], Layout(["mobile"], {"mobile": 0}, has_header=False)),
    ],
)
def test_it_finds_a_column_by_what_people_call_it(first: list[str], layout: Layout) -> None:
    assert columns.one_column(first, "mobile") == layout


def test_it_does_not_guess_among_several_columns() -> None:
    with pytest.raises(CouponError, match="No column is named mobile"):
        columns.one_column(["name", "number"], "mobile")
