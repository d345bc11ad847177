"""What each check says of a coupon, for people: every reason against it, and everything for it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format

from couponadmin.errors import ErrorCode
from couponadmin.times import parse_api_datetime
from redemption import usage_checks, visit_checks
from redemption.asks import Check, Outcome, Reason
from redemption.checks import CHECKS

Names = Mapping[int, str]

FINE: dict[Check, str] = {
    usage_checks.revoked: "It was not revoked",
    usage_checks.customer_is_known: "The customer is known, or need not be",
    usage_checks.issued_to_this_customer: "It is this customer's, or anybody may use it",
    usage_checks.coupon_expired: "It has not expired",
    usage_checks.series_over: "Its series is not over",
    usage_checks.already_used: "It has not been used, or may be used again",
    usage_checks.same_customer_again: "This customer has not redeemed it, or may do so again",
    usage_checks.customer_cap: "This customer may redeem more coupons of the series",
    usage_checks.coupon_cap: "It has been redeemed less often than allowed",
    usage_checks.series_cap: "More coupons of the series may be redeemed",
    usage_checks.paused: "It is not paused",
    visit_checks.issued_before: "It was issued by then",
    visit_checks.not_before: "Its first day has come",
    visit_checks.days_after_issue: "It was issued long enough ago",
    visit_checks.days_and_hours: "It is valid on this day at this hour",
    visit_checks.bill_amount: "The bill is neither too small nor too large, or not known yet",
    visit_checks.store: "It is valid in this store",
    visit_checks.gap_between_redemptions: "The last redemption was long enough ago",
    visit_checks.registered_in_time: "The customer was registered in the right period",
    visit_checks.enough_transactions: "The customer has bought often enough",
}
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


class Verdict(NamedTuple):
    """One check's: whether it speaks for the coupon, why, and from when on it would."""

    is_good: bool
    sentence: str
    needed: str = ""
    number: int | None = None
    good_from: datetime | None = None


def verdicts(outcome: Outcome, *, names: Names) -> list[Verdict]:
    """Those against the coupon in the documented order, then those for it.

    `names`: of the places that may be spoken of, by id.
    """
    against = [refused(reason, names) for reason in outcome.reasons]
    if outcome.facts is None:
        return against
    return against + [
        Verdict(True, FINE[check]) for check in CHECKS if check(outcome.facts) is None
    ]


def refused(reason: Reason, names: Names) -> Verdict:
    needed = said(reason.needed, names)
    return Verdict(
        False,
        reason.message,
        needed=f"{NEEDED[reason.code]} {needed}" if reason.code in NEEDED and needed else "",
        number=reason.code.number,
        good_from=reason.next_valid_at,
    )


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
