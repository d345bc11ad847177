"""An API client signs in with its id and secret, or with a token; its groups say what it may do."""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver

from couponadmin import auth, clients, roles
from couponadmin.models import AccessToken, ApiClient
from couponadmin.viewset import ApiViewSet
from tests.conftest import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sketch")]
MORNING = datetime.fromisoformat("2026-05-12T08:00:00+00:00")


def basic(text: str | bytes) -> str:
    plain = text.encode() if isinstance(text, str) else text
    return "Basic " + base64.b64encode(plain).decode()


def call(**headers: str) -> Any:
    return Client().get("/v2/places", headers=headers)


def give_token(caller: Caller, token: str, expires_at: datetime) -> None:
    AccessToken.objects.create(
        checksum=clients.checksum(token), client=caller.client, expires_at=expires_at
    )


def test_it_knows_a_client_by_id_and_secret(client_api: Caller) -> None:
    assert call(authorization=client_api.basic).status_code == 200
    assert call(authorization=client_api.basic.replace("Basic", "bAsIc")).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic ???",
        "Basic é",
        "Basic YQ",
        "Digest a",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer \u00ff",
        basic(""),
        basic(":"),
        basic("no colon"),
        basic("unknown:secret"),
        basic("nul\0:secret"),
        basic(b"\xff\xfe:\xff"),
        basic("a" * 100_000 + ":b"),
    ],
)
def test_it_refuses_who_it_does_not_know(db: None, header: str) -> None:
    response = call(authorization=header)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Basic ")
    assert response.json()["errors"][0]["code"] == 401


@pytest.mark.parametrize("wrong", ["", "x", "{secret}x", "{hash}"])
def test_it_refuses_a_wrong_secret(client_api: Caller, wrong: str) -> None:
    client = client_api.client
    secret = wrong.format(secret=client_api.secret, hash=client.secret_hash)

    response = call(authorization=basic(f"{client.client_id}:{secret}"))

    assert response.status_code == 401
    assert response.json()["errors"][0]["message"] == "The client id or the secret is wrong."


def test_it_stops_a_disabled_client(client_api: Caller) -> None:
    give_token(client_api, "token", MORNING + timedelta(days=1))
    ApiClient.objects.update(is_active=False)

    with time_machine.travel(MORNING):
        assert call(authorization=client_api.basic).status_code == 401
        assert call(authorization="Bearer token").status_code == 401


def test_it_stops_the_old_secret_and_its_tokens(client_api: Caller, now: datetime) -> None:
    give_token(client_api, "token", now + timedelta(days=1))

    secret = clients.rotate_secret(client_api.client, now=now)

    assert call(authorization=client_api.basic).status_code == 401
    assert call(authorization="Bearer token").status_code == 401
    assert call(authorization=Caller(client_api.client, secret).basic).status_code == 200


@pytest.mark.parametrize(
    "header", [{"authorization": "bearer t"}, {"x-cap-api-oauth-token": "t"}], ids=str
)
def test_it_knows_a_client_by_its_token(client_api: Caller, header: dict[str, str]) -> None:
    give_token(client_api, "t", MORNING + timedelta(seconds=300))

    with time_machine.travel(MORNING):
        assert call(**header).status_code == 200
    with time_machine.travel(MORNING + timedelta(seconds=300)):
        assert call(**header).status_code == 401


def test_it_remembers_a_token_for_no_longer_than_it_is_good(client_api: Caller) -> None:
    give_token(client_api, "t", MORNING + timedelta(seconds=2))

    with time_machine.travel(MORNING, tick=False) as clock:
        assert call(authorization="Bearer t").status_code == 200
        clock.shift(2)
        assert call(authorization="Bearer t").status_code == 401


def test_it_remembers_a_credential_for_seconds(
    client_api: Caller, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        call(authorization=client_api.basic)
        ApiClient.objects.update(is_active=False)

        with django_assert_num_queries(0):
            assert call(authorization=client_api.basic).status_code == 200
        clock.shift(6)
        assert call(authorization=client_api.basic).status_code == 401


def test_it_keeps_no_more_credentials_than_it_has_room_for(
    client_api: Caller, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_AT_MOST", 2)
    for token in "abcde":
        give_token(client_api, token, now + timedelta(days=1))
        assert call(authorization=f"Bearer {token}").status_code == 200

    assert len(auth._remembered) <= 2


def test_it_notes_the_last_use_once_a_minute(client_api: Caller) -> None:
    def last_used_at() -> datetime:
        return ApiClient.objects.get().last_used_at

    with time_machine.travel(MORNING, tick=False) as clock:
        call(authorization=client_api.basic)
        assert last_used_at() == MORNING
        clock.shift(50)
        call(authorization=client_api.basic)
        assert last_used_at() == MORNING
        clock.shift(50)
        call(authorization=client_api.basic)
        assert last_used_at() == MORNING + timedelta(seconds=100)


def test_it_forbids_what_no_group_of_the_client_allows(
    client_api: Caller, series_api: Caller
) -> None:
    refused = client_api.post("/v2/places/write")

    assert refused.status_code == 403
    assert refused.json()["errors"] == [
        {
            "status": False,
            "code": 403,
            "message": "This API client lacks the permission series.add_series.",
        }
    ]
    assert series_api.post("/v2/places/write").status_code == 200


def test_it_forbids_what_a_view_forgot_to_name(series_api: Caller) -> None:
    assert series_api.get("/v2/places/forgotten").status_code == 403


def test_every_action_of_the_api_names_a_permission_that_exists(db: None) -> None:
    existing = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.all()}

    nameless = {
        f"{view.cls.__name__}.{action}"
        for view in api_views(get_resolver("couponadmin.urls").url_patterns)
        for action in view.actions.values()
        if not set() < names_of(view.cls.permission_for.get(action, ())) <= existing
    }

    # What it takes to steer a batch depends on the batch (batches.permissions).
    assert nameless == {"BatchViewSet.steer"}


def names_of(needed: str | tuple[str, ...]) -> set[str]:
    return {needed} if isinstance(needed, str) else set(needed)


def api_views(patterns: list[Any]) -> Iterator[Any]:
    """The views of endpoints that need a sign-in."""
    for pattern in patterns:
        yield from api_views(getattr(pattern, "url_patterns", []))
        view = getattr(pattern, "callback", None)
        if issubclass(getattr(view, "cls", object), ApiViewSet) and view.cls.permission_classes:
            yield view


def test_the_groups_are_made_with_the_database(db: None) -> None:
    made = {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in Group.objects.all()
    }

    assert made == {name: set(permissions) for name, permissions in roles.ROLES.items()}


def test_a_group_that_was_changed_stays_as_it_is(db: None) -> None:
    Group.objects.get(name=roles.DEFAULT_ACCESS).permissions.clear()
    Group.objects.get(name=roles.SERIES_WRITE).delete()

    call_command("migrate", verbosity=0)

    assert not Group.objects.get(name=roles.DEFAULT_ACCESS).permissions.exists()
    assert Group.objects.get(name=roles.SERIES_WRITE).permissions.count() == 2
