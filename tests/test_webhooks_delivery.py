"""Events on their way to a real receiver: in order, signed, again until they arrive."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from outbox import services, signing, tasks
from outbox.delivery import GIVE_UP_AFTER, LONGEST_WAIT, backoff, deliver
from outbox.models import Endpoint, Event, Kind
from tests.receiver import Receiver, Request, make_endpoint, make_events, running

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 9, 10, tzinfo=UTC)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_HTTP = True
    with running() as server:
        yield server


@pytest.fixture
def endpoint(receiver: Receiver) -> Endpoint:
    return make_endpoint(receiver.url)


def ids(events: list[Event]) -> list[int]:
    return [event.pk for event in events]


def deliver_until_done(endpoint: Endpoint, *, since: datetime = NOW) -> None:
    """Tries again whenever something is due, until nothing waits."""
    now = since
    for _ in range(100):
        while deliver(endpoint.pk, now=now):
            pass
        if not Event.objects.waiting().exists():
            return
        endpoint.refresh_from_db()
        now = max(endpoint.retry_at or now, next_event(now))
    raise AssertionError("Something still waits.")


def next_event(now: datetime) -> datetime:
    """When the first of those that wait may be sent."""
    return max(now, min(event.retry_at or now for event in Event.objects.waiting()))


def test_an_event_arrives_as_documented(receiver: Receiver, endpoint: Endpoint) -> None:
    payload = {"couponId": 7, "code": "ABC", "seriesId": 2, "customerId": 3, "discount": 12.5}
    [event] = make_events(endpoint, kind=Kind.REDEEMED, payload=payload, at=NOW)

    assert deliver(endpoint.pk, now=NOW)

    [request] = receiver.requests
    assert request.path == "/hook?shop=1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.server_port}"
    assert request.events == [
        {"id": event.pk, "kind": "coupon.redeemed", "at": "2026-05-09T10:00:00Z", "data": payload}
    ]
    event.refresh_from_db()
    endpoint.refresh_from_db()
    assert event.delivered_at == endpoint.last_delivered_at == NOW


def test_a_receiver_can_check_who_signed_and_when(receiver: Receiver, endpoint: Endpoint) -> None:
    make_events(endpoint)
    deliver(endpoint.pk, now=NOW)

    [request] = receiver.requests

    assert request.is_signed_with(signing.secret_of(endpoint.salt))
    assert f"t={int(NOW.timestamp())}," in request.headers["x-coupon-signature"]
    changed = request._replace(body=request.body.replace(b"A", b"B"))
    assert not changed.is_signed_with(signing.secret_of(endpoint.salt))
    assert not request.is_signed_with(signing.secret_of("another"))


def test_the_signature_of_the_documentation_is_right() -> None:
    assert signing.signature("whsec_1", b"[]", at=1778320800) == (
        "t=1778320800,v1=20480fd8dfb4ddd6a7b7fe96e8f44514bad42f5f42214583fe4841fe4885e516"
    )


def test_a_new_secret_signs_what_is_sent_from_then_on(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    old = signing.secret_of(endpoint.salt)
    make_events(endpoint)
    new = services.new_secret(endpoint, now=NOW)

    deliver(endpoint.pk, now=NOW)

    assert new != old
    assert receiver.requests[0].is_signed_with(new)
    assert not receiver.requests[0].is_signed_with(old)


def test_secrets_depend_on_the_secret_key_and_stand_nowhere(
    endpoint: Endpoint, settings: Any
) -> None:
    secret = signing.secret_of(endpoint.salt)
    columns = Endpoint.objects.filter(pk=endpoint.pk).values().get()
    assert secret not in str(columns)

    settings.SECRET_KEY = "another"

    assert signing.secret_of(endpoint.salt) != secret


def test_many_go_in_lots_of_a_hundred_in_order(receiver: Receiver, endpoint: Endpoint) -> None:
    events = make_events(endpoint, 250)

    deliver_until_done(endpoint)

    assert [len(request.ids) for request in receiver.requests] == [100, 100, 50]
    assert receiver.ids == ids(events)


def test_nothing_is_sent_to_an_endpoint_without_events(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    assert not deliver(endpoint.pk, now=NOW)
    assert not deliver(endpoint.pk + 1, now=NOW)
    assert receiver.requests == []


@pytest.mark.parametrize("columns", [{"is_active": False}, {"paused_at": NOW}])
def test_nothing_is_sent_to_an_endpoint_that_is_off_or_paused(
    receiver: Receiver, columns: dict[str, Any]
) -> None:
    endpoint = make_endpoint(receiver.url, **columns)
    make_events(endpoint)

    assert not deliver(endpoint.pk, now=NOW)

    assert receiver.requests == []
    assert not Endpoint.objects.with_work(now=NOW).exists()
    assert Event.objects.waiting().count() == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 429, 500, 503])
def test_what_is_not_taken_waits_and_is_sent_again(
    receiver: Receiver, endpoint: Endpoint, status: int
) -> None:
    events = make_events(endpoint, 3)
    receiver.answer = lambda request: status
    receiver.answer_headers = {"Location": receiver.url}

    assert not deliver(endpoint.pk, now=NOW)

    endpoint.refresh_from_db()
    assert endpoint.last_error == f"It answered {status}."
    assert (endpoint.failures, endpoint.failing_since) == (1, NOW)
    assert NOW < endpoint.retry_at <= NOW + timedelta(seconds=3)
    assert len(receiver.requests) == 1
    assert not deliver(endpoint.pk, now=NOW), "It waits first."
    assert len(receiver.requests) == 1

    receiver.answer = lambda request: 200
    deliver_until_done(endpoint)

    assert receiver.ids[3:] == ids(events)
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.last_error) == (0, None, "")


def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_back(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    events = make_events(endpoint, 120)
    receiver.answer = lambda request: 503 if len(receiver.requests) <= 6 else 200

    deliver_until_done(endpoint)

    taken = [pk for request in receiver.requests[6:] for pk in request.ids]
    assert taken == ids(events)


@pytest.mark.parametrize("position", [0, 57, 149])
def test_one_event_that_cannot_be_taken_does_not_hold_up_the_others(
    receiver: Receiver, endpoint: Endpoint, position: int
) -> None:
    events = make_events(endpoint, 150)
    bad = events[position].pk
    taken: list[int] = []
    receiver.answer = refuse_lots_with(bad, taken)

    now = NOW
    while len(taken) < 149:
        deliver(endpoint.pk, now=now)
        endpoint.refresh_from_db()
        now = endpoint.retry_at or now

    assert taken == [pk for pk in ids(events) if pk != bad]
    assert now - NOW < timedelta(minutes=15)
    assert Event.objects.waiting().get().pk == bad

    make_events(endpoint)
    deliver_until_done(endpoint, since=now + LONGEST_WAIT)

    event = Event.objects.get(pk=bad)
    assert event.parked_at - event.failed_at >= GIVE_UP_AFTER
    assert event.parked_at - event.failed_at < GIVE_UP_AFTER + 4 * LONGEST_WAIT
    assert event.delivered_at is None
    endpoint.refresh_from_db()
    assert (endpoint.paused_at, endpoint.failing_since) == (None, None)


def refuse_lots_with(bad: int, taken: list[int]) -> Any:
    def answer(request: Request) -> int:
        if bad in request.ids:
            return 500
        taken.extend(request.ids)
        return 200

    return answer


def test_after_a_day_in_vain_the_endpoint_is_paused_and_says_so(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    make_events(endpoint, 5)
    receiver.answer = lambda request: 503

    now = NOW
    while not endpoint.paused_at:
        assert services.trouble(now=now) == ""
        deliver(endpoint.pk, now=now)
        endpoint.refresh_from_db()
        now = endpoint.retry_at

    assert endpoint.paused_at - NOW >= GIVE_UP_AFTER
    assert endpoint.paused_at - NOW < GIVE_UP_AFTER + 2 * LONGEST_WAIT
    assert len(receiver.requests) < 50
    assert services.trouble(now=now).endswith("a day: 1.")
    assert not deliver(endpoint.pk, now=now + timedelta(days=1))

    receiver.answer = lambda request: 200
    services.resume(endpoint)
    services.replay(Event.objects.parked())
    deliver_until_done(endpoint)

    assert Event.objects.delivered().count() == 5
    assert services.trouble(now=now) == ""


@pytest.mark.parametrize(
    ("failures", "seconds"),
    # 2^n, at most an hour, give or take a quarter
    [(1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600), (100, 3600), (10**6, 3600)],
)
def test_the_wait_doubles_up_to_an_hour(failures: int, seconds: int) -> None:
    waits = {backoff(failures).total_seconds() for _ in range(50)}

    assert min(waits) >= seconds * 0.75
    assert max(waits) <= seconds * 1.25
    assert len(waits) > 10, "Who failed together does not come back together."


def test_what_was_delivered_is_sent_again_on_request_with_the_same_id(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    events = make_events(endpoint, 3)
    deliver_until_done(endpoint)

    assert services.replay(Event.objects.filter(pk=events[1].pk)) == 1
    deliver_until_done(endpoint)

    assert receiver.ids == [*ids(events), events[1].pk]


def test_nobody_else_sends_to_an_endpoint_meanwhile(
    receiver: Receiver, transactional_db: None, at_once: Any
) -> None:
    endpoint = make_endpoint(receiver.url)
    events = make_events(endpoint, 300)

    at_once([lambda: list(iter(lambda: deliver(endpoint.pk, now=NOW), False))] * 8)
    while deliver(endpoint.pk, now=NOW):
        pass

    assert receiver.ids == ids(events)


def test_an_endpoint_that_is_being_served_is_passed_over(
    receiver: Receiver, transactional_db: None, at_once: Any
) -> None:
    endpoint = make_endpoint(receiver.url)
    make_events(endpoint)
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get()

        assert at_once([lambda: deliver(endpoint.pk, now=NOW)]) == [False]

    assert receiver.requests == []


def test_the_clock_wakes_a_task_for_each_endpoint_with_something_due(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(current_app.conf, "task_always_eager", True)
    first, second, idle, later = (make_endpoint(receiver.url) for _ in range(4))
    events = make_events(first, 150) + make_events(second, 2)
    make_events(later, retry_at=datetime.max.replace(tzinfo=UTC))

    tasks.deliver_all()

    assert sorted(receiver.ids) == ids(events)
    idle.refresh_from_db()
    assert idle.last_delivered_at is None


def test_a_turn_ends_so_that_others_have_theirs(
    receiver: Receiver, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
    make_events(endpoint, 150)

    tasks.deliver_to(endpoint.pk)

    assert len(receiver.ids) == 100


@pytest.mark.parametrize(
    ("days", "column", "kept"),
    [
        (6, "delivered_at", True),
        (8, "delivered_at", False),
        (8, None, True),
        (29, "parked_at", True),
        (31, "parked_at", False),
        (31, None, False),
    ],
)
def test_old_events_are_forgotten(
    endpoint: Endpoint, days: int, column: str | None, kept: bool
) -> None:
    at = NOW - timedelta(days=days)
    make_events(endpoint, 2, at=at, **{column: at} if column else {})

    assert services.forget(now=NOW) == (0 if kept else 2)
    assert Event.objects.count() == (2 if kept else 0)


def test_no_sweep_deletes_without_bound(endpoint: Endpoint, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "MOST_FORGOTTEN", 3)
    make_events(endpoint, 5, at=NOW - timedelta(days=40))

    assert [services.forget(now=NOW) for _ in range(3)] == [3, 2, 0]


def test_the_clock_has_old_events_swept(endpoint: Endpoint, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "MOST_FORGOTTEN", 3)
    make_events(endpoint, 10, at=datetime.now(UTC) - timedelta(days=40))
    [kept] = make_events(endpoint)

    tasks.forget()

    assert Event.objects.get() == kept


def test_too_many_are_not_sent_again_at_once(endpoint: Endpoint, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "MOST_REPLAYED", 3)
    make_events(endpoint, 4, delivered_at=NOW)

    with pytest.raises(Exception, match="narrow the time"):
        services.replay(Event.objects.all())

    assert not Event.objects.waiting().exists()


def test_the_queue_is_read_by_its_index(endpoint: Endpoint) -> None:
    make_events(endpoint, 3)
    due = Event.objects.due(now=NOW).filter(endpoint=endpoint).order_by("id")[:100]

    assert "event_waiting" in due.explain()
