"""Files that have broken other programs, or might break this one, each by what is wrong with it."""

import gzip
import io
import zipfile

LETTERS = "=+-@|\t\r\n\"',;{}%$<>\\\0\ufeff\u202e🎟"


def archive(**members: bytes) -> bytes:
    """A ZIP archive: what an XLSX file is outside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/"), content)
    return file.getvalue()


NASTY_FILES = {
    "nothing": b"",
    "a header alone": b"mobile\n",
    "no header": b"919800000001\n919800000002\n",
    "blank lines only": b"\n\r\n \n,\n;;;\n",
    "the header twice": b"mobile\nmobile\n919800000001\n",
    "a column twice": b"mobile,mobile\n919800000001,919800000002\n",
    "a column without a name": b"mobile,,\n919800000001,a,b\n",
    "more cells than columns": b"mobile\n919800000001,a,b,c,d\n",
    "fewer cells than columns": b"mobile,name,city\n919800000001\n\n919800000002,a\n",
    "a quote that is never closed": b'mobile,name\n919800000001,"Ann\n919800000002,Bob\n',
    "quotes in the middle": b'mobile,name\n919800000001,A"n"n\n919800000002,"B""ob"x\n',
    "line ends of three kinds": b"mobile\r919800000001\n919800000002\r\n919800000003",
    "a mark at the start": b"\xef\xbb\xbfmobile\n919800000001\n",
    "marks everywhere": "mobile\n\ufeff919800000001\ufeff\n\u200b9198\u200b00000002\n".encode(),
    "UTF-16": "mobile\n919800000001\n".encode("utf-16"),
    "Latin letters of one byte": "mobile,name\n919800000001,Zoë\n".encode("latin-1"),
    "half of a letter": b"mobile,name\n919800000001,\xe2\x82\n",
    "a surrogate": b"mobile,name\n919800000001,\xed\xa0\x80\n",
    "NUL": b"mobile,name\n9198\x0000000001,A\x00nn\n",
    "control characters": b"mobile,name\n919800000001,\x01\x02\x1b[31m\x7f\n",
    "formulas": b'mobile,name\n=1+1,=cmd|\' /C calc\'!A0\n+919800000001,@SUM(A1)\n-1,"=""a"\n',
    "a spreadsheet's numbers": b"mobile\n9.198E+11\n919800000001.0\n1e400\nNaN\n",
    "digits of other scripts": "mobile\n९१९८००००००००१\n９１９８００００００１\n".encode(),
    "a very long cell": b"mobile,name\n919800000001," + b"x" * 200_000 + b"\n",
    "a very long line": b"mobile" + b",a" * 20_000 + b"\n",
    "many columns": ",".join(f"c{n}" for n in range(5_000)).encode() + b"\nmobile\n",
    "the same line often": b"mobile\n" + b"919800000001\n" * 500,
    "statements": b"mobile,name\n'; DROP TABLE series_series; --,a' OR '1'='1\n",
    "tags and templates": b"mobile,name\n{{ 7*7 }},<script>alert(1)</script>\n%s%n,${7*7}\n",
    "every odd letter": b"mobile,name\n" + "".join(f"1,{it}\n" for it in LETTERS).encode(),
    "JSON": b'[{"mobile": "919800000001"}]',
    "a web page": b"<html><table><tr><td>mobile</td></tr></table></html>",
    "packed": gzip.compress(b"mobile\n919800000001\n"),
    "an archive that is no sheet": archive(mobile=b"919800000001"),
    "a sheet without cells": archive(xl__workbook=b"<workbook/>"),
    "an archive that is cut": archive(xl__workbook=b"<workbook/>" * 50)[:60],
    "a bomb": archive(**{"xl/worksheets/sheet1.xml": b"<c/>" * 3_000_000}),
    "an entity": archive(
        **{
            "[Content_Types].xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            "xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        }
    ),
}
