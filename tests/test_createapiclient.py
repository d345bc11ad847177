"""`manage.py createapiclient` makes a client and shows its secret once."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from couponadmin import auth, roles
from couponadmin.models import ApiClient

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("createapiclient", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_id_and_secret_as_one_line_of_json() -> None:
    printed = run("Till 7", "--json")

    assert printed.count("\n") == 1
    made = json.loads(printed)
    assert list(made) == ["id", "secret"]
    client = auth.client_with(made["id"], made["secret"])
    assert client.name == "Till 7"
    assert client.rate_per_minute is None
    assert [group.name for group in client.groups.all()] == [roles.DEFAULT_ACCESS]


def test_it_prints_id_and_secret_for_people() -> None:
    first, second = run("Till 7").splitlines()

    assert first.startswith("id:     ")
    assert second.startswith("secret: ")
    assert auth.client_with(first[8:], second[8:])


def test_it_keeps_only_a_checksum_of_the_secret() -> None:
    made = json.loads(run("Till 7", "--json"))
    stored = ApiClient.objects.values().get()

    assert len(made["secret"]) == 43  # 256 bits in base64
    assert not any(made["secret"] in str(value) for value in stored.values())


def test_it_may_write_series_and_has_its_own_rate() -> None:
    run("Back office", "--series-write", "--rate", "0")

    client = ApiClient.objects.get()
    assert client.rate_per_minute == 0
    assert {"series.add_series", "series.change_series", "issuance.add_coupon"} <= (
        client.permissions()
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [""],
        [" "],
        ["a" * 101],
        ["nul\0"],
        ["Till", "--rate", "-1"],
        ["Till", "--rate", "many"],
        ["Till", "--rate", "2147483648"],
    ],
    ids=str,
)
def test_it_refuses_what_it_cannot_store(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)

    assert not ApiClient.objects.exists()
