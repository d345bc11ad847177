"""A worker that is killed after the receiver got the events: they are sent again, none is lost."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event as Signal
from typing import Any

import pytest
from django.db import connection, transaction

from outbox import delivery
from outbox.models import Endpoint, Event
from tests.receiver import Receiver, Request, make_endpoint, make_events, running, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

DELIVER = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
from outbox.tasks import deliver_to

settings.WEBHOOK_ALLOW_HTTP = True
connection.settings_dict["NAME"] = sys.argv[1]
deliver_to(int(sys.argv[2]))
"""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_HTTP = True
    with running() as server:
        yield server


@pytest.fixture
def endpoint(receiver: Receiver) -> Endpoint:
    return make_endpoint(receiver.url)


def start(endpoint: Endpoint) -> subprocess.Popen[bytes]:
    database = connection.settings_dict["NAME"]
    return subprocess.Popen([sys.executable, "-c", DELIVER, database, str(endpoint.pk)])


def test_killed_between_the_receiver_and_the_mark(
    receiver: Receiver, endpoint: Endpoint, now: datetime
) -> None:
    events = make_events(endpoint, 150)
    answered = Signal()

    def answer(request: Request) -> int:
        if len(receiver.requests) == 2:
            answered.wait(60)
        return 200

    receiver.answer = answer
    process = start(endpoint)
    try:
        wait_until(lambda: len(receiver.requests) == 2)
        process.kill()
        assert process.wait(60) == -signal.SIGKILL
    finally:
        answered.set()
        with suppress(ProcessLookupError):
            process.kill()
    first, second = (request.ids for request in receiver.requests)
    assert [len(first), len(second)] == [100, 50]
    delivered = Event.objects.delivered().values_list("pk", flat=True)
    assert sorted(delivered) == first, "The first lot is marked, the second is not."

    wait_until(lambda: delivery.deliver(endpoint.pk, now=now))

    assert receiver.requests[2].ids == second, "The same events, with the same ids."
    assert not delivery.deliver(endpoint.pk, now=now)
    assert set(receiver.ids) == {event.pk for event in events}


def test_a_mark_that_is_not_stored_leaves_the_event_waiting(
    receiver: Receiver, endpoint: Endpoint, now: datetime
) -> None:
    [event] = make_events(endpoint)
    with transaction.atomic():
        assert delivery.deliver(endpoint.pk, now=now)
        transaction.set_rollback(True)

    assert delivery.deliver(endpoint.pk, now=now + timedelta(seconds=1))

    assert receiver.ids == [event.pk, event.pk]
