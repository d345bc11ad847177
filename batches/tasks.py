"""What workers are woken for. Whoever rings once too often does no harm."""

import logging
from collections.abc import Callable

from celery import Task, shared_task
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from batches import engine, revoking
from batches.progress import beat

logger = logging.getLogger(__name__)
Turn = Callable[..., bool]
TURNS: tuple[Turn, ...] = (engine.turn, revoking.turn)
AWAY = "The database went away; the next bell goes on from here"


@shared_task(name="batches.work", bind=True)
def work(self: Task) -> None:
    """One turn; then whoever waits in the queue has a turn, and this one the next."""
    try:
        beat(self.request.hostname or "worker", now=timezone.now())
        left = [more_left(turn) for turn in TURNS]
        if any(left):
            work.delay()
    except (DatabaseError, InterfaceError):
        logger.exception(AWAY)


def more_left(turn: Turn) -> bool:
    try:
        return turn(clock=timezone.now, seconds=settings.BATCH_TURN_SECONDS)
    except (DatabaseError, InterfaceError):
        logger.exception(AWAY)
        return False


def ring() -> None:
    """Wakes workers once the transaction is stored; without a broker the clock does it, later."""
    transaction.on_commit(ring_now, robust=True)


def ring_now() -> None:
    """One bell for each place; who finds no work, or no place, goes back to sleep."""
    for _ in range(settings.BATCH_WORKERS):
        work.apply_async(retry=False)
