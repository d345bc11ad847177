"""Sending what waits: one lot of an endpoint at a time, oldest first, until it arrived.

A delivery that was made and not marked is made again, so a receiver gets every event at least
once, and knows by its id what it has.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

import orjson
from django.db import transaction

from couponadmin.times import api_time
from outbox import sending, signing
from outbox.models import MOST_IN_A_LOT, Endpoint, Event

logger = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)


def deliver(endpoint_id: int, *, now: datetime) -> bool:
    """Sends the next lot, if there is one; True if it arrived, so that another may follow.

    The endpoint's row stays locked until the outcome is stored: nobody else sends to it
    meanwhile, and a worker that dies leaves the lot as it was.
    """
    with transaction.atomic():
        endpoint = claim(endpoint_id, now)
        lot = next_lot(endpoint, now) if endpoint else []
        if endpoint is None or not lot:
            return False
        error = send(endpoint, lot, now)
        if error:
            failed(endpoint, lot, error, now)
        else:
            arrived(endpoint, lot, now)
    return not error


def claim(endpoint_id: int, now: datetime) -> Endpoint | None:
    due = Endpoint.objects.due(now=now).filter(pk=endpoint_id)
    return due.select_for_update(skip_locked=True, no_key=True).first()


def next_lot(endpoint: Endpoint, now: datetime) -> list[Event]:
    """The oldest that are due; one that was not taken alone before goes alone."""
    due = Event.objects.due(now=now).filter(endpoint=endpoint).order_by("id")
    events = list(due[: endpoint.lot_size])
    return list(takewhile(lambda event: not event.attempts, events)) or events[:1]


def send(endpoint: Endpoint, lot: Sequence[Event], now: datetime) -> str:
    """Why the lot was not taken, in a sentence; empty if it was."""
    body = orjson.dumps([told(event) for event in lot])
    secret = signing.secret_of(endpoint.salt)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "coupon-webhooks/1",
        "Connection": "close",
        signing.HEADER: signing.signature(secret, body, at=int(now.timestamp())),
    }
    try:
        sending.post(endpoint.url, body, headers)
    except sending.Unsent as unsent:
        return str(unsent)
    return ""


def told(event: Event) -> dict[str, object]:
    """`{"id", "kind", "at", "data"}` (docs/webhooks.md)."""
    return {
        "id": event.pk,
        "kind": event.kind,
        "at": api_time(event.at),
        "data": event.payload,
    }


def arrived(endpoint: Endpoint, lot: Sequence[Event], now: datetime) -> None:
    ids = [event.pk for event in lot]
    Event.objects.filter(pk__in=ids).update(delivered_at=now, retry_at=None)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        last_delivered_at=now,
        failures=0,
        failing_since=None,
        retry_at=None,
        last_error="",
        lot_size=min(2 * endpoint.lot_size, MOST_IN_A_LOT),
    )


def failed(endpoint: Endpoint, lot: Sequence[Event], error: str, now: datetime) -> None:
    """Waits before the next try; smaller and smaller lots find the event that cannot be taken."""
    if len(lot) == 1 and is_hopeless(lot[0], endpoint, now):
        park(endpoint, lot[0], error, now)
        return
    since = endpoint.failing_since or now
    wait = backoff(endpoint.failures + 1)
    paused_at = now if now - since >= GIVE_UP_AFTER else None
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=endpoint.failures + 1,
        failing_since=since,
        retry_at=now + wait,
        last_error=error,
        lot_size=max(len(lot) // 2, 1),
        paused_at=paused_at,
    )
    if len(lot) == 1:
        step_aside(lot[0], wait, now)
    level = logging.ERROR if paused_at else logging.WARNING
    logger.log(level, "Webhook %s, %s in a row: %s", endpoint.pk, endpoint.failures + 1, error)


def is_hopeless(event: Event, endpoint: Endpoint, now: datetime) -> bool:
    """Failing for a day while others arrived: it is the event. If none did, it is the endpoint."""
    if event.failed_at is None or endpoint.last_delivered_at is None:
        return False
    others_arrived = endpoint.last_delivered_at > event.failed_at
    return others_arrived and now - event.failed_at >= GIVE_UP_AFTER


def park(endpoint: Endpoint, event: Event, error: str, now: datetime) -> None:
    Event.objects.filter(pk=event.pk).update(parked_at=now, attempts=event.attempts + 1)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=0, failing_since=None, retry_at=None, last_error=f"Event {event.pk}: {error}"
    )
    logger.error("Webhook %s, event %s is parked: %s", endpoint.pk, event.pk, error)


def step_aside(event: Event, wait: timedelta, now: datetime) -> None:
    """Lets the next event have the endpoint's next try, so that one cannot hold up all others."""
    Event.objects.filter(pk=event.pk).update(
        attempts=event.attempts + 1,
        failed_at=event.failed_at or now,
        retry_at=now + 2 * max(wait, backoff(event.attempts + 1)),
    )


def backoff(failures: int) -> timedelta:
    """2, 4, 8 seconds and so on up to an hour, give or take a quarter: who failed together
    should not come back together."""
    seconds = min(2 ** min(failures, 20), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * (0.75 + secrets.randbelow(500) / 1000))
