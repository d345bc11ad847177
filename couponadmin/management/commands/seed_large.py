"""`manage.py seed_large`: as many coupons and customers as wanted, in minutes, to measure with.

As if some series had been issued by file over the last year: of each file the coupons, its
batch, what was redeemed of it and what the counters say of it are stored in one transaction, so
the counters are right whenever this is stopped.
"""

import secrets
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from batches.models import Batch, Kind, State
from couponadmin.management import large_sql
from couponadmin.times import local_date
from customers.models import Customer
from issuance import codes, ledger
from issuance.asks import Purpose
from issuance.models import Coupon
from series.expiry import expires_at
from series.models import ClientHandling, DiscountType, ExpiryStrategy, Series
from series.services import create_series
from series.tallies import fold_tallies

# Each series is issued every tenth day for so long, on other days than its neighbours.
ISSUES, DAYS_BETWEEN = 40, 10
BEFORE_ALL = timedelta(days=ISSUES * DAYS_BETWEEN + 260)
# Of series with uploaded codes the newest wait for a customer.
FREE_ISSUES = 4
CUSTOMERS_AT_ONCE = 50_000
NOT_EMPTY = "This database has coupons or customers already; with --force it gets these, too."
NOT_ALONE = "Somebody else stores customers; this needs ids without gaps. Please start again."

TWENTY = {"discount_type": DiscountType.PERC, "discount_value": Decimal(20)}
DAYS = ExpiryStrategy.DAYS
# What makes series differ; the tenth of ten, with uploaded codes, has all of the free ones.
KINDS: tuple[dict[str, Any], ...] = (
    {},
    TWENTY | {"discount_upto": Decimal(300)},
    {"expiry_strategy_type": DAYS, "expiry_strategy_value": 30},
    {"expiry_strategy_type": ExpiryStrategy.MONTHS_END, "expiry_strategy_value": 2},
    {"max_create": 1_000_000_000, "max_redeem": 1_000_000_000},
    {"min_bill_amount": Decimal(100), "is_multiple_use_allowed": True},
    {"valid_days": -200},
    TWENTY | {"expiry_strategy_type": DAYS, "expiry_strategy_value": 90},
    {"client_handling_type": ClientHandling.GENERIC},
    {"client_handling_type": ClientHandling.DISC_CODE_PIN},
)


class File(NamedTuple):
    """`count` codes of a series on one day; `turn` customers had their turn in it before."""

    series: Series
    day: datetime
    count: int
    turn: int
    is_free: bool


class Command(BaseCommand):
    help = "Fills an empty database with many customers and coupons, for measurements."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--coupons", type=positive, default=10_000)
        parser.add_argument("--customers", type=positive, default=1_000)
        parser.add_argument("--series", type=positive, default=50)
        parser.add_argument("--force", action="store_true", help="also beside other data")

    def handle(
        self, *, coupons: int, customers: int, series: int, force: bool, **options: Any
    ) -> None:
        if not force and (Coupon.objects.exists() or Customer.objects.exists()):
            raise CommandError(NOT_EMPTY)
        now, started = timezone.now(), monotonic()
        known = self.make_customers(customers, now)
        made = [make_series(number, now) for number in range(series)]
        stored = 0
        by_day = sorted(files(made, coupons, now=now), key=lambda file: file.day)
        for number, file in enumerate(by_day, 1):
            store(file, known, now=now)
            stored += file.count
            if number % series == 0:
                fold_tallies()
                self.stdout.write(f"{stored:,} coupons in {monotonic() - started:.0f} s")
                self.stdout.flush()
        finish(made)

    def make_customers(self, count: int, now: datetime) -> range:
        """Their ids."""
        registered = now - BEFORE_ALL
        with transaction.atomic(), connection.cursor() as cursor:
            bounds: list[int] = []
            for done in range(0, count, CUSTOMERS_AT_ONCE):
                part = min(CUSTOMERS_AT_ONCE, count - done)
                cursor.execute(large_sql.CUSTOMERS, {"count": part, "registered": registered})
                bounds += cursor.fetchone()
        ids = range(min(bounds), max(bounds) + 1)
        if len(ids) != count:
            raise CommandError(NOT_ALONE)
        self.stdout.write(f"{count:,} customers")
        return ids


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError("a whole number from 1 is needed")
    return int(text)


