"""Who wants to hear what happens to coupons, and what there is to tell them.

An event is stored by the transaction that makes it true, a row for each endpoint that wants its
kind. Rows not delivered are the queue: nothing else remembers what is still to be sent.
"""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q

MOST_IN_A_LOT = 100


class Kind(models.TextChoices):
    ISSUED = "coupon.issued", "coupon issued"
    REDEEMED = "coupon.redeemed", "coupon redeemed"
    REVERSED = "coupon.reversed", "redemption reversed"
    REVOKED = "coupon.revoked", "coupon revoked"
    BATCH_FINISHED = "batch.finished", "batch finished"
    BATCH_REVOKED = "batch.revoked", "unused coupons of a batch revoked"
    PING = "ping", "test"


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def due(self, *, now: datetime) -> "EndpointQuerySet":
        """Those that may be sent something now."""
        may_retry = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
        return self.filter(may_retry, is_active=True, paused_at__isnull=True)

    def with_work(self, *, now: datetime) -> "EndpointQuerySet":
        """Those of them for which something waits."""
        waiting = Event.objects.due(now=now).filter(endpoint=OuterRef("pk"))
        return self.due(now=now).filter(Exists(waiting))


class Endpoint(models.Model):
    """A receiver: an address that events of some kinds are posted to, signed with its secret.

    The secret is derived from SECRET_KEY and `salt`, so it is stored nowhere (outbox.signing).
    `is_active` is the admin's switch: without it nothing is kept for the endpoint. `paused_at` is
    set by the system when nothing has arrived for a day: events are kept until it is resumed.
    """

    name = models.CharField(max_length=100)
    url = models.CharField("address", max_length=500)
    kinds = ArrayField(models.CharField(max_length=20, choices=Kind))
    is_active = models.BooleanField("active", default=True)
    salt = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(editable=False)
    rotated_at = models.DateTimeField("secret made", editable=False)

    # How deliveries go; `failures` are in a row, since `failing_since`.
    lot_size = models.PositiveSmallIntegerField(default=MOST_IN_A_LOT, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    retry_at = models.DateTimeField("next try", null=True, editable=False)
    last_error = models.CharField(max_length=200, blank=True, editable=False)
    last_delivered_at = models.DateTimeField("last delivery", null=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class EventQuerySet(models.QuerySet["Event"]):
    def waiting(self) -> "EventQuerySet":
        return self.filter(delivered_at__isnull=True, parked_at__isnull=True)

    def parked(self) -> "EventQuerySet":
        return self.filter(parked_at__isnull=False)

    def delivered(self) -> "EventQuerySet":
        return self.filter(delivered_at__isnull=False)

    def due(self, *, now: datetime) -> "EventQuerySet":
        return self.waiting().filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now))


class Event(models.Model):
    """Something to tell an endpoint, and whether it was told.

    `attempts` counts those in which it was sent alone and was not taken; `parked_at` says that
    no further one is made. The endpoint has no foreign key in the database: its check would cost
    every coupon a look at the same row. Endpoints are never deleted.
    """

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=20, choices=Kind, db_collation="C")
    at = models.DateTimeField()
    payload = models.JSONField()
    attempts = models.PositiveIntegerField(db_default=0)
    failed_at = models.DateTimeField("first failure", null=True)
    retry_at = models.DateTimeField("next try", null=True)
    delivered_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook event"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(parked_at__isnull=True),
                name="event_delivered_or_parked",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "id"],
                condition=Q(delivered_at__isnull=True, parked_at__isnull=True),
                name="event_waiting",
            ),
            models.Index(
                fields=["endpoint", "id"],
                condition=Q(parked_at__isnull=False),
                name="event_parked",
            ),
            # Only the sweep and the admin read by time, and rows arrive in time's order.
            BrinIndex(fields=["at"], name="event_age"),
        ]

    def __str__(self) -> str:
        return f"event {self.pk}: {self.kind}"
