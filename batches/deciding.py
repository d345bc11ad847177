"""What becomes of what waits for a second person: approved, declined, or withdrawn.

Each locks the batch first, as starting and cancelling do, then the approval. So of two who decide
at once one is first and the other is told, and whoever is killed leaves it waiting.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from batches import approvals, levers
from batches.approval_models import Approval, Decision, Deed
from batches.approvals import Weight, log
from batches.events import tell_end
from batches.models import Batch, State
from couponadmin.errors import CouponError, ErrorCode
from series.readers import number

UNKNOWN = "There is nothing to decide under this number"
DECIDED = "This was {} already, by {}"
OWN = "You asked for this yourself, so somebody else has to decide"
CANCELLED = "The batch is {}: there is nothing to approve any more"
HEAVIER = (
    "Since this was asked for it has become more: {} now, {} then. Decline it, and let it be asked "
    "for again."
)
LOGGED = "{}: {}. {}."


@transaction.atomic
def approve(approval_id: int, *, user: User, now: datetime) -> Approval:
    """Lets it be done. Raises 756 (409) where that makes no sense, or `user` asked for it."""
    approval = undecided(approval_id)
    refuse_own(approval, user)
    CARRY_OUT[Deed(approval.deed)](approval, now)
    return decided(approval, Decision.APPROVED, user, now)


@transaction.atomic
def decline(approval_id: int, *, user: User, reason: str, now: datetime) -> Approval:
    """Ends it, for that reason; a batch is cancelled. Raises as `approve` does."""
    approval = undecided(approval_id)
    refuse_own(approval, user)
    approval.reason = reason
    cancel_batch(approval, f"Declined by {user}: {reason}", now)
    return decided(approval, Decision.DECLINED, user, now)


@transaction.atomic
def withdraw(approval_id: int, *, user: User, now: datetime) -> Approval:
    """Ends it without a decision; a batch is cancelled. Raises 756 (409) if it is decided."""
    approval = undecided(approval_id)
    cancel_batch(approval, "", now)
    return decided(approval, Decision.WITHDRAWN, user, now)


def undecided(approval_id: int) -> Approval:
    """The approval, locked, while it waits."""
    batches = Batch.objects.filter(approvals=approval_id)
    list(batches.select_for_update(of=["self"], no_key=True))
    rows = Approval.objects.select_for_update(of=["self"]).with_names()
    approval = rows.filter(pk=approval_id).first()
    if approval is None:
        raise CouponError(ErrorCode.INPUT, UNKNOWN, status=404)
    if approval.decision != Decision.WAITING:
        who = approval.decided_by or "an API client"
        words = DECIDED.format(approval.get_decision_display(), who)
        raise CouponError(ErrorCode.INPUT, words, status=409)
    return approval


def refuse_own(approval: Approval, user: User) -> None:
    if approval.is_of(user.pk):
        raise CouponError(ErrorCode.INPUT, OWN, status=409)


def run(approval: Approval, now: datetime) -> None:
    refuse_heavier(approval, approvals.weight_of_run(approval.batch))
    waiting = Batch.objects.filter(pk=approval.batch_id, state=State.WAITING)
    if not waiting.update(state=State.QUEUED, served_at=None):
        state = Batch.objects.get(pk=approval.batch_id).get_state_display()
        raise CouponError(ErrorCode.INPUT, CANCELLED.format(state), status=409)


def revoke_batch(approval: Approval, now: datetime) -> None:
    refuse_heavier(approval, approvals.weight_of_issued(approval.batch))
    levers.revoke_now(approval.batch, now=now)


def by_workers(approval: Approval, now: datetime) -> None:
    """Carried out afterwards, by `batches.revoking`."""


CARRY_OUT: dict[Deed, Callable[[Approval, datetime], None]] = {
    Deed.RUN: run,
    Deed.REVOKE_BATCH: revoke_batch,
    Deed.REVOKE_SERIES: by_workers,
}


def refuse_heavier(approval: Approval, weight: Weight) -> None:
    """Whoever approves has read figures; what a series is worth may have been changed since."""
    asked, found = approval.value, weight.value
    # From a figure to none, or the other way round: nobody can say that it has not become more.
    dearer = asked != found if asked is None or found is None else found > asked
    if weight.size > approval.size or dearer:
        then = Weight(approval.size, approval.value)
        words = HEAVIER.format(in_words(weight), in_words(then))
        raise CouponError(ErrorCode.INPUT, words, status=409)


def in_words(weight: Weight) -> str:
    worth = "an unknown amount" if weight.value is None else f"up to {number(weight.value):,}"
    return f"{weight.size:,} coupons worth {worth}"


def cancel_batch(approval: Approval, failure: str, now: datetime) -> None:
    waiting = Batch.objects.filter(pk=approval.batch_id, state=State.WAITING)
    cancelled = {"state": State.CANCELLED, "finished_at": now, "failure": failure[:500]}
    if approval.deed == Deed.RUN and waiting.update(**cancelled):
        tell_end(approval.batch_id, State.CANCELLED, now=now)


def decided(approval: Approval, decision: Decision, user: User, now: datetime) -> Approval:
    approval.decision, approval.decided_by, approval.decided_at = decision, user, now
    left_to_do = decision == Decision.APPROVED and approval.deed == Deed.REVOKE_SERIES
    approval.closed_at = None if left_to_do else now
    approval.save()
    log(user.pk, approval.batch or approval.series, logged(approval))
    return approval


def logged(approval: Approval) -> str:
    decision = approval.get_decision_display().capitalize()
    words = LOGGED.format(decision, approval.get_deed_display(), approval.because.capitalize())
    return f"{words} Why: {approval.reason}" if approval.reason else words
