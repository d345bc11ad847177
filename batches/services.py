"""What people do with a batch while it is there. Each change asks for the state that it needs."""

from datetime import datetime

from django.db import transaction

from batches import approvals
from batches.approvals import NOBODY, Asker
from batches.events import tell_end
from batches.models import Batch, BatchQuerySet, Chunk, State
from couponadmin.errors import CouponError, ErrorCode
from issuance.models import Origin

AT_WORK = (State.QUEUED, State.RUNNING)
# Verb -> the states in which it makes sense.
POSSIBLE: dict[str, tuple[State, ...]] = {
    "start": (State.CHECKED,),
    "pause": AT_WORK,
    "resume": (State.PAUSED, State.FAILED),
    "cancel": (*AT_WORK, State.PAUSED, State.FAILED, State.CHECKING, State.CHECKED, State.WAITING),
    "retry": (State.DONE, State.FAILED),
}
# Verbs after which coupons are issued.
ISSUING = ("start", "resume", "retry")
NOT_BEGUN = "Nothing was tried yet: the check before it failed. Resume it."
VOID = "The coupons of this batch are revoked, and those that it would issue, too."
IMPOSSIBLE = "The batch is {}: it is too late, or too early, to {} it."


@transaction.atomic
def start(batch_id: int, *, now: datetime, asker: Asker = NOBODY) -> None:
    """Begins what a dry run has checked, or lets it wait for the approval that it needs."""
    change(batch_id, "start", state=State.QUEUED, served_at=None)
    approvals.hold(Batch.objects.get(pk=batch_id), asker, now=now)


def pause(batch_id: int, *, now: datetime, asker: Asker = NOBODY) -> None:
    """Stops between two chunks, until `resume`."""
    change(batch_id, "pause", state=State.PAUSED)


def resume(batch_id: int, *, now: datetime, asker: Asker = NOBODY) -> None:
    """Goes on with what was paused, or what failed: with the dry run, if that did."""
    goes_on = {"failure": "", "finished_at": None}
    if not failed_check(batch_id).update(state=State.CHECKING, **goes_on):
        change(batch_id, "resume", state=State.QUEUED, **goes_on)


@transaction.atomic
def cancel(batch_id: int, *, now: datetime, asker: Asker = NOBODY) -> None:
    """Ends it between two chunks, for good; what is done stays done."""
    change(batch_id, "cancel", state=State.CANCELLED, finished_at=now)
    approvals.withdraw_run(batch_id, asker, now=now)
    tell_end(batch_id, State.CANCELLED, now=now)


@transaction.atomic
def retry(batch_id: int, *, now: datetime, asker: Asker = NOBODY) -> None:
    """Works once more on the lines of which something was refused, and on those only."""
    if failed_check(batch_id).exists():
        raise CouponError(ErrorCode.INPUT, NOT_BEGUN, status=409)
    change(batch_id, "retry", state=State.QUEUED, failure="", finished_at=None)
    Chunk.objects.filter(batch_id=batch_id, refused__gt=0).update(done_at=None)


DEEDS = {"start": start, "pause": pause, "resume": resume, "cancel": cancel, "retry": retry}


def failed_check(batch_id: int) -> BatchQuerySet:
    """The batch, if it failed in its dry run."""
    return Batch.objects.filter(pk=batch_id, state=State.FAILED, started_at=None)


@transaction.atomic
def change(batch_id: int, verb: str, **columns: object) -> None:
    """Raises 404's DoesNotExist for an unknown batch, and 756 (409) in any other state."""
    # Whoever revokes locks the batch first: what is read behind the same lock is true until the end
    # of the transaction, which a condition on the origin's row in the update would not be.
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if verb in ISSUING and Origin.objects.filter(pk=batch.origin_id, revoked_at__isnull=False):
        raise CouponError(ErrorCode.INPUT, VOID, status=409)
    if batch.state not in POSSIBLE[verb]:
        sentence = IMPOSSIBLE.format(batch.get_state_display(), verb)
        raise CouponError(ErrorCode.INPUT, sentence, status=409)
    Batch.objects.filter(pk=batch_id).update(**columns)
