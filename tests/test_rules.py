"""The rules of issuing as a table: what is known, what is granted, and what is said about it."""

from datetime import date, timedelta
from typing import Any

import pytest

from couponadmin.errors import ErrorCode
from issuance.asks import Facts
from issuance.rules import RULES, grant
from series.models import Series

TODAY = date(2026, 5, 12)
MANY = {"is_multiple_vouchers_per_user_allowed": True}
GENERIC = {"client_handling_type": "GENERIC", "generic_code": "DECATH10"}


def facts(terms: dict[str, Any], **known: Any) -> Facts:
    defaults = {"held": 0, "last_issued_on": None, "excluded": False, "series_left": None}
    return Facts(series=Series(**terms), today=TODAY, **defaults | known)


@pytest.mark.parametrize(
    ("terms", "known", "wanted", "granted", "code"),
    [
        # No limit at all
        (MANY, {}, 500, 500, None),
        (MANY, {"held": 7}, 3, 3, None),
        # validTillDate: the last day still counts
        (MANY | {"valid_till_date": TODAY}, {}, 2, 2, None),
        (MANY | {"valid_till_date": TODAY - timedelta(1)}, {}, 2, 0, ErrorCode.SERIES_OVER),
        # One per customer, whatever the max says
        ({}, {}, 1, 1, None),
        ({}, {}, 2, 1, ErrorCode.ONLY_ONE),
        ({"max_vouchers_per_user": 5}, {}, 3, 1, ErrorCode.ONLY_ONE),
        ({}, {"held": 1}, 1, 0, ErrorCode.HELD),
        ({"max_vouchers_per_user": 5}, {"held": 1}, 2, 0, ErrorCode.HELD),
        # GENERIC: one per customer even where many are allowed
        (GENERIC | MANY, {}, 1, 1, None),
        (GENERIC | MANY, {}, 2, 1, ErrorCode.ONLY_ONE),
        (GENERIC | MANY, {"held": 1}, 1, 0, ErrorCode.HELD),
        # maxVouchersPerUser: 3 - 2 held = 1 left
        (MANY | {"max_vouchers_per_user": 3}, {"held": 2}, 1, 1, None),
        (MANY | {"max_vouchers_per_user": 3}, {"held": 2}, 2, 1, ErrorCode.MAX_PER_USER),
        (MANY | {"max_vouchers_per_user": 3}, {"held": 3}, 1, 0, ErrorCode.MAX_PER_USER),
        (MANY | {"max_vouchers_per_user": 3}, {"held": 9}, 1, 0, ErrorCode.MAX_PER_USER),
        # minDaysBetweenVouchers: one per call; the next on 10 May + 2 = 12 May
        (MANY | {"min_days_between_vouchers": 2}, {}, 1, 1, None),
        (MANY | {"min_days_between_vouchers": 2}, {}, 2, 1, ErrorCode.HELD),
        (
            MANY | {"min_days_between_vouchers": 2},
            {"held": 1, "last_issued_on": date(2026, 5, 10)},
            1,
            1,
            None,
        ),
        (
            MANY | {"min_days_between_vouchers": 2},
            {"held": 1, "last_issued_on": date(2026, 5, 11)},
            1,
            0,
            ErrorCode.HELD,
        ),
        # mutualExclusiveSeriesIds
        (MANY, {"excluded": True}, 1, 0, ErrorCode.HELD),
        # maxCreate
        (MANY, {"series_left": 2}, 2, 2, None),
        (MANY, {"series_left": 2}, 3, 2, ErrorCode.MAX_CREATE),
        (MANY, {"series_left": 0}, 1, 0, ErrorCode.MAX_CREATE),
        # Several at once: the strictest decides
        (MANY | {"max_vouchers_per_user": 3}, {"series_left": 2}, 5, 2, ErrorCode.MAX_CREATE),
        (MANY | {"max_vouchers_per_user": 2}, {"series_left": 3}, 5, 2, ErrorCode.MAX_PER_USER),
        # Equally strict: 713 before 709 before 5002 before 5001, 5004 before 709
        (
            MANY | {"max_vouchers_per_user": 1, "valid_till_date": date(2026, 1, 1)},
            {"held": 1, "excluded": True, "series_left": 0},
            1,
            0,
            ErrorCode.SERIES_OVER,
        ),
        (
            MANY | {"max_vouchers_per_user": 1},
            {"held": 1, "excluded": True, "series_left": 0},
            1,
            0,
            ErrorCode.HELD,
        ),
        (
            MANY | {"max_vouchers_per_user": 1},
            {"held": 1, "series_left": 0},
            1,
            0,
            ErrorCode.MAX_PER_USER,
        ),
        ({"min_days_between_vouchers": 2}, {}, 2, 1, ErrorCode.ONLY_ONE),
        (GENERIC, {}, 2, 1, ErrorCode.ONLY_ONE),
    ],
)
def test_it_grants_what_the_strictest_rule_leaves(
    terms: dict[str, Any], known: dict[str, Any], wanted: int, granted: int, code: ErrorCode | None
) -> None:
    count, limit = grant(facts(terms, **known), wanted)

    assert (count, limit and limit.code) == (granted, code)


def test_it_names_the_next_date_when_it_is_too_soon() -> None:
    known = {"held": 1, "last_issued_on": date(2026, 5, 11)}

    _, limit = grant(facts(MANY | {"min_days_between_vouchers": 23}, **known), 1)

    assert limit.message.endswith("2026-06-03")  # 11 May + 23 days


def test_it_says_the_documented_sentence_for_a_generic_series() -> None:
    _, limit = grant(facts(GENERIC | MANY), 2)

    assert limit.message == "Cannot issue more than one GENERIC coupon code."


def test_every_rule_says_in_its_docstring_which_number_it_gives() -> None:
    assert all(rule.__doc__ and "->" in rule.__doc__ for rule in RULES)
