"""What needs a second person: thresholds as tables."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from batches import approvals
from batches.approvals import Weight
from batches.models import Batch, State
from tests.approvals import begun
from tests.factories import make_series

D = Decimal
OPEN_ENDED = {"discount_type": "PERC", "discount_value": D(20)}


@pytest.mark.parametrize(
    ("most", "most_value", "size", "value", "because"),
    [
        (None, None, 10**9, None, ""),
        (None, None, 10**9, D(10**12), ""),
        (10, None, 10, D(10**12), ""),
        (10, None, 10, None, ""),
        (10, None, 11, None, "11 coupons are more than 10"),
        (0, None, 1, D(0), "1 coupon is more than 0"),
        (0, 0, 0, None, ""),
        (None, D(5000), 10, D(5000), ""),
        (None, D(5000), 1, D("5000.001"), "they are worth up to 5,000.001, more than 5,000"),
        (None, D(5000), 1, None, "what they are worth is unknown: a percentage without a limit"),
        (
            1000,
            D(5000),
            60_000,
            D(600_000),
            "60,000 coupons are more than 1,000, and they are worth up to 600,000, more than 5,000",
        ),
        (1000, D(5000), 999, D(5001), "they are worth up to 5,001, more than 5,000"),
    ],
)
def test_above_a_limit_it_needs_approval(
    settings: Any, most: int | None, most_value: D | None, size: int, value: D | None, because: str
) -> None:
    settings.APPROVAL_SIZE, settings.APPROVAL_VALUE = most, most_value

    assert approvals.why(Weight(size, value)) == because


@pytest.mark.parametrize(
    ("columns", "worth"),
    [
        ({"discount_value": D("12.5")}, D("12.5")),
        ({**OPEN_ENDED, "discount_upto": D(300)}, D(300)),
        (OPEN_ENDED, None),
        ({**OPEN_ENDED, "discount_upto": D(0)}, None),
    ],
)
@pytest.mark.django_db
def test_a_coupon_is_worth_what_it_takes_off_a_bill(
    columns: dict[str, Any], worth: D | None
) -> None:
    assert approvals.worth(make_series(**columns)) == worth


@pytest.mark.parametrize(
    ("all_columns", "count", "size", "value"),
    [
        # 3 customers x 1 coupon x 500
        ([{}], 1, 3, D(1500)),
        # 3 x 2 x (500 + 30)
        ([{}, {"discount_value": D(30)}], 2, 12, D(3180)),
        # one whose worth is unknown is enough
        ([{}, OPEN_ENDED], 1, 6, None),
    ],
)
@pytest.mark.django_db
def test_a_batch_weighs_all_that_it_asks_for(
    now: datetime,
    all_columns: list[dict[str, Any]],
    count: int,
    size: int,
    value: D | None,
) -> None:
    series = [make_series(**columns).pk for columns in all_columns]

    batch = begun(3, now=now, series_ids=series, count=count)

    assert approvals.weight_of_run(batch) == Weight(size, value)


@pytest.mark.django_db
def test_what_may_be_revoked_weighs_what_was_issued_at_its_best(now: datetime) -> None:
    series = [make_series().pk, make_series(discount_value=D(30)).pk]
    batch = begun(3, now=now, series_ids=series)
    assert approvals.weight_of_issued(batch) == Weight(6, D(3000))

    batch.chunks.update(issued=4)
    batch.state = State.DONE

    assert approvals.weight_of_issued(batch) == Weight(4, D(2000))


@pytest.mark.django_db
def test_off_means_that_nothing_is_asked_or_read(
    now: datetime, django_assert_num_queries: Any
) -> None:
    batch = begun(3, now=now)

    assert batch.state == Batch.objects.get().state == State.QUEUED
    with django_assert_num_queries(0):
        assert approvals.why_run(batch) == approvals.why_revoke(batch) == ""
        assert approvals.told(batch) == []


@pytest.mark.parametrize("kind", ["CUSTOMERS", "CODES"])
@pytest.mark.django_db
def test_only_coupons_for_customers_need_approval(settings: Any, now: datetime, kind: str) -> None:
    settings.APPROVAL_SIZE = 0
    batch = Batch(kind=kind, lines=5, total=5, created_at=now)

    assert approvals.why_run(batch) == approvals.why_revoke(batch) == ""
