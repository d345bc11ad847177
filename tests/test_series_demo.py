import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from couponadmin import clients
from couponadmin.models import ApiClient
from customers.models import Customer
from series.models import Series
from tests.conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def var(settings: Settings, tmp_path: Path) -> Path:
    settings.COUPON_VAR = tmp_path / "new"
    settings.EMBEDDED = True
    return settings.COUPON_VAR


def seed() -> dict[str, Any]:
    said = StringIO()
    call_command("seed_demo", "--json", stdout=said)
    [line] = said.getvalue().splitlines()
    return json.loads(line)


def test_it_makes_a_platform_to_look_at(var: Path, client: Client) -> None:
    made = seed()

    assert made.keys() == {
        "admin_url_path", "username", "password", "client_id", "client_secret", "series_ids",
    }  # fmt: skip
    assert client.login(username=made["username"], password=made["password"])
    assert client.get(made["admin_url_path"]).status_code == 200
    assert Customer.objects.count() == 20
    api = Caller(ApiClient.objects.get(), made["client_secret"])
    listed = api.get("/v2/coupon/series").json()["entity"]
    assert sorted(series["id"] for series in listed) == list(made["series_ids"].values())
    assert all(series["warnings"] == [] for series in listed)


def test_its_client_issues_from_every_series(var: Path) -> None:
    made = seed()
    api = Caller(ApiClient.objects.get(), made["client_secret"])

    for series_id in made["series_ids"].values():
        asked = {"seriesId": series_id, "customer": {"mobile": "12025550101"}}
        response = api.post("/v2/coupon/issue", asked)

        assert response.status_code == 200, response.content
        assert response.json()["customer"]["profiles"][0]["lastName"] == "Customer 1"


def test_it_makes_it_once(var: Path) -> None:
    first = seed()

    assert json.dumps(seed()) == json.dumps(first)
    assert (User.objects.count(), ApiClient.objects.count()) == (1, 1)
    assert (Series.objects.count(), Customer.objects.count()) == (6, 20)


def test_only_the_owner_may_read_the_credentials(var: Path) -> None:
    made = seed()

    kept = var / "demo.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["password"] == made["password"]
    assert [path.name for path in var.iterdir()] == ["demo.json"]


def test_it_makes_new_credentials_where_they_were_lost(var: Path) -> None:
    first = seed()
    (var / "demo.json").unlink()

    second = seed()

    assert first["password"] != second["password"]
    assert User.objects.get().check_password(second["password"])
    assert ApiClient.objects.filter(client_id=second["client_id"]).exists()


def test_it_does_not_undo_what_people_did(var: Path, now: Any) -> None:
    seed()
    user = User.objects.get()
    user.set_password("another one")
    user.save()
    clients.rotate_secret(ApiClient.objects.get(), now=now)

    for _ in range(2):
        again = seed()
        assert (again["password"], again["client_secret"]) == (None, None)

    assert User.objects.get().check_password("another one")


def test_a_new_database_gets_new_credentials(var: Path) -> None:
    first = seed()
    User.objects.all().delete()
    ApiClient.objects.all().delete()

    second = seed()

    assert User.objects.get().check_password(second["password"])
    assert second["client_id"] == ApiClient.objects.get().client_id != first["client_id"]


def test_a_real_server_gets_no_demo_data(var: Path, settings: Settings) -> None:
    settings.EMBEDDED = False

    with pytest.raises(CommandError, match="--force"):
        call_command("seed_demo")

    assert not Series.objects.exists()
    assert not User.objects.exists()
    call_command("seed_demo", "--force", stdout=StringIO())
    assert Series.objects.count() == 6
