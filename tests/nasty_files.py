"""Files that have broken other programs, or might break this one, each by what is wrong with it,
and what becomes of it: what it is refused for, or how many of its lines are done and refused.
"""

import gzip
import io
import zipfile
from typing import NamedTuple

LETTERS = "=+-@|\t\r\n\"',;{}%$<>\\\0\ufeff\u202e🎟"


def archive(**members: bytes) -> bytes:
    """A ZIP archive: what an XLSX file is outside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/"), content)
    return file.getvalue()


class Taken(NamedTuple):
    """It is worked off to the last line."""

    issued: int
    refused: int


class Nasty(NamedTuple):
    """A file, and what becomes of it where customers get coupons, are made, or codes are stored,
    and where coupons that are out come to their holders: most have no column for their codes.

    A text is part of the sentence that refuses the whole file. 919800000001 is a customer.
    """

    content: bytes
    coupons: Taken | str
    customers: Taken | str
    codes: Taken | str
    moved: Taken | None = None

    @property
    def holders(self) -> Taken | str:
        return self.moved or (self.codes if isinstance(self.codes, str) else NO_CODE)


EMPTY = "file: The submitted file is empty"
LONG_ROW = "file: A row has more than 65536 characters"
NO_CODE = "file: No column is named code"
NO_IDENTIFIER = "file: One of the columns mobile, email and externalId is needed"
NO_MOBILE = "file: No column is named mobile"
NO_ROWS = "file: There are no rows"
NO_TEXT = "file: The file is neither UTF-8 text nor XLSX"
TWICE = "file: Two columns are named mobile"
UNCLOSED = "file: A quotation mark is opened and never closed"

NASTY_FILES = {
    "nothing": Nasty(b"", EMPTY, EMPTY, EMPTY),
    "a header alone": Nasty(b"mobile\n", NO_ROWS, NO_ROWS, Taken(1, 0)),
    "no header": Nasty(b"919800000001\n919800000002\n", Taken(1, 1), NO_IDENTIFIER, Taken(2, 0)),
    "blank lines only": Nasty(b"\n\r\n \n,\n;;;\n", Taken(0, 1), NO_IDENTIFIER, Taken(1, 0)),
    "lines of blanks that are not spaces": Nasty(
        "mobile\n\xa0\n\f\n\u3000\n919800000001\n".encode(), Taken(1, 0), Taken(1, 0), Taken(2, 0)
    ),
    "the header twice": Nasty(
        b"mobile\nmobile\n919800000001\n", Taken(1, 1), Taken(1, 1), Taken(2, 1)
    ),
    "a column twice": Nasty(b"mobile,mobile\n919800000001,919800000002\n", TWICE, TWICE, NO_CODE),
    "a column without a name": Nasty(
        b"mobile,,\n919800000001,a,b\n", Taken(1, 0), Taken(1, 0), NO_CODE
    ),
    "more cells than columns": Nasty(
        b"mobile\n919800000001,a,b,c,d\n", Taken(1, 0), Taken(1, 0), Taken(2, 0)
    ),
    "fewer cells than columns": Nasty(
        b"mobile,name,city\n919800000001\n\n919800000002,a\n", Taken(1, 1), Taken(2, 0), NO_CODE
    ),
    "a quote that is never closed": Nasty(
        b'mobile,name\n919800000001,"Ann\n919800000002,Bob\n', UNCLOSED, UNCLOSED, NO_CODE
    ),
    "quotes in the middle": Nasty(
        b'mobile,name\n919800000001,A"n"n\n919800000002,"B""ob"x\n',
        Taken(1, 1),
        Taken(2, 0),
        NO_CODE,
    ),
    "line ends of three kinds": Nasty(
        b"mobile\r919800000001\n919800000002\r\n919800000003", Taken(1, 2), Taken(3, 0), Taken(4, 0)
    ),
    "a mark at the start": Nasty(
        b"\xef\xbb\xbfmobile\n919800000001\n", Taken(1, 0), Taken(1, 0), Taken(2, 0)
    ),
    "marks everywhere": Nasty(
        "mobile\n\ufeff919800000001\ufeff\n\u200b9198\u200b00000002\n".encode(),
        Taken(1, 1),
        Taken(2, 0),
        Taken(1, 2),
    ),
    "UTF-16": Nasty("mobile\n919800000001\n".encode("utf-16"), NO_TEXT, NO_TEXT, NO_TEXT),
    "Latin letters of one byte": Nasty(
        "mobile,name\n919800000001,Zoë\n".encode("latin-1"), NO_TEXT, NO_TEXT, NO_TEXT
    ),
    "half of a letter": Nasty(b"mobile,name\n919800000001,\xe2\x82\n", NO_TEXT, NO_TEXT, NO_TEXT),
    "a surrogate": Nasty(b"mobile,name\n919800000001,\xed\xa0\x80\n", NO_TEXT, NO_TEXT, NO_TEXT),
    "NUL": Nasty(b"mobile,name\n9198\x0000000001,A\x00nn\n", NO_TEXT, NO_TEXT, NO_CODE),
    "control characters": Nasty(
        b"mobile,name\n919800000001,\x01\x02\x1b[31m\x7f\n", Taken(1, 0), Taken(1, 0), NO_CODE
    ),
    "formulas": Nasty(
        b'mobile,name\n=1+1,=cmd|\' /C calc\'!A0\n+919800000001,@SUM(A1)\n-1,"=""a"\n',
        Taken(1, 2),
        Taken(2, 1),
        NO_CODE,
    ),
    "a spreadsheet's numbers": Nasty(
        b"mobile\n9.198E+11\n919800000001.0\n1e400\nNaN\n", Taken(0, 4), Taken(1, 3), Taken(4, 1)
    ),
    "digits of other scripts": Nasty(
        "mobile\n९१९८००००००००१\n９１９８００００００１\n".encode(),
        Taken(0, 2),
        Taken(2, 0),
        Taken(3, 0),
    ),
    "a very long cell": Nasty(
        b"mobile,name\n919800000001," + b"x" * 200_000 + b"\n", LONG_ROW, LONG_ROW, NO_CODE
    ),
    "a very long line": Nasty(
        b"mobile" + b",a" * 20_000 + b"\n", NO_ROWS, "file: Two columns are named a", NO_CODE
    ),
    "many columns": Nasty(
        ",".join(f"c{n}" for n in range(5_000)).encode() + b"\nmobile\n",
        NO_MOBILE,
        NO_IDENTIFIER,
        NO_CODE,
    ),
    "the same line often": Nasty(
        b"mobile\n" + b"919800000001\n" * 500, Taken(500, 0), Taken(500, 0), Taken(2, 499)
    ),
    "statements": Nasty(
        b"mobile,name\n'; DROP TABLE series_series; --,a' OR '1'='1\n",
        Taken(0, 1),
        Taken(0, 1),
        NO_CODE,
    ),
    "tags and templates": Nasty(
        b"mobile,name\n{{ 7*7 }},<script>alert(1)</script>\n%s%n,${7*7}\n",
        Taken(0, 2),
        Taken(0, 2),
        NO_CODE,
    ),
    "every odd letter": Nasty(
        b"mobile,name\n" + "".join(f"1,{it}\n" for it in LETTERS).encode(),
        NO_TEXT,
        NO_TEXT,
        NO_CODE,
    ),
    "JSON": Nasty(b'[{"mobile": "919800000001"}]', NO_ROWS, NO_ROWS, Taken(0, 1)),
    "a web page": Nasty(
        b"<html><table><tr><td>mobile</td></tr></table></html>",
        Taken(0, 1),
        NO_IDENTIFIER,
        Taken(1, 0),
    ),
    "packed": Nasty(gzip.compress(b"mobile\n919800000001\n"), NO_TEXT, NO_TEXT, NO_TEXT),
    "an archive that is no sheet": Nasty(
        archive(mobile=b"919800000001"), NO_TEXT, NO_TEXT, NO_TEXT
    ),
    "a sheet without cells": Nasty(archive(xl__workbook=b"<workbook/>"), NO_TEXT, NO_TEXT, NO_TEXT),
    "an archive that is cut": Nasty(
        archive(xl__workbook=b"<workbook/>" * 50)[:60], NO_TEXT, NO_TEXT, NO_TEXT
    ),
    "a bomb": Nasty(
        archive(**{"xl/worksheets/sheet1.xml": b"<c/>" * 3_000_000}), NO_TEXT, NO_TEXT, NO_TEXT
    ),
    "an entity": Nasty(
        archive(
            **{
                "[Content_Types].xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
                "xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            }
        ),
        NO_TEXT,
        NO_TEXT,
        NO_TEXT,
    ),
    "odd dates": Nasty(
        (
            "code,mobile,issuedOn,validTill\n"
            "A,919800000001,2026-02-30,\n"
            "B,919800000001,0000-00-00,\n"
            "C,919800000001,9999-12-31T23:59:59-23:59,\n"
            "D,919800000001,,9999-12-31T23:59:59-23:59\n"
            "E,919800000001,0001-01-01T00:00:00+23:59,\n"
            "F,919800000001,٢٠٢٦-٠١-٠١,\n"
            "G,919800000001,=NOW(),45000\n"
            "H,919800000001,'2026-01-01,2026-01-02\n"
            "I,919800000001,2026-01-01,2026-01-02\n"
        ).encode(),
        Taken(9, 0),
        Taken(9, 0),
        Taken(9, 0),
        Taken(1, 8),
    ),
    "odd codes": Nasty(
        (
            "mobile,code\n"
            "919800000001,=1+1\n"
            "919800000001,'=1+1\n"
            "919800000001,A B\n"
            "919800000001,1.2E+09\n"
            f"919800000001,{'ß' * 51}\n"
            f"919800000001,{'x' * 101}\n"
            "919800000001,\x07\n"
            "919800000001,\u202e🎟\n"
            "919800000001,🎟\n"
            "919800000001\n"
        ).encode(),
        Taken(10, 0),
        Taken(10, 0),
        Taken(2, 8),
        Taken(2, 8),
    ),
}
