"""Migrations that count again what is stored, and the way back from them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import F
from pytest_django import Settings

from couponadmin.models import Guesser
from customers.models import Customer
from issuance.changes import revoke_codes
from redemption.models import Redemption
from redemption.services import reverse
from series.models import Series, SeriesDay
from series.tallies import fold_tallies
from tests.coupons import make_coupon, make_free_code
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
# Past midnight in the server's zone below.
LATE = datetime(2026, 5, 9, 20, tzinfo=UTC)
DAY = date(2026, 5, 10)


@pytest.fixture(autouse=True)
def _zone(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"


def migrate(app: str, *name: str) -> None:
    call_command("migrate", app, *name, verbosity=0)


@pytest.fixture
def series() -> Series:
    return make_series()


@pytest.fixture
def customer() -> Customer:
    return make_customer()


def redemption(series: Series, customer: Customer, **columns: object) -> Redemption:
    """As it was stored before days had amounts: its row and counts."""
    values = {"redeemed_at": LATE, "bill_amount": Decimal(200), "discount": Decimal("20.5")}
    coupon = make_coupon(series=series, customer=customer, redemption_count=1)
    Series.objects.filter(pk=series.pk).update(num_redeemed=F("num_redeemed") + 1)
    SeriesDay.objects.get_or_create(series=series, day=DAY, defaults={"redeemed": 9})
    return Redemption.objects.create(
        coupon=coupon, series=series, customer=customer, **values | columns
    )


def sums(series: Series) -> dict[date, tuple[Decimal, Decimal]]:
    fold_tallies()
    rows = SeriesDay.objects.filter(series=series).values_list("day", "discount", "sales")
    return {day: (discount, sales) for day, discount, sales in rows}


def test_days_get_the_amounts_of_what_was_redeemed_before_they_had_any(
    series: Series, customer: Customer
) -> None:
    redemption(series, customer)
    redemption(series, customer)
    redemption(series, customer, redeemed_at=LATE - timedelta(days=9), told_at=LATE)
    redemption(series, customer, reversed_at=LATE)
    redemption(series, customer, redeemed_at=LATE + timedelta(days=1))

    migrate("redemption", "0006")
    migrate("redemption")

    twenty = Decimal("20.5")
    assert sums(series) == {DAY: (3 * twenty, 600), date(2026, 5, 11): (twenty, 200)}
    assert SeriesDay.objects.get(day=DAY).redeemed == 9


def test_amounts_that_are_there_already_are_not_added_again(
    series: Series, customer: Customer, now: datetime
) -> None:
    given_back = redemption(series, customer)
    redemption(series, customer)
    reverse([given_back.pk], reason="", now=now)

    for _ in range(2):
        migrate("redemption", "0006")
        migrate("redemption")
    fold_tallies()
    migrate("redemption", "0006")
    migrate("redemption")

    assert sums(series) == {DAY: (Decimal("20.5"), 200)}


def test_giving_back_what_was_redeemed_before_leaves_nothing_below_zero(
    series: Series, customer: Customer, now: datetime
) -> None:
    old = redemption(series, customer)
    migrate("redemption", "0006")
    migrate("redemption")

    reverse([old.pk], reason="", now=now)

    assert sums(series) == {DAY: (0, 0)}


def test_guessing_through_several_doors_does_not_stand_in_the_way_back(now: datetime) -> None:
    for through in (0, 1):
        Guesser.objects.create(
            kind="CLIENT", subject_id=1, through=through, window=1, misses=1, last_miss_at=now
        )

    migrate("couponadmin", "0007")
    migrate("couponadmin")

    assert not Guesser.objects.exists()


def test_free_codes_that_were_revoked_are_taken_off_once(now: datetime) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", num_uploaded_total=3)
    for code in ("A", "B", "C"):
        make_free_code(series, code)
    revoke_codes(["A", "B"], now=now)

    migrate("issuance", "0005")
    series.refresh_from_db()
    before = series.num_uploaded_total
    migrate("issuance")

    series.refresh_from_db()
    assert (before, series.num_uploaded_total) == (3, 1)
