"""The coupons of a series as a file, however many: written while they are read."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from couponadmin.replica import place_to_read
from couponadmin.tables import BYTE_ORDER_MARK, csv_text
from issuance.models import Coupon
from issuance.states import state_of, valid_until
from series.models import Series

AT_ONCE = 2_000
HEADER = [
    "couponId",
    "couponCode",
    "customerId",
    "issuedAt",
    "validTillDateTime",
    "redemptionCount",
    "state",
]


@require_GET
def download(request: HttpRequest, series_id: int) -> StreamingHttpResponse:
    """A CSV file with a line for each issued coupon; who took it is in the series' history."""
    if not request.user.has_perm("issuance.view_coupon"):
        raise PermissionDenied
    series = Series.objects.filter(pk=series_id).first()
    if series is None:
        raise Http404
    sentence = "Coupons downloaded."
    LogEntry.objects.log_actions(request.user.pk, [series], CHANGE, sentence, single_object=True)
    lines = written(series.pk, timezone.now())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="series-{series.pk}-coupons.csv"'
    return response


def written(series_id: int, now: datetime) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_text([HEADER])
    after, place = 0, place_to_read()
    while coupons := lot(series_id, after, place):
        yield csv_text(row(coupon, now) for coupon in coupons)
        after = coupons[-1].pk


def lot(series_id: int, after: int, place: str) -> list[Coupon]:
    issued = Coupon.objects.using(place).issued().of_series(series_id).filter(pk__gt=after)
    return list(issued.select_related("series", "origin").order_by("series_id", "pk")[:AT_ONCE])


def row(coupon: Coupon, now: datetime) -> list[object]:
    return [
        coupon.pk,
        coupon.code,
        coupon.customer_id,
        coupon.issued_at,
        valid_until(coupon),
        coupon.redemption_count,
        state_of(coupon, now=now).label,
    ]