def make_series(number: int, now: datetime) -> Series:
    """The series of that number, made before its first coupon."""
    terms = dict(KINDS[number % len(KINDS)])
    last_day = local_date(now) + timedelta(days=terms.pop("valid_days", 365))
    if terms.get("client_handling_type") == ClientHandling.GENERIC:
        terms["generic_code"] = f"ALL-{secrets.token_hex(6).upper()}"
    else:
        terms["is_multiple_vouchers_per_user_allowed"] = True
    common = {
        "description": f"Large series {number}",
        "discount_type": DiscountType.ABS,
        "discount_value": Decimal(100),
        "valid_till_date": last_day,
    }
    return create_series(common | terms, now=now - BEFORE_ALL)


def files(series: list[Series], coupons: int, *, now: datetime) -> Iterator[File]:
    """All coupons, in as many files as there are days and series."""
    zone = timezone.get_default_timezone()
    today, whole = local_date(now), ISSUES * len(series)
    # Each series begins with other customers, so that all have about as many coupons.
    turns = [place * coupons // len(series) for place in range(len(series))]
    for number in range(whole):
        issue, place = divmod(number, len(series))
        ago = (ISSUES - issue) * DAYS_BETWEEN - place % DAYS_BETWEEN
        one = series[place]
        last_day = min(today, one.valid_till_date)
        noon = datetime.combine(last_day - timedelta(days=ago), time(12), zone)
        count = (number + 1) * coupons // whole - number * coupons // whole
        uploaded = one.client_handling_type == ClientHandling.DISC_CODE_PIN
        is_free = uploaded and issue >= ISSUES - FREE_ISSUES
        yield File(one, noon, count, turns[place], is_free)
        turns[place] += count


@transaction.atomic
def store(file: File, customers: range, *, now: datetime) -> None:
    """The coupons of a file and all that belongs to them."""
    if not file.count:
        return
    shared = file.series.client_handling_type == ClientHandling.GENERIC
    made = [file.series.generic_code] * file.count if shared else generated(file)
    values = {"series": file.series.pk, "codes": "\n".join(made)}
    if not file.is_free:
        batch = make_batch(file)
        end = expires_at(file.series, file.day)
        values |= {
            "first": customers[0],
            "customers": len(customers),
            "turn": file.turn,
            "noon": file.day,
            "expires": end,
            "last": min(end or now, now),
            "origin": batch.origin_id,
            "batch": batch.pk,
            "shared": shared,
            "zone": settings.TIME_ZONE,
        }
    with connection.cursor() as cursor:
        statement = large_sql.FREE if file.is_free else large_sql.COUPONS
        cursor.execute(statement, values)


def generated(file: File) -> list[str]:
    """Sorted: they are stored faster."""
    return sorted(codes.generate(file.series, file.count))


def make_batch(file: File) -> Batch:
    """A finished batch of one column, whose lines are counted when they are stored."""
    day = file.day + timedelta(hours=8)
    batch = Batch.objects.create(
        kind=Kind.ISSUE,
        state=State.DONE,
        series_ids=[file.series.pk],
        file_name=f"series-{file.series.pk}-{day:%Y-%m-%d}.csv",
        columns=["mobile"],
        mapping={"mobile": 0},
        created_at=file.day,
        started_at=file.day,
        finished_at=day,
    )
    purpose = Purpose(source="seed_large", batch_key=str(batch.pk))
    Batch.objects.filter(pk=batch.pk).update(origin=(origin := ledger.store_origin(purpose)))
    batch.origin_id = origin
    return batch


def finish(series: list[Series]) -> None:
    """Fold what is tallied, count what was uploaded, and tell the planner what there is now."""
    fold_tallies()
    with connection.cursor() as cursor:
        cursor.execute(large_sql.UPLOADED, [[one.pk for one in series]])
        cursor.execute("VACUUM ANALYZE")
