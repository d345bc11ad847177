"""What workers do for this app."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from couponadmin import guessing
from couponadmin.models import AccessToken, IdempotencyKey


@shared_task(name="couponadmin.forget_old_answers")
def forget_old_answers() -> None:
    """Deletes answers that are no longer replayed, and tokens that are over."""
    now = timezone.now()
    forgotten = now - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    IdempotencyKey.objects.filter(created_at__lte=forgotten).delete()
    AccessToken.objects.filter(expires_at__lte=now).delete()


@shared_task(name="couponadmin.forget_guessing")
def forget_guessing() -> None:
    """Deletes old counts of failed look-ups."""
    guessing.forget(now=timezone.now())
