"""`manage.py seed_large`: what it makes is what a year of use would have left."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Model, Q, Sum
from django.utils import timezone

from batches.models import Batch
from batches.progress import progress
from couponadmin.times import local_date
from customers.models import Customer
from issuance.models import Coupon
from issuance.states import State, in_state
from redemption.models import Redemption
from series.expiry import expires_at
from series.models import ClientHandling, Series, SeriesDay, Tally
from tests.factories import make_customer

COUPONS, CUSTOMERS, SERIES = 800, 100, 10


def seed(*options: str) -> str:
    said = StringIO()
    sizes = f"--coupons={COUPONS}", f"--customers={CUSTOMERS}", f"--series={SERIES}"
    call_command("seed_large", *sizes, *options, stdout=said)
    return said.getvalue()


@pytest.fixture(scope="module")
def said(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """What it said when it filled the database: once, since it takes seconds."""
    # It tells the database to look at its tables anew, which no transaction may.
    with django_db_blocker.unblock():
        yield seed()
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def _filled(said: str, db: None) -> None:
    """The filled database, for tests that only read."""


filled = pytest.mark.usefixtures("_filled")


def counts(model: type[Model], column: str, wanted: Q) -> dict[int, int]:
    rows = model._default_manager.filter(wanted).order_by().values_list(column)
    return dict(rows.annotate(Count("pk")))


@filled
def test_all_counters_are_what_a_recount_gives() -> None:
    issued = counts(Coupon, "series_id", Q(issued_at__isnull=False))
    redeemed = counts(Redemption, "series_id", Q(reversed_at=None))
    days = SeriesDay.objects.order_by().values_list("series_id")
    series = Series.objects.all()
    assert not Tally.objects.exists()
    assert dict(series.values_list("pk", "num_issued")) == issued
    assert dict(series.values_list("pk", "num_redeemed")) == redeemed
    assert dict(days.annotate(Sum("issued"))) == issued
    assert dict(days.annotate(Sum("redeemed"))) == redeemed
    assert Counter(Redemption.objects.values_list("coupon_id", flat=True)) == Counter(
        Coupon.objects.filter(redemption_count=1).values_list("pk", flat=True)
    )


@filled
def test_all_days_are_what_a_recount_gives() -> None:
    issued: Counter[date] = Counter()
    for at in Coupon.objects.issued().values_list("issued_at", flat=True):
        issued[local_date(at)] += 1
    redeemed: Counter[date] = Counter()
    for at in Redemption.objects.values_list("redeemed_at", flat=True):
        redeemed[local_date(at)] += 1
    rows = SeriesDay.objects.order_by().values_list("day").annotate(Sum("issued"), Sum("redeemed"))
    assert {day: count for day, count, _ in rows if count} == issued
    assert {day: count for day, _, count in rows if count} == redeemed


@filled
def test_coupons_end_as_their_series_says_and_lie_in_the_past() -> None:
    now = timezone.now()

    for coupon in Coupon.objects.issued().select_related("series"):
        assert coupon.expires_at == expires_at(coupon.series, coupon.issued_at)
        assert coupon.issued_at < now
    for one in Redemption.objects.select_related("coupon"):
        assert one.coupon.issued_at <= one.redeemed_at <= now
        assert one.redeemed_at <= one.coupon.expires_at
        assert one.customer_id == one.coupon.customer_id


@filled
def test_there_is_some_of_everything() -> None:
    now = timezone.now()

    uploaded = Series.objects.get(client_handling_type=ClientHandling.DISC_CODE_PIN)
    of_it = Coupon.objects.filter(series=uploaded)
    for state in (State.REVOKED, State.USED_UP, State.EXPIRED, State.USABLE):
        assert Coupon.objects.issued().filter(in_state(state, now=now)).exists()
    assert Coupon.objects.filter(shared=True).exists()
    assert of_it.filter(customer=None).count() == 8
    assert uploaded.num_uploaded_total == of_it.count() == COUPONS // SERIES
    assert Customer.objects.count() == CUSTOMERS
    assert Coupon.objects.values("customer").distinct().count() == CUSTOMERS + 1


@filled
def test_each_file_is_a_batch_that_is_done() -> None:
    told = progress(Batch.objects.all(), now=timezone.now())
    assert {one.percent for one in told} == {100}
    assert sum(one.issued for one in told) == Coupon.objects.issued().count()
    assert {one.batch.lines for one in told} == {2}


def test_it_tells_how_far_it_is(said: str) -> None:
    lines = said.splitlines()

    assert lines[0] == f"{CUSTOMERS} customers"
    assert lines[-1].startswith(f"{COUPONS:,} coupons in ")


@pytest.mark.django_db(transaction=True)
def test_where_there_are_customers_it_refuses_unless_told() -> None:
    make_customer()
    customers, series = Customer.objects.count(), Series.objects.count()

    with pytest.raises(CommandError, match="--force"):
        seed()

    assert (Customer.objects.count(), Series.objects.count()) == (customers, series)
    seed("--force")
    assert Customer.objects.count() == customers + CUSTOMERS


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_it_takes_whole_numbers_from_one(number: str) -> None:
    with pytest.raises(CommandError, match="a whole number from 1"):
        call_command("seed_large", f"--coupons={number}")
