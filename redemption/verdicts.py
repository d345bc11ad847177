"""What each check says of a coupon, for people: every reason against it, and everything for it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from couponadmin.errors import ErrorCode
from redemption import usage_checks, visit_checks
from redemption.asks import Check, Facts, Outcome, Reason
from redemption.checks import CHECKS
from redemption.words import NEEDED, Names, said
from series.worth import bill_sizes

# More places than this are a number in the sentence; the list stands below it.
MOST_IN_A_SENTENCE = 3

FINE: dict[Check, str] = {
    usage_checks.revoked: "Not revoked",
    usage_checks.customer_is_known: "Customer named where needed",
    usage_checks.issued_to_this_customer: "Right customer",
    usage_checks.coupon_expired: "Not expired",
    usage_checks.series_over: "Series still running",
    usage_checks.already_used: "Not used up",
    usage_checks.same_customer_again: "This customer may use it",
    usage_checks.customer_cap: "Within the limit per customer",
    usage_checks.coupon_cap: "Within the limit per coupon",
    usage_checks.series_cap: "Within the limit of the series",
    usage_checks.paused: "Not paused",
    visit_checks.issued_before: "Issued by then",
    visit_checks.not_before: "First day reached",
    visit_checks.days_after_issue: "Waiting days over",
    visit_checks.days_and_hours: "Right day and hour",
    visit_checks.bill_amount: "Right bill",
    visit_checks.store: "Right store",
    visit_checks.gap_between_redemptions: "Long enough since the last redemption",
    visit_checks.registered_in_time: "Customer registered in the right period",
    visit_checks.enough_transactions: "Customer bought often enough",
}


class Stand(StrEnum):
    """What a check says of the coupon, as far as it was told who, where and with what bill."""

    AGAINST = "against it"
    OPEN = "not known yet"
    FOR = "for it"


class Verdict(NamedTuple):
    """One check's: what it says and why, and from when on it would be fine.

    `condition`: of an open one, on what it depends, as a part of a sentence.
    """

    stand: Stand
    sentence: str
    needed: str = ""
    number: int | None = None
    good_from: datetime | None = None
    condition: str = ""


class Headline(NamedTuple):
    """All verdicts in one sentence."""

    stand: Stand
    sentence: str


def verdicts(outcome: Outcome, *, names: Names) -> list[Verdict]:
    """Those against the coupon in the documented order, then the open ones, then those for it.

    `names`: of the places that may be spoken of, by id.
    """
    unknown = open_verdicts(outcome, names)
    against = [refused(each, names) for each in outcome.reasons if says_more(each, outcome)]
    if outcome.facts is None:
        return against
    fine = [
        Verdict(Stand.FOR, FINE[check])
        for check in CHECKS
        if check not in unknown and check(outcome.facts) is None
    ]
    return [*against, *unknown.values(), *fine]


def says_more(reason: Reason, outcome: Outcome) -> bool:
    """Not what is open, and not twice that the coupon is used: a till gets both numbers."""
    used = any(other.code == ErrorCode.USED for other in outcome.reasons)
    return not is_open(reason, outcome) and not (used and reason.code == ErrorCode.SAME_CUSTOMER)


def is_open(reason: Reason, outcome: Outcome) -> bool:
    """Whether it only says that a till would name the store or the customer."""
    nowhere = outcome.facts is not None and outcome.facts.visit.place is None
    return reason.message == usage_checks.UNKNOWN_CUSTOMER or (
        nowhere and reason.code == ErrorCode.STORE
    )


def open_verdicts(outcome: Outcome, names: Names) -> dict[Check, Verdict]:
    """By check: what depends on something that nobody has told yet."""
    found: dict[Check, Verdict] = {}
    for reason in outcome.reasons:
        if is_open(reason, outcome):
            who = reason.code == ErrorCode.CUSTOMER
            check = usage_checks.customer_is_known if who else visit_checks.store
            found[check] = open_customer() if who else open_store(reason, names)
    if outcome.facts is not None and (bill := open_bill(outcome.facts)):
        found[visit_checks.bill_amount] = bill
    return found


def open_customer() -> Verdict:
    return Verdict(Stand.OPEN, "The customer", "It depends on who uses it")


def open_store(reason: Reason, names: Names) -> Verdict:
    stores = reason.needed
    few = len(stores) <= MOST_IN_A_SENTENCE
    some = " or ".join(said(each, names) for each in stores)
    places = some if few else f"one of {len(stores)} places"
    needed = f"It works at {said(stores, names)}"
    return Verdict(Stand.OPEN, "The store", needed, condition=f"it is used at {places}")


def open_bill(facts: Facts) -> Verdict | None:
    size = bill_sizes(facts.series)
    if facts.visit.bill_amount is not None or not size:
        return None
    return Verdict(Stand.OPEN, "The bill", f"It takes {size}", condition=f"the bill is {size}")


def headline(judged: Sequence[Verdict], *, off: str) -> Headline:
    """`off`: what would be taken off the bill; empty: nobody knows yet."""
    if any(each.stand == Stand.AGAINST for each in judged):
        return Headline(Stand.AGAINST, "No, it would not work.")
    unknown = [each.condition for each in judged if each.stand == Stand.OPEN]
    if "" in unknown:
        return Headline(Stand.OPEN, "Name the customer.")
    if unknown:
        return Headline(Stand.OPEN, f"Yes, if {' and '.join(unknown)}.")
    return Headline(Stand.FOR, f"Yes: {off} off." if off else "Yes, it would work.")


def refused(reason: Reason, names: Names) -> Verdict:
    needed = said(reason.needed, names)
    return Verdict(
        Stand.AGAINST,
        reason.message,
        needed=f"{NEEDED[reason.code]} {needed}" if reason.code in NEEDED and needed else "",
        number=reason.code.number,
        good_from=reason.next_valid_at,
    )
