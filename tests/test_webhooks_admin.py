"""Webhooks in the admin: a secret shown once, how it goes, and events that are sent again."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from outbox import services
from outbox.models import Endpoint, Event, Kind
from outbox.signing import secret_of
from tests.receiver import make_endpoint, make_events

pytestmark = pytest.mark.django_db

ENDPOINTS = "/admin/outbox/endpoint/"
EVENTS = "/admin/outbox/event/"
URL = "https://shop.example.org/hook"
SENT = {"name": "Shop", "url": URL, "kinds": ["coupon.issued"], "is_active": "on"}
NOW = datetime(2026, 5, 9, 10, tzinfo=UTC)


def change_page(endpoint: Endpoint) -> str:
    return f"{ENDPOINTS}{endpoint.pk}/change/"


def press(client: Client, endpoint: Endpoint, button: str, **members: Any) -> str:
    data = SENT | {f"outbox_endpoint_{button}": "on"} | members
    return client.post(change_page(endpoint), data, follow=True).content.decode()


def shown(client: Client, **parameters: Any) -> list[int]:
    page = client.get(EVENTS, parameters)
    assert page.status_code == 200
    return [event.pk for event in page.context_data["cl"].result_list]


def send_again(client: Client, query: str = "", **members: Any) -> str:
    data = {"action": "send_again", "select_across": "1", "_selected_action": ["0"]} | members
    return client.post(f"{EVENTS}?{query}", data, follow=True).content.decode()


def waiting() -> list[int]:
    return sorted(Event.objects.waiting().values_list("pk", flat=True))


@pytest.fixture
def helper() -> Client:
    """Somebody who may look at everything here and change nothing."""
    user = User.objects.create_user("helper", is_staff=True)
    names = ["view_endpoint", "view_event"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def test_a_new_endpoint_and_its_secret_shown_once(admin_client: Client) -> None:
    page = admin_client.post(f"{ENDPOINTS}add/", SENT, follow=True).content.decode()

    endpoint = Endpoint.objects.get()
    assert (endpoint.name, endpoint.url, endpoint.kinds) == ("Shop", URL, ["coupon.issued"])
    [secret] = re.findall(r"The secret of Shop is (\w+)\. It is not shown again\.", page)
    assert secret == secret_of(endpoint.salt)
    for path in (ENDPOINTS, change_page(endpoint)):
        assert secret not in admin_client.get(path).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://shop.example.org/"},
        {"url": "https://me:word@shop.example.org/"},
        {"url": "https://shop.example.org/\x00"},
        {"url": "https://shop.example.org/" + "a" * 500},
        {"url": ""},
        {"kinds": []},
        {"kinds": ["ping"]},
        {"kinds": ["coupon.eaten"]},
        {"name": ""},
    ],
)
def test_it_refuses_what_is_wrong(admin_client: Client, wrong: dict[str, Any]) -> None:
    page = admin_client.post(f"{ENDPOINTS}add/", SENT | wrong)

    assert page.status_code == 200
    assert not Endpoint.objects.exists()


def test_a_changed_endpoint_keeps_its_secret_and_how_it_goes(admin_client: Client) -> None:
    endpoint = make_endpoint(URL, failures=3, failing_since=NOW, lot_size=7)

    admin_client.post(change_page(endpoint), SENT | {"name": "New", "is_active": ""})

    changed = Endpoint.objects.get()
    assert (changed.name, changed.is_active, changed.salt) == ("New", False, endpoint.salt)
    assert (changed.failures, changed.failing_since, changed.lot_size) == (3, NOW, 7)


def test_a_new_secret_is_shown_once(admin_client: Client) -> None:
    endpoint = make_endpoint(URL)

    page = press(admin_client, endpoint, "new_secret")

    changed = Endpoint.objects.get()
    assert changed.salt != endpoint.salt
    assert secret_of(changed.salt) in page


def test_a_test_event_is_put_in_the_queue(admin_client: Client) -> None:
    endpoint = make_endpoint(URL, [Kind.ISSUED])
    make_endpoint(URL)

    press(admin_client, endpoint, "ping")

    assert list(Event.objects.values_list("endpoint", "kind")) == [(endpoint.pk, "ping")]


def test_a_paused_endpoint_says_why_and_is_tried_again(admin_client: Client) -> None:
    stopped = {"paused_at": NOW, "failures": 30, "failing_since": NOW, "retry_at": NOW}
    endpoint = make_endpoint(URL, last_error="It answered 503.", **stopped)
    for path in (ENDPOINTS, change_page(endpoint)):
        page = admin_client.get(path).content.decode()
        assert "paused" in page
        assert "It answered 503." in page

    press(admin_client, endpoint, "resume")

    endpoint.refresh_from_db()
    assert (endpoint.paused_at, endpoint.failures, endpoint.retry_at) == (None, 0, None)


@pytest.mark.parametrize("page", ["endpoint", "event"])
def test_rows_are_never_deleted_by_hand(admin_client: Client, page: str) -> None:
    endpoint = make_endpoint(URL)
    row = {"endpoint": endpoint, "event": make_events(endpoint)[0]}[page]

    assert admin_client.get(f"/admin/outbox/{page}/{row.pk}/change/").status_code == 200
    assert admin_client.get(f"/admin/outbox/{page}/{row.pk}/delete/").status_code == 403


def test_events_are_not_typed_in(admin_client: Client) -> None:
    assert admin_client.get(f"{EVENTS}add/").status_code == 403


def test_events_are_found_by_endpoint_kind_state_time_and_id(admin_client: Client) -> None:
    first, second = make_endpoint(URL), make_endpoint(URL)
    [a] = make_events(first, at=NOW, delivered_at=NOW)
    [b] = make_events(second, at=NOW + timedelta(days=1), kind=Kind.REVOKED)
    [c] = make_events(second, at=NOW + timedelta(days=2), parked_at=NOW)

    assert shown(admin_client) == [c.pk, b.pk, a.pk]
    assert shown(admin_client, endpoint__id__exact=first.pk) == [a.pk]
    assert shown(admin_client, kind__exact="coupon.revoked") == [b.pk]
    assert shown(admin_client, state="delivered") == [a.pk]
    assert shown(admin_client, state="waiting") == [b.pk]
    assert shown(admin_client, state="parked") == [c.pk]
    assert shown(admin_client, at_from_0="2026-05-10", at_from_1="10:00") == [c.pk, b.pk]
    assert shown(admin_client, at_to_0="2026-05-10", at_to_1="09:59") == [a.pk]
    assert shown(admin_client, at_from_0="2026-05-11") == [c.pk]
    assert shown(admin_client, q=f" {b.pk} ") == [b.pk]


def test_a_kind_is_looked_for_among_the_newest_events(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outbox.filters.NEWEST", 2)
    endpoint = make_endpoint(URL)
    make_events(endpoint, at=NOW, kind=Kind.REVOKED)
    [near] = make_events(endpoint, at=NOW, kind=Kind.REVOKED)
    make_events(endpoint, at=NOW)

    page = admin_client.get("/admin/outbox/event/").content.decode()

    assert shown(admin_client, kind__exact="coupon.revoked") == [near.pk]
    assert len(shown(admin_client)) == 3
    assert "kind, of the newest 2" in page


@pytest.mark.parametrize(
    "parameters",
    [
        {"at_from_0": "nonsense"},
        {"at_from_1": "10:00"},
        {"at_to_0": "2026-02-30", "at_to_1": "00:00"},
        {"q": "nonsense"},
        {"q": "9" * 400},
        {"q": "\u0663"},
    ],
)
def test_nonsense_finds_nothing(admin_client: Client, parameters: dict[str, str]) -> None:
    make_events(make_endpoint(URL), at=NOW)

    assert shown(admin_client, **parameters) == []


def test_one_event_is_sent_again(admin_client: Client) -> None:
    events = make_events(make_endpoint(URL), 3, delivered_at=NOW)

    send_again(admin_client, select_across="0", _selected_action=[events[1].pk])

    assert waiting() == [events[1].pk]


def test_all_events_of_an_hour_are_sent_again(admin_client: Client) -> None:
    endpoint = make_endpoint(URL)
    make_events(endpoint, 2, at=NOW - timedelta(hours=2), delivered_at=NOW)
    wanted = make_events(endpoint, 150, at=NOW, delivered_at=NOW)
    times = "at_from_0=2026-05-09&at_from_1=09:30&at_to_0=2026-05-09&at_to_1=10:30"

    page = send_again(admin_client, times, _selected_action=[wanted[0].pk])

    assert "150 events are sent again." in page
    assert waiting() == [event.pk for event in wanted]


def test_too_many_at_once_are_refused(admin_client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "MOST_REPLAYED", 2)
    events = make_events(make_endpoint(URL), 3, delivered_at=NOW)

    page = send_again(admin_client, _selected_action=[events[0].pk])

    assert "narrow the time" in page
    assert waiting() == []


def test_who_may_only_look_changes_nothing(helper: Client) -> None:
    endpoint = make_endpoint(URL)
    events = make_events(endpoint, delivered_at=NOW)

    assert shown(helper) == [events[0].pk]
    send_again(helper, _selected_action=[events[0].pk])
    assert helper.post(change_page(endpoint), SENT).status_code == 403
    assert helper.get(f"{ENDPOINTS}add/").status_code == 403
    assert waiting() == []
    assert Endpoint.objects.get().salt == endpoint.salt
