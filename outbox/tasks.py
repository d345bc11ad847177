"""What the clock wakes workers for. Whoever comes once too often finds the endpoint locked."""

from time import monotonic

from celery import shared_task
from django.utils import timezone

from outbox import services
from outbox.delivery import deliver
from outbox.models import Endpoint

# Then others have a turn; what is left waits for the next bell.
TURN_SECONDS = 20
# A bell that nobody heard in time is as good as none: the clock rings again.
STALE_SECONDS = 10
MOST_SWEEPS = 20


@shared_task(name="outbox.deliver")
def deliver_all() -> None:
    """A task of its own for each endpoint: a slow one should not keep the others waiting."""
    due = Endpoint.objects.with_work(now=timezone.now()).order_by("pk")
    for endpoint_id in due.values_list("pk", flat=True):
        deliver_to.apply_async([endpoint_id], expires=STALE_SECONDS)


@shared_task(name="outbox.deliver_to")
def deliver_to(endpoint_id: int) -> None:
    """Lot after lot, for a turn."""
    end = monotonic() + TURN_SECONDS
    while deliver(endpoint_id, now=timezone.now()) and monotonic() < end:
        pass


@shared_task(name="outbox.forget")
def forget() -> None:
    """Some of what is old; the rest next time."""
    for _ in range(MOST_SWEEPS):
        if services.forget(now=timezone.now()) < services.MOST_FORGOTTEN:
            break
