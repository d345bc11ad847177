"""What a batch's page in the admin shows, and what its buttons and its bar ask the server for."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_GET, require_POST

from batches import approval_pages, approvals, examples, exports, levers, lists, services, wording
from batches.approvals import Asker
from batches.forms import ExtendForm
from batches.models import ACTIVE, WITH_COUPONS, Batch, Download, Kind, State
from batches.next_steps import explained
from batches.permissions import PERMISSIONS
from batches.progress import progress, reasons, why_files_wait
from batches.shapes import batch_object
from batches.tasks import ring
from couponadmin.errors import CouponError, ErrorCode
from series.models import Series

COLORS = {
    State.CHECKING: "info",
    State.CHECKED: "warning",
    State.WAITING: "warning",
    State.QUEUED: "info",
    State.RUNNING: "primary",
    State.PAUSED: "warning",
    State.DONE: "success",
    State.CANCELLED: "default",
    State.FAILED: "danger",
}
# Verb -> the words on its button, its icon, and how it looks.
BUTTONS = {
    "start": ("Start", "play_arrow", "primary"),
    "pause": ("Pause", "pause", "default"),
    "resume": ("Resume", "play_arrow", "primary"),
    "retry": ("Retry what was refused", "refresh", "default"),
    "cancel": ("Cancel", "close", "default"),
}
SHOWN_DOWNLOADS = 20


def page(batch: Batch, user: User, *, now: datetime) -> dict[str, Any]:
    """What the template needs."""
    [shown] = progress([batch], now=now)
    refused = reasons(batch)
    series = Series.objects.filter(pk__in=batch.series_ids)
    has_coupons = batch.kind in WITH_COUPONS and shown.issued > 0
    return {
        "batch": batch,
        "title": str(batch),
        "subtitle": "",
        "shown": shown,
        "color": COLORS[State(batch.state)],
        "is_active": batch.state in ACTIVE,
        "trouble": why_files_wait(now=now) if batch.state in ACTIVE else "",
        "series": series,
        "reasons": [
            reason | {"examples": examples.of_refused(batch, reason["code"])}
            for reason in explained(batch, refused, user)
        ],
        "check": check_of(batch, user),
        # Before its start there is nothing to show of it but what was found.
        "has_bar": batch.state in ACTIVE or batch.started_at is not None,
        "became": wording.BECAME[Kind(batch.kind)][0],
        "took": wording.took(batch),
        "buttons": buttons(batch, user, bool(refused)),
        "lists": lists_of(batch, shown.issued, shown.refused),
        "levers": has_coupons and user.has_perm("issuance.change_coupon"),
        "terms": approval_pages.terms(series),
        "approvals": approval_pages.shown(batch.approvals.all(), user),
        "start_waits": approvals.why_run(batch) if batch.state == State.CHECKED else "",
        "revoke_waits": approvals.why_revoke(batch) if has_coupons else "",
        "extend": ExtendForm(),
        "downloads": batch.downloads.select_related("user", "client")[:SHOWN_DOWNLOADS],
    }


def check_of(batch: Batch, user: User) -> dict[str, Any] | None:
    """What the dry run found, as long as it is not overtaken by what came true."""
    report = batch.check_report
    if batch.state not in (State.CHECKED, State.WAITING) or report is None:
        return None
    counts = Counter({int(code): count for code, count in report["reasons"].items()})
    handled = report["issued"] + report["refused"]
    return report | {
        "reasons": [
            reason | {"examples": examples.of_expected(batch, reason["code"])}
            for reason in explained(batch, dict(counts.most_common()), user)
        ],
        "expected": wording.expected(batch, report),
        "good_share": round(100 * report["issued"] / handled, 2) if handled else 0,
    }


def buttons(batch: Batch, user: User, has_refused: bool) -> list[dict[str, str]]:
    """The steps that make sense now, for those who may."""
    if not user.has_perms(PERMISSIONS[Kind(batch.kind)]):
        return []
    possible = [verb for verb in BUTTONS if batch.state in services.POSSIBLE[verb]]
    shown = [
        dict(zip(("label", "icon", "variant"), BUTTONS[verb], strict=True), verb=verb)
        for verb in possible
        if verb != "retry" or has_refused
    ]
    return [it | {"label": start_label(batch)} if it["verb"] == "start" else it for it in shown]


def start_label(batch: Batch) -> str:
    if approvals.why_run(batch):
        return "Ask for approval"
    return wording.beginning(batch, batch.check_report or {"issued": batch.total})


def lists_of(batch: Batch, issued: int, refused: int) -> list[dict[str, str]]:
    """The lists that have rows."""
    counts = {"refused": refused, "issued": issued} if batch.started_at else {}
    if exports.has_expected(batch):
        counts = {"refused": batch.check_report["refused"]}
    names = {"refused": "Refused", "issued": wording.BECAME[Kind(batch.kind)][1]}
    return [
        {"content": content, "format": format, "label": f"{names[content]} as {format.upper()}"}
        for content, count in counts.items()
        if count
        for format in exports.formats(count)
    ]


def allowed(request: HttpRequest, batch_id: int, permission: str = "") -> Batch:
    """The batch, for somebody who has the permission (or those to begin such a batch)."""
    batch = get_object_or_404(Batch.objects.select_related("origin"), pk=batch_id)
    needed = (permission,) if permission else PERMISSIONS[Kind(batch.kind)]
    if not request.user.has_perms(needed):
        raise PermissionDenied
    return batch


@require_GET
def progress_of(request: HttpRequest, batch_id: int) -> JsonResponse:
    """How far it is: what the bar of the page asks for every second."""
    batch = allowed(request, batch_id, "issuance.view_coupon")
    now = timezone.now()
    [shown] = progress([batch], now=now)
    trouble = why_files_wait(now=now) if batch.state in ACTIVE else ""
    bar = {"told": shown.told, "goodShare": shown.good_share, "refusedShare": shown.refused_share}
    return JsonResponse(batch_object(shown, {}) | bar | {"trouble": trouble})


@require_POST
def steer(request: HttpRequest, batch_id: int, verb: str) -> HttpResponse:
    """One of the buttons."""
    batch = allowed(request, batch_id)
    if verb not in services.DEEDS:
        raise Http404
    try:
        services.DEEDS[verb](batch.pk, now=timezone.now(), asker=Asker(request.user.pk))
        LogEntry.objects.log_actions(request.user.pk, [batch], CHANGE, f"{capfirst(verb)}.")
        ring()
    except CouponError as refusal:
        messages.error(request, refusal.message)
    return redirect("admin:batches_batch_change", batch.pk)


@require_POST
def pull(request: HttpRequest, batch_id: int, lever: str) -> HttpResponse:
    """One of the levers for all coupons of the batch."""
    batch = allowed(request, batch_id, "issuance.change_coupon")
    try:
        if waits := pull_lever(request, batch, lever):
            messages.warning(request, waits)
        else:
            words = f"{capfirst(lever)} all coupons."
            LogEntry.objects.log_actions(request.user.pk, [batch], CHANGE, words)
    except CouponError as refusal:
        messages.error(request, refusal.message)
    return redirect("admin:batches_batch_change", batch.pk)


def pull_lever(request: HttpRequest, batch: Batch, lever: str) -> str:
    """What the lever has to wait for; empty: it is done."""
    now = timezone.now()
    if lever in levers.LEVERS:
        return levers.LEVERS[lever](batch, now=now, asker=Asker(request.user.pk))
    if lever != "extend":
        raise Http404
    form = ExtendForm(request.POST)
    if not form.is_valid():
        raise CouponError(ErrorCode.INPUT, "Give a date and a time.")
    if in_vain := levers.extend_coupons(batch, until=form.cleaned_data["until"], now=now):
        messages.warning(request, in_vain)
    return ""


def begin_download(request: HttpRequest, batch: Batch, content: str, format: str) -> Download:
    now = timezone.now()
    if content == "refused" and exports.has_expected(batch):
        return exports.begin_expected(batch, format, now=now, user=request.user)
    return exports.begin(batch, content, format, now=now, user=request.user)


@require_GET
def download(request: HttpRequest, batch_id: int, content: str, format: str) -> HttpResponse:
    """A list as a file; who took it is recorded."""
    batch = allowed(request, batch_id, "issuance.view_coupon")
    if content not in lists.PAGES or format not in exports.WRITERS:
        raise Http404
    try:
        record = begin_download(request, batch, content, format)
    except CouponError as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:batches_batch_change", batch.pk)
    words = f"{capfirst(content)} downloaded as {format.upper()}."
    LogEntry.objects.log_actions(request.user.pk, [batch], CHANGE, words, single_object=True)
    return exports.response(record)
