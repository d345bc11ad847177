"""What runs in the background."""

from celery import shared_task
from django.utils import timezone

from redemption import ledger, refusals


@shared_task(name="redemption.tidy_up")
def tidy_up() -> None:
    """Forgets old refusals, and closes holds that have ended."""
    now = timezone.now()
    refusals.forget(now=now)
    ledger.release_expired(now=now)
