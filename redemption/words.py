"""What a reason against a coupon needs and found, in words for people."""

from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format

from couponadmin.errors import ErrorCode
from couponadmin.times import parse_api_datetime

Names = Mapping[int, str]
# A series may name hundreds of stores.
MOST_PLACES = 10
WORDS = {
    "minBillAmount": "at least",
    "maxBillAmount": "at most",
    "dom": "day of the month",
    "dow": "weekday",
    "hours": "hour",
    "validUserRegistrationStartTime": "from",
    "validUserRegistrationEndTime": "to",
}
# What a reason's numbers mean. Of the others the sentence says it all.
NEEDED = {
    ErrorCode.EXPIRED: "It ended",
    ErrorCode.SERIES_ENDED: "The last day was",
    ErrorCode.TOO_EARLY: "It works from",
    ErrorCode.BILL_AMOUNT: "It takes",
    ErrorCode.STORE: "It works at",
    ErrorCode.OUT_OF_HOURS: "It works on",
    ErrorCode.GAP: "Days that must pass:",
    ErrorCode.CUSTOMER_CAP: "Allowed:",
    ErrorCode.REDEMPTION_CAP: "Allowed:",
    ErrorCode.TARGET_USER: "It takes",
}


def line(told: Mapping[str, Any], names: Names) -> str:
    """A reason of the log of refusals: what the till was told, and what would have been needed."""
    needed, found = (said(told.get(member), names) for member in ("needed", "found"))
    by_number = {code.number: words for code, words in NEEDED.items()}
    parts = [told["message"]]
    if needed and told["code"] in by_number:
        parts.append(f"{by_number[told['code']]} {needed}")
    if found and told["code"] == ErrorCode.BILL_AMOUNT.number:
        parts.append(f"The bill was {found}")
    if told.get("nextValidTime"):
        parts.append(f"It would have been fine from {moment(told['nextValidTime'])}")
    return ". ".join(parts)


def places_in(told: Iterable[Mapping[str, Any]]) -> set[int]:
    """The ids of the places that `line` speaks of."""
    lists = (each.get("needed") for each in told if each["code"] == ErrorCode.STORE.number)
    return {place["orgEntityId"] for places in lists for place in places or []}


def said(value: Any, names: Names) -> str:
    """What a reason needs, in words."""
    match value:
        case None:
            return ""
        case {"orgEntityId": pk}:
            return names.get(pk, f"place {pk}")
        case dict():
            parts = ((WORDS.get(key, key), part(key, inner, names)) for key, inner in value.items())
            return ", ".join(f"{word} {text}" for word, text in parts if text)
        case [dict(), *_] if len(value) > MOST_PLACES:
            return f"{said(value[:MOST_PLACES], names)} and {len(value) - MOST_PLACES} more"
        case list() | tuple():
            return ", ".join(said(inner, names) for inner in value)
        case Decimal() | float():
            value = Decimal(str(value))
            return f"{value.normalize():,f}"
        case str():
            return moment(value)
    return str(value)


def part(key: str, value: Any, names: Names) -> str:
    if key != "dow":
        return said(value, names)
    return ", ".join(str(WEEKDAYS[day - 1]) for day in value)


def moment(text: str) -> str:
    """A time of the API as people write it, a whole day without its hour; other text as it is."""
    try:
        local = timezone.localtime(parse_api_datetime(text))
    except ValueError:
        return text
    return date_format(local, "j F Y" if local.time() == time.min else "j F Y, H:i")
