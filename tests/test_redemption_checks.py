"""The checks of redeeming as a table: what is known of a coupon, and why it cannot be redeemed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from couponadmin.errors import ErrorCode
from redemption.asks import Card, Facts, Past, Place, Reason, Visit
from redemption.checks import CHECKS, reasons_why_not
from series.models import Series

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)  # a Tuesday
REPEATED = {"is_multiple_use_allowed": True, "same_user_multiple_redeem": True}
MINE, SOMEBODYS = 7, 8
REGISTERED = datetime(2026, 1, 1, tzinfo=UTC)
TILL = Place((("TILL", 1), ("STORE", 2), ("ZONE", 3), ("CONCEPT", 4)), ZoneInfo("Asia/Kolkata"))


def days(count: float) -> timedelta:
    return timedelta(days=count)


def place(kind: str, pk: int) -> dict[str, Any]:
    return {"redemptionOrgEntityType": kind, "orgEntityId": pk}


def facts(terms: dict[str, Any], **known: Any) -> Facts:
    """`known`: members of Card, Visit, Past or Facts, whichever has them."""
    card: dict[str, Any] = {
        "id": 1,
        "code": "A",
        "customer_id": MINE,
        "issued_at": NOW - days(1),
        "expires_at": None,
        "redemption_count": 0,
        "revoked_at": None,
    }
    visit: dict[str, Any] = {
        "at": NOW,
        "registered_at": REGISTERED,
        "bill_amount": Decimal(100),
    }
    who = known.pop("who", MINE)
    past = Past(**{name: known.pop(name) for name in Past.__slots__ if name in known})
    room = known.pop("room", None)
    card |= {name: known.pop(name) for name in Card._fields if name in known}
    return Facts(
        Series(created_at=NOW - days(9), **terms),
        Card(**card),
        Visit(**visit | known, customer_id=who),
        past,
        room,
    )


def found(terms: dict[str, Any], known: dict[str, Any]) -> list[Reason]:
    return reasons_why_not(facts(terms, **known))


@pytest.mark.parametrize(
    ("terms", "known", "expected"),
    [
        ({}, {}, []),
        # revoked
        ({}, {"revoked_at": NOW}, [660]),
        # anyUser
        ({}, {"who": SOMEBODYS}, [703]),
        ({"any_user": True}, {"who": SOMEBODYS}, []),
        ({}, {"who": None}, [701]),
        ({"any_user": True}, {"who": None}, []),
        ({"any_user": True, "valid_max_user_transaction_limit": 1}, {"who": None}, [701, 710]),
        ({"any_user": True, "valid_user_registration_end_time": 5}, {"who": None}, [701, 710]),
        # the coupon's end: its last second, all of it, still counts
        ({}, {"expires_at": NOW}, []),
        ({}, {"expires_at": NOW - timedelta(milliseconds=999)}, []),
        ({}, {"expires_at": NOW - timedelta(seconds=1)}, [713]),
        ({}, {"expires_at": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)}, []),
        # validTillDate: the last day still counts
        ({"valid_till_date": NOW.date()}, {}, []),
        ({"valid_till_date": NOW.date() - days(1)}, {}, [712]),
        # isMultipleUseAllowed
        ({}, {"redemption_count": 1}, [711]),
        ({}, {"held": 1}, [711]),
        ({"is_multiple_use_allowed": True}, {"redemption_count": 9, "held": 9}, []),
        # sameUserMultipleRedeem
        ({"is_multiple_use_allowed": True}, {"redemption_count": 1, "by_customer": 1}, [747]),
        (REPEATED, {"redemption_count": 1, "by_customer": 1}, []),
        # maxRedemptionsInSeriesPerUser
        ({"max_redemptions_in_series_per_user": 2}, {"in_series": 1}, []),
        ({"max_redemptions_in_series_per_user": 2}, {"in_series": 2}, [736]),
        ({"max_redemptions_in_series_per_user": 2}, {"in_series": 3}, [736]),
        ({"max_redemptions_in_series_per_user": 0}, {}, [736]),
        # redemptionPerCouponMaxLimit: 1 redeemed + 1 on hold of 3
        (
            REPEATED | {"redemption_per_coupon_max_limit": 3},
            {"redemption_count": 1, "held": 1},
            [],
        ),
        (
            REPEATED | {"redemption_per_coupon_max_limit": 2},
            {"redemption_count": 1, "held": 1},
            [728],
        ),
        (REPEATED | {"redemption_per_coupon_max_limit": 2}, {"redemption_count": 3}, [728]),
        # maxRedeem
        ({"max_redeem": 9}, {"room": 1}, []),
        ({"max_redeem": 9}, {"room": 0}, [728]),
        ({"max_redeem": 9}, {"room": -1}, [728]),
        # a batch that was paused
        ({}, {"paused_at": NOW}, [739]),
        # issued on 11 May at 12:00; a slow clock is seen to before the checks
        ({}, {"at": NOW - days(1)}, []),
        ({}, {"at": NOW - days(1), "issued_at": NOW - days(1) + timedelta(microseconds=1)}, [739]),
        ({}, {"at": NOW - days(1) - timedelta(seconds=1)}, [739]),
        ({}, {"at": NOW - days(1), "expires_at": NOW - days(0.5)}, []),
        ({}, {"at": NOW - days(9), "expires_at": NOW - days(0.5)}, [739]),
        ({}, {"at": NOW - days(99), "issued_at": None}, []),
        # redemptionValidFrom
        ({"redemption_valid_from": NOW.date()}, {}, []),
        ({"redemption_valid_from": NOW.date() + days(1)}, {}, [739]),
        # redemptionValidAfterDays: issued on 11 May, so from 11 May + n on
        ({"redemption_valid_after_days": 1}, {}, []),
        ({"redemption_valid_after_days": 2}, {}, [739]),
        # a code for everybody counts from its series: 3 May + 9 = 12 May
        ({"redemption_valid_after_days": 9, "any_user": True}, {"issued_at": None}, []),
        ({"redemption_valid_after_days": 10, "any_user": True}, {"issued_at": None}, [739]),
        # redemptionRange: Tuesday 12 May, 12:00 in the server's zone, 17:30 in the store's
        ({"redemption_range": {"dom": [12], "dow": [2], "hours": [12]}}, {}, []),
        ({"redemption_range": {"dom": [], "dow": [], "hours": [17]}}, {"place": TILL}, []),
        ({"redemption_range": {"dom": [], "dow": [], "hours": [12]}}, {"place": TILL}, [729]),
        ({"redemption_range": {"dom": [11, 13], "dow": [], "hours": []}}, {}, [729]),
        ({"redemption_range": {"dom": [12], "dow": [1, 3], "hours": []}}, {}, [729]),
        # minBillAmount, maxBillAmount: both ends count
        ({"min_bill_amount": 100, "max_bill_amount": 100}, {}, []),
        ({"min_bill_amount": 101}, {}, [733]),
        ({"max_bill_amount": 99}, {}, [733]),
        ({"min_bill_amount": 101}, {"bill_amount": None}, []),
        # redemptionOrgEntityDetails
        ({"redemption_org_entity_details": [place("STORE", 2)]}, {"place": TILL}, []),
        ({"redemption_org_entity_details": [place("STORE", 9), place("ZONE", 3)]}, {}, [735]),
        (
            {"redemption_org_entity_details": [place("STORE", 9), place("ZONE", 3)]},
            {"place": TILL},
            [],
        ),
        ({"redemption_org_entity_details": [place("TILL", 2)]}, {"place": TILL}, [735]),
        # minDaysBetweenRedemption: last on 10 May
        ({"min_days_between_redemption": 2}, {"last_in_series": NOW - days(2)}, []),
        ({"min_days_between_redemption": 3}, {"last_in_series": NOW - days(2)}, [738]),
        ({"min_days_between_redemption": 3}, {}, []),
        # ... or the next one on 14 May, if a till told of that first
        ({"min_days_between_redemption": 2}, {"next_in_series": NOW + days(2)}, []),
        ({"min_days_between_redemption": 3}, {"next_in_series": NOW + days(2)}, [738]),
        ({}, {"next_in_series": NOW + days(2), "last_in_series": NOW}, []),
        # targetUserDetails: milliseconds; small numbers are seconds; 0 and -1 are no limit
        ({"valid_user_registration_start_time": 0}, {}, []),
        ({"valid_user_registration_end_time": -1}, {}, []),
        ({"valid_user_registration_end_time": 10000}, {}, [710]),
        ({"valid_user_registration_start_time": int(REGISTERED.timestamp() * 1000)}, {}, []),
        ({"valid_user_registration_start_time": int(REGISTERED.timestamp()) + 1}, {}, [710]),
        ({"valid_user_registration_end_time": int(REGISTERED.timestamp() * 1000)}, {}, []),
        ({"valid_user_registration_end_time": int(REGISTERED.timestamp()) - 1}, {}, [710]),
        ({"valid_user_registration_start_time": 2**63 - 1}, {}, [710]),
        ({"valid_user_registration_end_time": 2**63 - 1}, {}, []),
        ({"valid_max_user_transaction_limit": -1}, {}, []),
        ({"valid_max_user_transaction_limit": 2}, {"transactions": 1}, [710]),
        ({"valid_max_user_transaction_limit": 2}, {"transactions": 2}, []),
    ],
)
def test_it_gives_the_documented_number(
    terms: dict[str, Any], known: dict[str, Any], expected: list[int]
) -> None:
    assert [reason.code.number for reason in found(terms, known)] == expected


def test_it_gives_all_reasons_in_the_documented_order() -> None:
    terms = {
        "valid_till_date": date(2026, 5, 1),
        "max_redemptions_in_series_per_user": 1,
        "max_redeem": 5,
        "redemption_valid_from": date(2026, 6, 1),
        "redemption_range": {"dom": [1], "dow": [], "hours": []},
        "min_bill_amount": 500,
        "redemption_org_entity_details": [place("STORE", 9)],
        "min_days_between_redemption": 9,
        "valid_max_user_transaction_limit": 3,
    }
    known = {
        "revoked_at": NOW,
        "who": SOMEBODYS,
        "expires_at": NOW - days(1),
        "redemption_count": 1,
        "by_customer": 1,
        "in_series": 1,
        "last_in_series": NOW,
        "room": 0,
    }

    numbers = [reason.code.number for reason in found(terms, known)]

    documented = [660, 703, 713, 712, 711, 747, 736, 728, 739, 729, 733, 735, 738, 710]
    assert numbers == documented


@pytest.mark.parametrize(
    ("terms", "known", "next_valid_at"),
    [
        ({"redemption_valid_from": date(2026, 6, 1)}, {}, datetime(2026, 6, 1, tzinfo=UTC)),
        ({"redemption_valid_after_days": 3}, {}, datetime(2026, 5, 14, tzinfo=UTC)),
        (
            {"min_days_between_redemption": 3},
            {"last_in_series": NOW},
            datetime(2026, 5, 15, tzinfo=UTC),
        ),
        (
            {"min_days_between_redemption": 3},
            {"last_in_series": NOW, "next_in_series": NOW + days(1)},
            datetime(2026, 5, 16, tzinfo=UTC),
        ),
        ({}, {"at": NOW - days(2)}, NOW - days(1)),
        (
            {"redemption_range": {"dom": [], "dow": [], "hours": [9]}},
            {"place": TILL},
            # 9:00 of the next day in India
            datetime(2026, 5, 13, 3, 30, tzinfo=UTC),
        ),
        ({}, {"held": 1, "held_until": NOW + days(1)}, NOW + days(1)),
        ({"redemption_per_coupon_max_limit": 1} | REPEATED, {"redemption_count": 1}, None),
        (
            {"redemption_per_coupon_max_limit": 1} | REPEATED,
            {"held": 1, "held_until": NOW + days(1)},
            NOW + days(1),
        ),
    ],
)
def test_it_says_from_when_on_it_would_work(
    terms: dict[str, Any], known: dict[str, Any], next_valid_at: datetime | None
) -> None:
    [reason] = found(terms, known)

    assert reason.next_valid_at == next_valid_at


def test_it_says_what_is_needed_and_what_was_found() -> None:
    [reason] = found({"max_redemptions_in_series_per_user": 2}, {"in_series": 3})

    assert (reason.needed, reason.found) == (2, 3)
    assert reason.message == ErrorCode.CUSTOMER_CAP.sentence


def test_every_check_says_in_its_docstring_which_number_it_gives() -> None:
    assert all(check.__doc__ and "->" in check.__doc__ for check in CHECKS)
