"""Batches as home and the page of a series show them: newest first, with bars."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.http import urlencode

from batches.models import ACTIVE, Batch, State
from batches.permissions import PERMISSIONS
from batches.progress import Progress, progress
from couponadmin.addresses import page_of

MOST_BATCHES = 8
# A check of long ago waits for nobody any more.
LOOKED_AT = 200
NOTHING_RUNS = (
    "Nothing is running. Send many coupons at once by uploading a file of customers from a "
    "series' page."
)
NONE_YET = "No file was sent for this series yet. Send many coupons at once with a file."


def shown(*, series_id: int | None, now: datetime) -> dict[str, Any]:
    """Those at work, or the latest of a series; and where to ask again while some are at work."""
    if series_id is None:
        batches = Batch.objects.active()[:MOST_BATCHES]
    else:
        batches = Batch.objects.filter(series_ids__contains=[series_id])[:MOST_BATCHES]
    found = progress(batches, now=now)
    return {
        "batches": [{"progress": each, "url": address(each)} for each in found],
        "no_batches": NOTHING_RUNS if series_id is None else NONE_YET,
        "running_url": again(series_id) if any(map(is_active, found)) else "",
    }


def checked(user: User) -> list[dict[str, Any]]:
    """Those that were checked and wait for this person to start them, of the newest ones."""
    kinds = [kind for kind, needed in PERMISSIONS.items() if user.has_perms(needed)]
    newest = Batch.objects.order_by("-id").values("pk")[:LOOKED_AT]
    waiting = Batch.objects.filter(pk__in=newest, state=State.CHECKED, kind__in=kinds)
    return [
        {"batch": batch, "url": page_of("admin:batches_batch_change", batch.pk)}
        for batch in waiting.order_by("-id")[:MOST_BATCHES]
    ]


def is_active(one: Progress) -> bool:
    return one.batch.state in ACTIVE


def address(one: Progress) -> str:
    return page_of("admin:batches_batch_change", one.batch.pk)


def again(series_id: int | None) -> str:
    query = "" if series_id is None else f"?{urlencode({'series': series_id})}"
    return reverse("running_batches") + query
