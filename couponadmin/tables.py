"""Rows as CSV text that every spreadsheet reads as it is meant, and none takes for formulas."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from couponadmin.times import api_time

# Put before a text that a spreadsheet would take for a formula.
MARK = "'"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Without it Excel does not take a CSV file for UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows, with times as the API writes them; what is None is an empty cell.

    All texts are quoted: a spreadsheet may have another mark between cells than the comma, and see
    a formula begin behind it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: object) -> object:
    if isinstance(value, datetime):
        return api_time(value)
    return harmless(value) if isinstance(value, str) else value


def harmless(text: str) -> str:
    return MARK + text if text.startswith(FORMULA) else text
