"""The figures that marketing looks at, all from kept counters: no coupon is ever counted here.

What is not folded yet (`series.tallies`) is missing; `as_of` says until when they are complete.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Case, DecimalField, F, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils import timezone

from couponadmin.times import local_date
from series.models import ClientHandling, DiscountType, Series, SeriesDay, SeriesQuerySet, Tally

DAYS = 30
TOP = 5
SOON = timedelta(days=14)
MOST_LISTED = 8
# A cap or pool is running low when this part of it is left.
LOW = 10
NOTHING = Value(0, output_field=DecimalField(max_digits=40, decimal_places=3))


class Totals(NamedTuple):
    """Over all series, ever; `outstanding` is the most that open coupons of live series are worth.

    `open_ended` says that some live series give a
    percentage without a limit, whose worth nobody knows.
    """

    issued: int
    redeemed: int
    live: int
    outstanding: Any
    open_ended: bool


class Day(NamedTuple):
    """What happened on a day of the server's zone."""

    day: date
    issued: int
    redeemed: int


def totals(*, today: date) -> Totals:
    live = Series.objects.active(today=today)
    sums = Series.objects.aggregate(issued=Sum("num_issued"), redeemed=Sum("num_redeemed"))
    open_ended = live.filter(discount_type=DiscountType.PERC, discount_upto=None, num_issued__gt=0)
    return Totals(
        issued=sums["issued"] or 0,
        redeemed=sums["redeemed"] or 0,
        live=live.count(),
        outstanding=live.aggregate(worth=Sum(open_worth()))["worth"] or 0,
        open_ended=open_ended.exists(),
    )


def open_worth() -> Any:
    """Unredeemed coupons times the most that each takes off a bill."""
    most = Case(
        When(discount_type=DiscountType.ABS, then=F("discount_value")),
        When(discount_upto__isnull=False, then=F("discount_upto")),
        default=NOTHING,
    )
    return Greatest(F("num_issued") - F("num_redeemed"), 0) * most


def as_of(*, now: datetime) -> datetime:
    """Until when the figures are complete."""
    oldest = Min(Coalesce("told_at", "at"))
    return Tally.objects.aggregate(oldest=oldest)["oldest"] or now


def per_day(*, today: date) -> list[Day]:
    """The last DAYS days, today included, also those on which nothing happened."""
    first = today - timedelta(days=DAYS - 1)
    return every_day(first, today, by_day(SeriesDay.objects.filter(day__gte=first)))


def per_day_of(series: Series, *, today: date) -> list[Day]:
    """Of one series, from its first day on, and with what is not folded yet: its other figures
    have that, too.
    """
    first = today - timedelta(days=DAYS - 1)
    known = by_day(SeriesDay.objects.filter(series=series, day__gte=first))
    zone = timezone.get_default_timezone()
    late = Tally.objects.filter(series=series, at__gte=start_of_day(first))
    known.update(by_day(late.annotate(day=TruncDate("at", tzinfo=zone))))
    begin = min([local_date(series.created_at), *(day for day, kind in known), today])
    return every_day(max(begin, first), today, known)


class Money(NamedTuple):
    """What the coupons of a series took off, and the bills that they were for."""

    discount: Decimal
    sales: Decimal


def money_of(series: Series) -> Money:
    """Ever; with what is not folded yet."""
    sums = {"discount": Sum("discount", default=0), "sales": Sum("sales", default=0)}
    kept = SeriesDay.objects.filter(series=series).aggregate(**sums)
    late = Tally.objects.filter(series=series).aggregate(**sums)
    return Money(*(kept[name] + late[name] for name in sums))


def by_day(rows: QuerySet) -> Counter[tuple[date, str]]:
    """How many were issued and redeemed on each day."""
    sums = rows.order_by().values("day").annotate(i=Sum("issued"), r=Sum("redeemed"))
    found = Counter[tuple[date, str]]()
    for row in sums:
        found[row["day"], "issued"] = row["i"]
        found[row["day"], "redeemed"] = row["r"]
    return found


def every_day(first: date, last: date, known: Counter[tuple[date, str]]) -> list[Day]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [Day(day, known[day, "issued"], known[day, "redeemed"]) for day in days]


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def top_series(*, today: date) -> list[dict[str, Any]]:
    """Those that issued most in the last DAYS days: id, name, issued, redeemed, and `most`, what
    the first of them issued.
    """
    first = today - timedelta(days=DAYS - 1)
    rows = SeriesDay.objects.filter(day__gte=first, day__lte=today).order_by()
    sums = rows.values("series_id", name=F("series__description"))
    top = (
        sums.annotate(issued_sum=Sum("issued"), redeemed_sum=Sum("redeemed"))
        .filter(issued_sum__gt=0)
        .order_by("-issued_sum", "series_id")[:TOP]
    )
    rows = list(top)
    return [row | {"most": rows[0]["issued_sum"]} for row in rows]


def ending_soon(*, today: date) -> list[Series]:
    """With `days_left`."""
    ending = Q(valid_till_date__gte=today, valid_till_date__lte=today + SOON)
    found = Series.objects.filter(ending).order_by("valid_till_date", "id")[:MOST_LISTED]
    for series in found:
        series.days_left = (series.valid_till_date - today).days
    return list(found)


def running_low(*, today: date) -> SeriesQuerySet:
    """Live series with little left of a cap or of uploaded codes: `left` of `whole`.

    A cap of 0 is no cap that runs low: nobody wants coupons of such a series.
    """
    pool = Q(client_handling_type=ClientHandling.DISC_CODE_PIN)
    whole = Case(
        When(pool & Q(max_create=None), then=F("num_uploaded_total")),
        When(pool, then=least("num_uploaded_total", "max_create")),
        default=F("max_create"),
    )
    limited = Q(max_create__gt=0) | pool & Q(max_create=None)
    with_whole = Series.objects.active(today=today).filter(limited)
    low = with_whole.annotate(whole=whole, left=whole - F("num_issued"))
    return low.filter(left__lte=F("whole") / LOW).order_by("left", "id")[:MOST_LISTED]


def least(one: str, other: str) -> Case:
    return Case(When(**{f"{one}__lte": F(other)}, then=F(one)), default=F(other))
