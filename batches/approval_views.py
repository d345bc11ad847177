"""The buttons with which what waits for a second person is approved, declined or withdrawn."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from batches import deciding
from batches.approval_models import Approval, Decision, Deed
from batches.approval_pages import APPROVE, ASKING, address
from batches.tasks import ring
from couponadmin.errors import CouponError, ErrorCode

SAID = {
    (Decision.APPROVED, Deed.RUN): "Approved. The batch begins as soon as a worker is free.",
    (Decision.APPROVED, Deed.REVOKE_BATCH): "Approved. The coupons are revoked.",
    (Decision.APPROVED, Deed.REVOKE_SERIES): "Approved. The coupons are being revoked.",
}
NO_REASON = "Say why you decline it, in up to 250 characters."


class DeclineForm(forms.Form):
    reason = forms.CharField(max_length=250)


@require_POST
def decide(request: HttpRequest, approval_id: int, verb: str) -> HttpResponse:
    """One of the buttons; back to the batch or the series."""
    if verb not in DECISIONS:
        raise Http404
    approval = get_object_or_404(Approval, pk=approval_id)
    needed = ASKING[Deed(approval.deed)] if verb == "withdraw" else APPROVE
    if not request.user.has_perm(needed):
        raise PermissionDenied
    try:
        approval = DECISIONS[verb](request, approval_id)
        words = f"{approval.get_decision_display().capitalize()}."
        decision = (Decision(approval.decision), Deed(approval.deed))
        messages.success(request, SAID.get(decision, words))
        ring()
    except CouponError as refusal:
        messages.error(request, refusal.message)
    return redirect(address(approval))


def approve(request: HttpRequest, approval_id: int) -> Approval:
    return deciding.approve(approval_id, user=request.user, now=timezone.now())


def decline(request: HttpRequest, approval_id: int) -> Approval:
    form = DeclineForm(request.POST)
    if not form.is_valid():
        raise CouponError(ErrorCode.INPUT, NO_REASON)
    words: dict[str, Any] = form.cleaned_data
    return deciding.decline(approval_id, user=request.user, now=timezone.now(), **words)


def withdraw(request: HttpRequest, approval_id: int) -> Approval:
    return deciding.withdraw(approval_id, user=request.user, now=timezone.now())


DECISIONS = {"approve": approve, "decline": decline, "withdraw": withdraw}
