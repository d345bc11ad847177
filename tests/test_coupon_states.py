"""What state a coupon is in: said of one coupon, and asked of the database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from issuance import states
from issuance.models import Coupon
from issuance.states import State
from tests.coupons import make_coupon, make_origin
from tests.factories import make_series

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 5, 12, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SINGLE: dict[str, Any] = {"valid_till_date": date(2030, 12, 31)}
MANY = SINGLE | {"is_multiple_use_allowed": True}
CAPPED = MANY | {"redemption_per_coupon_max_limit": 2}

TABLE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], State]] = [
    # terms of the series, columns of the coupon, columns of its origin
    (SINGLE, {}, {}, State.USABLE),
    (SINGLE, {"expires_at": None}, {}, State.USABLE),
    (SINGLE, {"redemption_count": 1}, {}, State.USED_UP),
    (MANY, {"redemption_count": 9}, {}, State.USABLE),
    (CAPPED, {"redemption_count": 1}, {}, State.USABLE),
    (CAPPED, {"redemption_count": 2}, {}, State.USED_UP),
    (SINGLE, {"expires_at": NOW - SECOND}, {}, State.EXPIRED),
    # The last second counts to its end.
    (SINGLE, {"expires_at": NOW - SECOND / 2}, {}, State.USABLE),
    (SINGLE, {"expires_at": NOW - SECOND, "redemption_count": 1}, {}, State.USED_UP),
    (SINGLE | {"valid_till_date": date(2030, 5, 11)}, {}, {}, State.EXPIRED),
    (SINGLE | {"valid_till_date": date(2030, 5, 12)}, {}, {}, State.USABLE),
    (SINGLE | {"valid_till_date": None}, {}, {}, State.USABLE),
    (SINGLE, {"revoked_at": NOW}, {}, State.REVOKED),
    (SINGLE, {"revoked_at": NOW, "redemption_count": 1}, {}, State.REVOKED),
    # One row decides about a batch: what was not redeemed is void, what had ended goes on.
    (SINGLE, {}, {"revoked_at": NOW}, State.REVOKED),
    (MANY, {"redemption_count": 1}, {"revoked_at": NOW}, State.USABLE),
    (SINGLE, {}, {"paused_at": NOW}, State.PAUSED),
    (SINGLE, {"expires_at": NOW - SECOND}, {"expires_at": NOW + SECOND}, State.USABLE),
    (SINGLE, {"expires_at": NOW - SECOND}, {"expires_at": NOW - SECOND}, State.EXPIRED),
    (SINGLE, {"expires_at": None}, {"expires_at": NOW - SECOND}, State.USABLE),
]


@pytest.mark.parametrize(("terms", "columns", "origin", "state"), TABLE)
def test_a_coupon_and_the_database_agree(
    terms: dict[str, Any], columns: dict[str, Any], origin: dict[str, Any], state: State
) -> None:
    coupon = make_coupon(
        series=make_series(**terms),
        origin=make_origin(**origin),
        **{"issued_at": NOW, "expires_at": NOW + SECOND} | columns,
    )

    found = [
        other for other in State if Coupon.objects.filter(states.in_state(other, now=NOW)).exists()
    ]
    redeemable = Coupon.objects.filter(states.with_status("REDEEMABLE", now=NOW)).exists()

    assert states.state_of(coupon, now=NOW) == state
    assert found == [state]
    assert redeemable is (state is State.USABLE)


@pytest.mark.parametrize(
    ("terms", "count", "left"),
    [
        ({}, 0, 1),
        ({}, 1, 0),
        ({"redemption_per_coupon_max_limit": 0}, 0, 0),
        ({"redemption_per_coupon_max_limit": 5}, 0, 1),
        (MANY, 7, None),
        (CAPPED, 0, 2),
        (CAPPED, 3, 0),
    ],
)
def test_how_often_it_can_be_redeemed_yet(
    terms: dict[str, Any], count: int, left: int | None
) -> None:
    coupon = make_coupon(series=make_series(**terms), redemption_count=count)

    assert states.redemptions_left(coupon) == left
