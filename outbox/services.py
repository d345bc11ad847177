"""What other apps and people do with events and endpoints; `outbox.delivery` sends."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import orjson
from django.db import connection

from couponadmin.errors import CouponError, ErrorCode
from outbox.models import MOST_IN_A_LOT, Endpoint, Event, EventQuerySet, Kind
from outbox.signing import secret_of
from outbox.sql import NOTE

KEPT = timedelta(days=7)
KEPT_UNDELIVERED = timedelta(days=30)
MOST_FORGOTTEN = 10_000
MOST_REPLAYED = 100_000
TOO_MANY = f"No more than {MOST_REPLAYED:,} events can be sent again at once: narrow the time."

Payload = Mapping[str, object]


def note(kind: Kind, payload: Payload, *, now: datetime) -> None:
    """Tells every endpoint that wants this kind, once the caller's transaction is stored."""
    note_all(kind, [payload], now=now)


def note_all(kind: Kind, payloads: Sequence[Payload], *, now: datetime) -> None:
    """An event for each payload, in order, in one statement."""
    values = {
        "kind": kind.value,
        "payloads": [orjson.dumps(payload).decode() for payload in payloads],
        "now": now,
    }
    if payloads:
        with connection.cursor() as cursor:
            cursor.execute(NOTE, values)


def ping(endpoint: Endpoint, *, now: datetime) -> Event:
    """An event for this endpoint alone, to see whether it arrives."""
    return Event.objects.create(endpoint=endpoint, kind=Kind.PING, at=now, payload={})


def new_secret(endpoint: Endpoint, *, now: datetime) -> str:
    """Stores the endpoint with a new secret, and returns that; the old one signs nothing more."""
    endpoint.salt = secrets.token_hex(32)
    endpoint.rotated_at = now
    if endpoint.pk is None:
        endpoint.created_at = now
        endpoint.save()
    else:
        endpoint.save(update_fields=["salt", "rotated_at"])
    return secret_of(endpoint.salt)


def resume(endpoint: Endpoint) -> None:
    """Tries again at once, what was paused included; all that waited is sent, in order."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        paused_at=None, failing_since=None, failures=0, retry_at=None, lot_size=MOST_IN_A_LOT
    )


def replay(events: EventQuerySet) -> int:
    """Sends events again, with the ids that they have; how many. Raises 756 for too many."""
    if events.order_by()[: MOST_REPLAYED + 1].count() > MOST_REPLAYED:
        raise CouponError(ErrorCode.INPUT, TOO_MANY)
    again = Event.objects.filter(pk__in=events.order_by().values("pk"))
    return again.update(
        delivered_at=None, parked_at=None, failed_at=None, retry_at=None, attempts=0
    )


def forget(*, now: datetime) -> int:
    """Deletes some of what nobody replays any more; how many, at most MOST_FORGOTTEN."""
    old = Event.objects.filter(at__lt=now - KEPT)
    over = old.delivered() | old.filter(at__lt=now - KEPT_UNDELIVERED)
    ids = list(over.order_by().values_list("pk", flat=True)[:MOST_FORGOTTEN])
    return Event.objects.filter(pk__in=ids).delete()[0]


def trouble(*, now: datetime) -> str:
    """How many endpoints are paused because nothing arrived, in a sentence; empty if none is.

    Whoever watches the server reads it without signing in, so it names none: the admin does.
    """
    paused = Endpoint.objects.filter(is_active=True, paused_at__isnull=False).count()
    return f"Webhooks paused because nothing arrived for a day: {paused}." if paused else ""
