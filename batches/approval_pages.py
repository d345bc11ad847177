"""What pages show of approvals, and to whom they give the buttons."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.utils.formats import date_format

from batches.approval_models import Approval, ApprovalQuerySet, Decision, Deed
from couponadmin.addresses import page_of
from series.models import Series
from series.readers import number
from series.worth import benefit

APPROVE = "batches.approve"
MOST_SHOWN = 2
MOST_ON_HOME = 8
MOST_TERMS = 5
CHECKED = (
    "{:,} were asked for. When it was checked, {:,} would have been issued and {:,} refused; what "
    "is refused can be mended until it begins."
)
UNKNOWN_WORTH = "worth nobody knows how much: a percentage without a limit"
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
        "wish": WISHES[Deed(approval.deed)].format(expected(approval)),
        "checked": checked(approval),
        "worth": worth(approval),
        "asker": approval.asked_by or approval.asked_by_client or "the system",
        "url": address(approval),
        "own": waits and own,
        "may_decide": waits and not own and user.has_perm(APPROVE),
        "may_withdraw": waits and user.has_perm(ASKING[Deed(approval.deed)]),
    }


def report_of(approval: Approval) -> dict[str, Any] | None:
    """What the dry run of the batch found that is to be begun, if it had one."""
    return approval.batch.check_report if approval.deed == Deed.RUN else None


def expected(approval: Approval) -> int:
    """How many coupons it is about, as far as anybody knows."""
    report = report_of(approval)
    return report["issued"] if report else approval.size


def checked(approval: Approval) -> str:
    """That more was asked for than would be issued: what is approved may still become that."""
    report = report_of(approval)
    if not report or report["issued"] == approval.size:
        return ""
    return CHECKED.format(approval.size, report["issued"], report["refused"])


def worth(approval: Approval) -> str:
    if approval.value is None:
        return UNKNOWN_WORTH
    return f"worth at most {number(approval.value):,}"


def terms(series: Sequence[Series]) -> list[tuple[str, str]]:
    """What coupons of the series of a batch are worth, and until when: a name and the terms."""
    return [(str(one), f"{benefit(one)}, {ending(one)}") for one in series[:MOST_TERMS]]


def ending(series: Series) -> str:
    end = series.valid_till_date
    return f"until {date_format(end, 'j M Y')} at the latest" if end else "without an end"


def address(approval: Approval) -> str:
    """Where the batch or the series is, and the buttons."""
    if approval.batch_id:
        return page_of("admin:batches_batch_change", approval.batch_id)
    return page_of("series_overview", approval.series_id)
