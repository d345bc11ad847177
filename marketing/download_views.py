"""The coupons of a series as a file, however many: written while they are read."""

import csv
from collections.abc import Iterator
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from batches.lines import FORMULA, MARK
from couponadmin.times import api_time
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
# Without it Excel does not take a CSV file for UTF-8.
BYTE_ORDER_MARK = "\ufeff"


class Line:
    """A file for `csv.writer` that keeps nothing."""

    def write(self, text: str) -> str:
        return text


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
    writer = csv.writer(Line())
    yield BYTE_ORDER_MARK + writer.writerow(HEADER)
    after = 0
    while coupons := lot(series_id, after):
        yield "".join(writer.writerow(row(coupon, now)) for coupon in coupons)
        after = coupons[-1].pk


def lot(series_id: int, after: int) -> list[Coupon]:
    issued = Coupon.objects.issued().filter(series_id=series_id, pk__gt=after)
    return list(issued.select_related("series", "origin").order_by("pk")[:AT_ONCE])


def row(coupon: Coupon, now: datetime) -> list[object]:
    code = f"{MARK}{coupon.code}" if coupon.code.startswith(FORMULA) else coupon.code
    return [
        coupon.pk,
        code,
        coupon.customer_id,
        api_time(coupon.issued_at),
        api_time(valid_until(coupon)) or "",
        coupon.redemption_count,
        state_of(coupon, now=now).label,
    ]
