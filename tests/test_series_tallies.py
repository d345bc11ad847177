import contextlib
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from couponadmin.errors import CouponError
from issuance.asks import Ask, Purpose
from issuance.models import Coupon
from issuance.services import issue
from series import tallies
from series.models import Series, SeriesDay, Tally
from series.services import update_series
from series.tallies import fold_tallies
from series.tasks import fold_tallies as task
from tests.factories import make_customer, make_series

NOON = datetime(2026, 5, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def tally(series: Series, at: datetime = NOON, **columns: Any) -> None:
    Tally.objects.create(series=series, at=at, **columns)


def counts(series: Series) -> tuple[int, int]:
    series.refresh_from_db()
    return series.num_issued, series.num_redeemed


def days(series: Series) -> list[tuple[date, int, int]]:
    rows = SeriesDay.objects.filter(series=series).order_by("day")
    return list(rows.values_list("day", "issued", "redeemed"))


@pytest.mark.django_db
def test_it_adds_tallies_to_the_series_and_its_days() -> None:
    series, other = make_series(num_issued=10), make_series()
    tally(series, issued=3)
    tally(series, NOON + 13 * HOUR, issued=4)
    tally(series, NOON + 2 * HOUR, redeemed=2)
    tally(other, issued=1)

    assert fold_tallies() == 4

    assert (counts(series), counts(other)) == ((17, 2), (1, 0))
    assert series.latest_issued_at == NOON + 13 * HOUR
    assert series.latest_redeemed_at == NOON + 2 * HOUR
    assert (other.latest_issued_at, other.latest_redeemed_at) == (NOON, None)
    assert days(series) == [(date(2026, 5, 9), 3, 2), (date(2026, 5, 10), 4, 0)]
    assert days(other) == [(date(2026, 5, 9), 1, 0)]
    assert not Tally.objects.exists()


@pytest.mark.django_db
def test_it_adds_up_money_by_days() -> None:
    series = make_series()
    tally(series, redeemed=2, discount=Decimal("30.5"), sales=Decimal(400))
    tally(series, NOON + HOUR, redeemed=-1, discount=Decimal(-10), sales=Decimal(-100))
    fold_tallies()
    tally(series, NOON + 13 * HOUR, redeemed=1, discount=Decimal(1), sales=Decimal(2))
    tally(series, NOON, redeemed=1, discount=Decimal(1), sales=Decimal(2))
    fold_tallies()

    rows = SeriesDay.objects.filter(series=series).order_by("day")
    assert list(rows.values_list("discount", "sales")) == [
        (Decimal("21.5"), Decimal(302)),
        (Decimal(1), Decimal(2)),
    ]


@pytest.mark.django_db
def test_what_a_cap_counted_goes_to_the_days_only() -> None:
    series = make_series(max_create=10, num_issued=5)
    tally(series, issued=5, counted=True)

    fold_tallies()

    assert counts(series) == (5, 0)
    assert (series.latest_issued_at, days(series)) == (NOON, [(date(2026, 5, 9), 5, 0)])


@pytest.mark.django_db
def test_folding_again_adds_to_what_is_there() -> None:
    series = make_series()
    for at in (NOON, NOON - HOUR):
        tally(series, at, issued=1, redeemed=1)
        fold_tallies()

    assert counts(series) == (2, 2)
    assert (series.latest_issued_at, series.latest_redeemed_at) == (NOON, NOON)
    assert days(series) == [(date(2026, 5, 9), 2, 2)]
    assert fold_tallies() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 5, 9)),
        ("Etc/GMT+12", date(2026, 5, 9)),
        ("Pacific/Kiritimati", date(2026, 5, 10)),
        ("Asia/Kolkata", date(2026, 5, 9)),
    ],
)
def test_a_day_is_the_servers(settings: Settings, zone: str, day: date) -> None:
    settings.TIME_ZONE = zone
    series = make_series()
    tally(series, issued=1)

    fold_tallies()

    assert days(series) == [(day, 1, 0)]


@pytest.mark.django_db
def test_it_folds_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "CHUNK", 2)
    series = make_series()
    for _ in range(5):
        tally(series, issued=1)

    assert fold_tallies() == 5
    assert counts(series) == (5, 0)


@pytest.mark.django_db
def test_folding_is_no_change_of_the_series() -> None:
    series = make_series()
    tally(series, issued=1)

    task()

    version = series.changed_at
    assert counts(series) == (1, 0)
    assert (series.changed_at, series.history.count()) == (version, 1)


@pytest.mark.django_db(transaction=True)
def test_folding_at_once_counts_everything_once(
    at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "CHUNK", 7)
    many = [make_series() for _ in range(3)]
    for _ in range(100):
        for series in many:
            tally(series, issued=2, redeemed=1)

    folded = at_once([fold_tallies] * 8)

    assert sum(folded) == 300
    assert [counts(series) for series in many] == [(200, 100)] * 3
    assert [days(series) for series in many] == [[(date(2026, 5, 9), 200, 100)]] * 3


@pytest.mark.django_db(transaction=True)
def test_a_change_waits_for_a_folding_that_is_under_way(at_once: AtOnce, now: datetime) -> None:
    series = make_series()
    tally(series, issued=5)
    folded = Event()

    def fold_slowly() -> None:
        with transaction.atomic():
            fold_tallies()
            folded.set()
            time.sleep(0.3)

    def cap() -> str:
        folded.wait(timeout=60)
        with pytest.raises(CouponError) as refusal:
            update_series(series.pk, {"max_create": 4}, now=now)
        return refusal.value.message

    messages = at_once([fold_slowly, cap])

    assert messages == [None, "maxCreate: 5 coupons have been issued already."]
    assert (counts(series), series.max_create) == ((5, 0), None)


@pytest.mark.django_db(transaction=True)
def test_counts_stay_exact_while_a_cap_comes_and_goes(at_once: AtOnce, now: datetime) -> None:
    """Issuing, folding and changing at once: every coupon is counted once, and no cap is broken."""
    many = [make_series(is_multiple_vouchers_per_user_allowed=True) for _ in range(2)]
    customers = [make_customer() for _ in range(8)]

    def till(customer_id: int) -> Callable[[], None]:
        asks = [Ask(series.pk, customer_id, wanted=3) for series in many]
        return lambda: [issue(asks, now=now, purpose=Purpose()) for _ in range(10)] and None

    def change() -> None:
        for cap in (100, None, 150, None, 40, 200, None, 230):
            for series in many:
                try_cap(series.pk, cap)

    def try_cap(series_id: int, cap: int | None) -> None:
        # Refused where more were issued already.
        with contextlib.suppress(CouponError):
            update_series(series_id, {"max_create": cap}, now=now)

    def fold() -> None:
        for _ in range(20):
            fold_tallies()

    at_once([*(till(customer.pk) for customer in customers), change, change, fold, fold])
    fold_tallies()

    for series in many:
        made = Coupon.objects.filter(series=series).count()
        assert counts(series) == (made, 0)
        assert sum(row[1] for row in days(series)) == made
        assert series.max_create is None or made <= series.max_create


@pytest.mark.django_db
def test_a_series_that_cannot_be_folded_does_not_hold_up_the_others() -> None:
    full, other = make_series(max_create=1, num_issued=1), make_series()
    tally(full, issued=1)
    tally(other, issued=5)

    fold_tallies()

    assert (counts(full), counts(other)) == ((1, 0), (5, 0))
    assert Tally.objects.get().series == full
