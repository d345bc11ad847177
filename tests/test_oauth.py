"""Tokens: `POST /oauth/token` as RFC 6749 has it, and the family's `/v3/oauth/token/generate`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from couponadmin import auth
from couponadmin.models import AccessToken, ApiClient
from couponadmin.tasks import forget_old_answers
from tests.conftest import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sketch")]
MORNING = datetime.fromisoformat("2026-05-12T08:00:00+00:00")
GRANT = {"grant_type": "client_credentials"}


def ask(form: dict[str, Any], basic: str = "") -> HttpResponse:
    body = "&".join(f"{name}={value}" for name, value in form.items())
    form_type = "application/x-www-form-urlencoded"
    headers = {"Authorization": basic} if basic else {}
    return Client().generic("POST", "/oauth/token", body, form_type, headers=headers)


def generate(body: Any) -> HttpResponse:
    return Client().post("/v3/oauth/token/generate", body, content_type="application/json")


def in_form(caller: Caller) -> dict[str, str]:
    return GRANT | {"client_id": caller.client.client_id, "client_secret": caller.secret}


def opens(token: str) -> bool:
    response = Client().get("/v2/places", headers={"Authorization": f"Bearer {token}"})
    return response.status_code == 200


def test_it_gives_a_token_by_basic_header(client_api: Caller) -> None:
    response = ask(GRANT, client_api.basic)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    token = response.json()["access_token"]
    assert response.json() == {"access_token": token, "token_type": "Bearer", "expires_in": 300}
    assert opens(token)


def test_it_gives_a_token_by_form(client_api: Caller) -> None:
    assert opens(ask(in_form(client_api)).json()["access_token"])


def test_it_gives_another_token_every_time_and_keeps_none(client_api: Caller) -> None:
    tokens = {ask(in_form(client_api)).json()["access_token"] for _ in range(3)}

    assert len(tokens) == 3
    assert all(opens(token) for token in tokens)
    assert not tokens & set(AccessToken.objects.values_list("checksum", flat=True))


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        (GRANT, 401, "invalid_client"),
        (GRANT | {"client_id": "x", "client_secret": "y"}, 401, "invalid_client"),
        (GRANT | {"client_id": "%00", "client_secret": "%00"}, 401, "invalid_client"),
        (GRANT | {"client_id": "%ff", "client_secret": "%ed%a0%80"}, 401, "invalid_client"),
        (GRANT | {"scope=a&scope": "b"}, 400, "invalid_request"),
        ({"<>": "\x07"}, 400, "invalid_request"),
    ],
    ids=str,
)
def test_it_refuses_in_the_words_of_the_standard(
    form: dict[str, str], status: int, error: str
) -> None:
    response = ask(form)

    assert (response.status_code, response.json()["error"]) == (status, error)
    assert ("WWW-Authenticate" in response) == (status == 401)
    assert not AccessToken.objects.exists()


def test_it_knows_no_scopes(client_api: Caller) -> None:
    assert ask(in_form(client_api) | {"scope": "all"}).json()["error"] == "invalid_scope"
    assert ask(in_form(client_api) | {"scope": ""}).status_code == 200


@pytest.mark.parametrize("basic", ["Basic ", "Basic ???", "Basic YQ==", "Bearer a", "é"])
def test_it_refuses_a_header_that_it_cannot_read(db: None, basic: str) -> None:
    assert ask(GRANT, basic).json()["error"] == "invalid_client"


@pytest.mark.parametrize(("named", "status"), [("{id}", 200), ("", 200), ("another", 401)])
def test_a_form_may_only_repeat_the_id_of_the_header(
    client_api: Caller, named: str, status: int
) -> None:
    form = GRANT | {"client_id": named.format(id=client_api.client.client_id)}

    assert ask(form, client_api.basic).status_code == status


def test_it_takes_only_forms(client_api: Caller) -> None:
    body = b'{"grant_type": "client_credentials"}'

    assert client_api.post("/oauth/token", body).status_code == 415
    assert client_api.get("/oauth/token").status_code == 405


def test_it_takes_no_idempotency_key(client_api: Caller) -> None:
    sent = {"Authorization": client_api.basic, "Idempotency-Key": "a"}
    tokens = {
        Client()
        .post(
            "/oauth/token",
            "grant_type=client_credentials",
            "application/x-www-form-urlencoded",
            headers=sent,
        )
        .json()["access_token"]
        for _ in range(2)
    }

    assert len(tokens) == 2


def test_the_family_gives_a_token_for_key_and_secret(client_api: Caller) -> None:
    response = generate({"key": client_api.client.client_id, "secret": client_api.secret})

    assert response.status_code == 200
    token = response.json()["data"]["accessToken"]
    assert response.json() == {"data": {"accessToken": token, "ttlSeconds": 300}, "errors": None}
    assert opens(token)


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"key": "x", "secret": "y"}, 401, 401, "The key or the secret is wrong."),
        ({"key": "x"}, 400, 756, "secret is mandatory to set"),
        ({"key": [], "secret": "y"}, 400, 756, "key: Not a valid string."),
        ({"key": "a" * 256, "secret": "y"}, 400, 756, "key: Ensure this field has no more than"),
        ("{", 400, 756, "The body is not valid JSON"),
        ("[]", 400, 756, "The body must be a JSON object"),
    ],
    ids=str,
)
def test_the_family_refuses_in_its_own_shape(
    db: None, body: Any, status: int, code: int, message: str
) -> None:
    response = generate(body)

    assert response.status_code == status
    assert response.json()["data"] is None
    [error] = response.json()["errors"]
    assert (error["status"], error["code"]) == (False, code)
    assert error["message"].startswith(message)
    assert ("WWW-Authenticate" in response) == (status == 401)


def test_a_token_ends_with_its_time_and_is_forgotten(client_api: Caller) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        token = ask(in_form(client_api)).json()["access_token"]
        clock.shift(timedelta(seconds=299))
        assert opens(token)
        clock.shift(timedelta(seconds=1))
        assert not opens(token)

        assert AccessToken.objects.exists()
        forget_old_answers()
        assert not AccessToken.objects.exists()


def test_a_disabled_client_gets_no_token_and_its_tokens_end(client_api: Caller) -> None:
    token = ask(in_form(client_api)).json()["access_token"]
    ApiClient.objects.update(is_active=False)
    auth.forget_credentials()

    assert not opens(token)
    assert ask(in_form(client_api)).json()["error"] == "invalid_client"
    wanted = {"key": client_api.client.client_id, "secret": client_api.secret}
    assert generate(wanted).status_code == 401


@pytest.mark.parametrize("door", ["standard", "family"])
def test_it_gives_so_many_tokens_a_minute_and_no_more(
    new_caller: Callable[..., Caller], door: str
) -> None:
    caller = new_caller(rate_per_minute=2)
    key = {"key": caller.client.client_id, "secret": caller.secret}
    one = {"standard": lambda: ask(in_form(caller)), "family": lambda: generate(key)}[door]

    with time_machine.travel(MORNING + timedelta(seconds=50), tick=False):
        answers = [one() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "10"
    assert answers[2].json()["errors"][0]["code"] == 429
    assert AccessToken.objects.count() == 2


def test_whoever_does_not_know_the_secret_uses_up_nothing(
    new_caller: Callable[..., Caller],
) -> None:
    caller = new_caller(rate_per_minute=1)
    for _ in range(3):
        ask(in_form(caller) | {"client_secret": "wrong"})

    assert ask(in_form(caller)).status_code == 200
