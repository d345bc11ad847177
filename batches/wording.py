"""What pages say about batches in plain words, by what is done in them. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from batches.models import Batch, Kind

# One, and several.
Forms = tuple[str, str]
# On the button that begins what was checked.
BEGIN: Mapping[str, Forms] = {
    Kind.ISSUE: ("Issue {} coupon", "Issue {} coupons"),
    Kind.CUSTOMERS: ("Save {} customer", "Save {} customers"),
    Kind.CODES: ("Add {} code", "Add {} codes"),
    Kind.HOLDERS: ("Move {} coupon here", "Move {} coupons here"),
}
EACH_GETS_ONE: tuple[Forms, Forms] = (
    ("{} gets one", "{} get one"),
    ("{} does not", "{} do not"),
)
EXPECTED: Mapping[str, tuple[Forms, Forms]] = {
    Kind.ISSUE: (
        ("{} coupon is issued", "{} coupons are issued"),
        ("{} is not", "{} are not"),
    ),
    Kind.CUSTOMERS: (
        ("{} customer is saved", "{} customers are saved"),
        ("{} row is not", "{} rows are not"),
    ),
    Kind.CODES: (
        ("{} code is added", "{} codes are added"),
        ("{} row is not", "{} rows are not"),
    ),
    Kind.HOLDERS: (
        ("{} coupon is moved here", "{} coupons are moved here"),
        ("{} row is not", "{} rows are not"),
    ),
}
# What became of a line, as the name of a figure and of a file.
BECAME = {
    Kind.ISSUE: ("Issued", "Issued"),
    Kind.CUSTOMERS: ("Saved", "Saved customers"),
    Kind.CODES: ("Added", "Added codes"),
    Kind.HOLDERS: ("Moved here", "Moved coupons"),
}
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def counted(forms: Forms, count: int) -> str:
    """`1 second`, `2 seconds`."""
    return forms[count != 1].format(f"{count:,}")


def expected(batch: Batch, report: Mapping[str, Any]) -> tuple[str, str]:
    """What the dry run expects: how many rows come to something, and how many do not."""
    for_each = batch.kind == Kind.ISSUE and batch.total == batch.lines
    good, bad = EACH_GETS_ONE if for_each else EXPECTED[batch.kind]
    return counted(good, report["issued"]), counted(bad, report["refused"])


def beginning(batch: Batch, report: Mapping[str, Any]) -> str:
    """What the button that begins it says."""
    return counted(BEGIN[batch.kind], report["issued"]) if report["issued"] else "Start anyway"


def took(batch: Batch) -> str:
    """How long it was at work, by its two largest units; empty as long as it is not done."""
    if not batch.started_at or not batch.finished_at:
        return ""
    return in_units(batch.finished_at - batch.started_at)


def in_units(span: timedelta) -> str:
    seconds = max(1, round(span.total_seconds()))
    said = []
    for name, size in UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            said.append(counted((f"{{}} {name}", f"{{}} {name}s"), count))
    return " ".join(said[:2])
