"""What pages show of approvals, and to whom they give the buttons."""

from typing import Any

from django.contrib.auth.models import User

from batches.approval_models import Approval, ApprovalQuerySet, Decision, Deed
from couponadmin.addresses import page_of

APPROVE = "batches.approve"
MOST_SHOWN = 2
MOST_ON_HOME = 8
# What somebody needs to be allowed to take a wish back.
ASKING = {
    Deed.RUN: "issuance.add_coupon",
    Deed.REVOKE_BATCH: "issuance.change_coupon",
    Deed.REVOKE_SERIES: "issuance.change_coupon",
}
WISHES = {
    Deed.RUN: "Issue {:,} coupons",
    Deed.REVOKE_BATCH: "Revoke {:,} coupons at most",
    Deed.REVOKE_SERIES: "Revoke {:,} coupons at most",
}


def shown(approvals: ApprovalQuerySet, user: User) -> list[dict[str, Any]]:
    """The latest, the newest first."""
    return [shape(each, user) for each in approvals.with_names()[:MOST_SHOWN]]


def waiting_for(user: User) -> list[dict[str, Any]]:
    """What this person may decide, who has waited longest first."""
    if not user.has_perm(APPROVE):
        return []
    waiting = Approval.objects.waiting().not_of(user.pk).with_names().order_by("id")
    return [shape(each, user) for each in waiting[:MOST_ON_HOME]]


def shape(approval: Approval, user: User) -> dict[str, Any]:
    waits = approval.decision == Decision.WAITING
    own = approval.is_of(user.pk)
    return {
        "it": approval,
        "wish": WISHES[Deed(approval.deed)].format(approval.size),
        "asker": approval.asked_by or approval.asked_by_client or "the system",
        "url": address(approval),
        "own": waits and own,
        "may_decide": waits and not own and user.has_perm(APPROVE),
        "may_withdraw": waits and user.has_perm(ASKING[Deed(approval.deed)]),
    }


def address(approval: Approval) -> str:
    """Where the batch or the series is, and the buttons."""
    if approval.batch_id:
        return page_of("admin:batches_batch_change", approval.batch_id)
    return page_of("series_overview", approval.series_id)
