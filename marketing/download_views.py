"""The coupons of a series as a file, however many: written while they are read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from batches.exports import CONTENT_TYPES, as_xlsx, formats
from couponadmin.replica import place_to_read
from couponadmin.tables import BYTE_ORDER_MARK, csv_text
from couponadmin.times import api_time
from customers.columns import PERMISSION
from issuance.models import Coupon
from issuance.states import state_of, valid_until
from redemption.models import Redemption
from series.models import Series
from series.readers import issued

AT_ONCE = 2_000
TOO_LONG = "These are more coupons than a spreadsheet file may have here. Take them as CSV."
Row = list[object]


class Line(NamedTuple):
    """What a line of the file is written from."""

    coupon: Coupon
    redeemed_at: datetime | None
    now: datetime


Column = tuple[str, Callable[[Line], object]]
CODE: list[Column] = [
    ("Code", lambda line: line.coupon.code),
    ("State", lambda line: state_of(line.coupon, now=line.now).label),
    ("Customer id", lambda line: line.coupon.customer_id),
]
PERSON: list[Column] = [
    ("First name", lambda line: line.coupon.customer.first_name),
    ("Last name", lambda line: line.coupon.customer.last_name),
    ("Mobile", lambda line: line.coupon.customer.mobile),
    ("E-mail", lambda line: line.coupon.customer.email),
    ("External id", lambda line: line.coupon.customer.external_id),
]
LIFE: list[Column] = [
    ("Issued", lambda line: line.coupon.issued_at),
    ("Valid until", lambda line: valid_until(line.coupon)),
    ("Times redeemed", lambda line: line.coupon.redemption_count),
    ("Last redeemed", lambda line: line.redeemed_at),
    ("Coupon id", lambda line: line.coupon.pk),
]


@require_GET
def download(request: HttpRequest, series_id: int) -> HttpResponse | StreamingHttpResponse:
    """A line for each issued coupon, as CSV or as a book; who took it is in the series' history."""
    if not request.user.has_perm("issuance.view_coupon"):
        raise PermissionDenied
    series = Series.objects.with_counts().filter(pk=series_id).first()
    if series is None:
        raise Http404
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    if kind not in formats(issued(series)):
        messages.error(request, TOO_LONG)
        return redirect("series_overview", series.pk)
    with_people = request.user.has_perm(PERMISSION)
    note(request, series, with_people)
    columns = [*CODE, *(PERSON if with_people else []), *LIFE]
    blocks = WRITERS[kind](rows(series.pk, columns, timezone.now()))
    response = StreamingHttpResponse(blocks, content_type=CONTENT_TYPES[kind])
    name = f"series-{series.pk}-coupons.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def note(request: HttpRequest, series: Series, with_people: bool) -> None:
    people = ", with names and addresses of customers" if with_people else ""
    sentence = f"Coupons downloaded{people}."
    LogEntry.objects.log_actions(request.user.pk, [series], CHANGE, sentence, single_object=True)


def rows(series_id: int, columns: list[Column], now: datetime) -> Iterator[list[Row]]:
    """The header, and then lot by lot: memory does not grow with the file."""
    yield [[name for name, _ in columns]]
    after, place = 0, place_to_read()
    while coupons := lot(series_id, after, place):
        redeemed = last_redeemed(coupons, place)
        lines = (Line(coupon, redeemed.get(coupon.pk), now) for coupon in coupons)
        yield [[value(line) for _, value in columns] for line in lines]
        after = coupons[-1].pk


def lot(series_id: int, after: int, place: str) -> list[Coupon]:
    issued = Coupon.objects.using(place).issued().of_series(series_id).filter(pk__gt=after)
    related = issued.select_related("series", "origin", "customer")
    return list(related.order_by("series_id", "pk")[:AT_ONCE])


def last_redeemed(coupons: list[Coupon], place: str) -> dict[int, Any]:
    used = [coupon.pk for coupon in coupons if coupon.redemption_count]
    counting = Redemption.objects.using(place).filter(coupon__in=used, reversed_at=None)
    return dict(counting.order_by().values_list("coupon").annotate(at=Max("redeemed_at")))


def written_csv(lots: Iterable[list[Row]]) -> Iterator[bytes]:
    mark = BYTE_ORDER_MARK
    for some in lots:
        yield (mark + csv_text(some)).encode()
        mark = ""


def written_xlsx(lots: Iterable[list[Row]]) -> Iterator[bytes]:
    return as_xlsx([as_text(value) for value in row] for some in lots for row in some)


def as_text(value: object) -> str:
    if isinstance(value, datetime):
        return api_time(value) or ""
    return "" if value is None else str(value)


WRITERS = {"csv": written_csv, "xlsx": written_xlsx}
