"""How batches get done: whoever comes takes the next undone chunk, does it, and marks it.

All three happen in one transaction, so a worker that is killed leaves nothing half done, and
workers that come twice, or four at a time, end in the same totals.
"""

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce

from batches import checking, holders, issuing, marking, people, pool
from batches.events import tell_end
from batches.lines import Line, Outcome, Refused, lines_to_do
from batches.models import ACTIVE, Batch, BatchQuerySet, Chunk, Kind, State
from couponadmin.logs import about_batch

logger = logging.getLogger(__name__)

Work = Callable[[Batch, Sequence[Line], datetime], list[Outcome]]
WORK: dict[str, Work] = {
    Kind.ISSUE: issuing.work,
    Kind.CUSTOMERS: people.work,
    Kind.CODES: pool.work,
    Kind.HOLDERS: holders.work,
}

TAKE_A_PLACE = "SELECT pg_try_advisory_lock(hashtext('batches at work'), %s)"
LEAVE_IT = "SELECT pg_advisory_unlock(hashtext('batches at work'), %s)"

# A chunk is lost whole or kept whole, and done again when it is lost, so its commit need not wait
# for the disk; the commit that calls the batch done does. The timeouts are the lease of a worker
# that hangs: its transaction, and with it the claim, ends.
TERMS = """
SELECT set_config('synchronous_commit', 'off', true), set_config('statement_timeout', %s, true),
       set_config('idle_in_transaction_session_timeout', %s, true)
"""

AGAIN = {"40001", "40P01"}
# Shut down, crashed, not yet up, or broken off: the next turn goes on where this one was.
AWAY = {None, "57P01", "57P02", "57P03", "25P03"}
UNEXPECTED = "Something went wrong on our side: {}. The log of the worker says more."
BROKEN = 500
BROKEN_SENTENCE = "This line could not be worked on: {}"


def turn(*, clock: Callable[[], datetime], seconds: float) -> bool:
    """Works for about `seconds`, the batch first that waited longest; whether more is left to do.

    Does nothing where `BATCH_WORKERS` others are at work.
    """
    with place() as found, without_collector():
        return found and work_until(clock() + timedelta(seconds=seconds), clock)


@contextmanager
def without_collector() -> Iterator[None]:
    """A chunk makes tens of thousands of objects and lets go of all of them, none in a circle:
    to look for circles among them would take as long as all the rest of Python's part."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def place() -> Iterator[bool]:
    """One of the places for workers, if there is a free one; a dying connection gives it back."""
    with connection.cursor() as cursor:
        for number in range(settings.BATCH_WORKERS):
            cursor.execute(TAKE_A_PLACE, [number])
            if cursor.fetchone()[0]:
                break
        else:
            yield False
            return
    try:
        yield True
    finally:
        with suppress(InterfaceError, OperationalError), connection.cursor() as cursor:
            cursor.execute(LEAVE_IT, [number])


def work_until(end: datetime, clock: Callable[[], datetime]) -> bool:
    # What a newer version brought is left to its workers.
    known = Batch.objects.active().filter(kind__in=list(WORK))
    for batch in known.select_related("origin"):
        serve(batch, now=clock())
        with about_batch(batch.pk):
            while run_chunk(batch, now=clock()):
                if clock() >= end:
                    return True
        finish(batch.pk, now=clock())
    checking.forget_given_up()
    return False


def serve(batch: Batch, *, now: datetime) -> None:
    """Notes that it is this batch's turn."""
    row = Batch.objects.filter(pk=batch.pk, state=batch.state)
    if batch.state == State.QUEUED:
        batch.state = State.RUNNING
        row.update(state=batch.state, served_at=now, started_at=Coalesce(F("started_at"), now))
    else:
        row.update(served_at=now)


def run_chunk(batch: Batch, *, now: datetime) -> bool:
    """Does the next undone chunk that nobody else is doing; False if there is none, or no sense.

    What stands in the way of all chunks, such as a full disk, fails the batch. Raises when the
    database is away.
    """
    try:
        with transaction.atomic():
            return do_next(batch, now)
    except OperationalError as error:
        number = getattr(error.__cause__, "sqlstate", None)
        if number in AWAY:
            raise
        if number in AGAIN:
            return True
        return give_up(batch, str(error), now)
    except (InterfaceError, MemoryError):
        raise
    except Exception as error:
        # Lines are tried one by one where they break; this is a fault of ours around them.
        return give_up(batch, UNEXPECTED.format(type(error).__name__), now)


def give_up(batch: Batch, reason: str, now: datetime) -> bool:
    logger.exception("Batch %s cannot go on", batch.pk)
    fail(batch.pk, reason=reason, now=now)
    return False


def do_next(batch: Batch, now: datetime) -> bool:
    limit = f"{settings.BATCH_LEASE_SECONDS}s"
    with connection.cursor() as cursor:
        cursor.execute(TERMS, [limit, limit])
    chunk = claim(batch)
    if chunk is None:
        return False
    lines = lines_to_do(batch, chunk)
    if batch.state == State.CHECKING:
        marking.mark_checked(chunk, checking.check(batch, lines, now), now=now)
    else:
        outcomes = attempt(WORK[batch.kind], batch, lines, now)
        marking.mark_done(chunk, lines, outcomes, now=now)
    return True


def claim(batch: Batch) -> Chunk | None:
    """The next undone chunk, locked; those that others have locked are passed over.

    None, too, when the batch is not any more in the state that it had when it was read.
    """
    left = Chunk.objects.left(batch.state).filter(batch_id=batch.pk, batch__state=batch.state)
    return left.order_by("first").select_for_update(skip_locked=True, of=["self"]).first()


def attempt(work: Work, batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    """One outcome per line. Where the lines fail together, they are tried in halves.

    So a line that breaks everything is found, refused and left behind.
    """
    try:
        with transaction.atomic():
            return work(batch, lines, now)
    except (OperationalError, InterfaceError, MemoryError):
        # No line is to blame.
        raise
    except Exception as error:
        if not lines:
            raise
        if len(lines) == 1:
            logger.exception("Batch %s, line %s", batch.pk, lines[0].number)
            return [broken(lines[0], error)]
    half = len(lines) // 2
    return attempt(work, batch, lines[:half], now) + attempt(work, batch, lines[half:], now)


def broken(line: Line, error: Exception) -> Outcome:
    sentence = BROKEN_SENTENCE.format(type(error).__name__)
    return Outcome([], [Refused(BROKEN, sentence, *reversed(wish)) for wish in line.wishes])


@transaction.atomic
def finish(batch_id: int, *, now: datetime) -> None:
    """Calls the batch done, or checked, unless somebody is still at one of its chunks."""
    if ready(batch_id, State.RUNNING).update(state=State.DONE, finished_at=now):
        tell_end(batch_id, State.DONE, now=now)
    for batch in ready(batch_id, State.CHECKING):
        checking.conclude(batch)


def ready(batch_id: int, state: State) -> BatchQuerySet:
    """The batch, if it is in this state and nothing is left of it."""
    left = Chunk.objects.left(state).filter(batch=OuterRef("pk"))
    return Batch.objects.filter(~Exists(left), pk=batch_id, state=state)


@transaction.atomic
def fail(batch_id: int, *, reason: str, now: datetime) -> None:
    """Stops the batch, with the reason; what is done stays done, and the rest can be resumed."""
    active = Batch.objects.filter(pk=batch_id, state__in=ACTIVE)
    if active.update(state=State.FAILED, failure=reason.strip()[:500], finished_at=now):
        tell_end(batch_id, State.FAILED, now=now)
