"""The part of a page that moves while batches are at work."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from couponadmin.numbers import BIGGEST_ID, whole_number
from marketing import running


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("issuance.view_coupon"):
        raise PermissionDenied
    number = whole_number(request.GET.get("series", ""))
    series_id = number if number is not None and number <= BIGGEST_ID else None
    context = running.shown(series_id=series_id, now=timezone.now())
    return render(request, "admin/marketing/batches.html", context)
