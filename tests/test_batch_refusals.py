import json
from typing import Any

import pytest

from batches.models import Batch, Chunk
from tests.batches import (
    BATCHES,
    upload,
)
from tests.conftest import Caller
from tests.factories import make_series


@pytest.mark.parametrize(
    ("fields", "rows", "words"),
    [
        ({"seriesId": 4711}, "mobile\n1\n", "Coupon Series ID is invalid"),
        ({}, "mobile\n1\n", "seriesId is mandatory to set"),
        ({"seriesId": "x"}, "mobile\n1\n", "seriesId: A valid integer is required."),
        ({"seriesId": True, "count": 0}, "mobile\n1\n", "count should be greater than 0"),
        ({"seriesId": True, "count": 501}, "mobile\n1\n", "Invalid coupon count"),
        ({"seriesId": True, "customerIdentifier": "X"}, "mobile\n1\n", "customerIdentifier:"),
        ({"seriesId": True, "customerIdentifier": "EMAIL"}, "a,b\n1,2\n", "named email"),
        ({"seriesId": True}, "number\n1\n", "customerIdentifier is mandatory"),
        ({"seriesId": True}, "mobile\n", "There are no rows"),
        ({"seriesId": True}, "", "file"),
        ({"seriesId": True, "notes": "x" * 251}, "mobile\n1\n", "notes:"),
    ],
)
def test_it_refuses_a_file_that_makes_no_batch(
    client_api: Caller, fields: dict[str, Any], rows: str, words: str
) -> None:
    if fields.get("seriesId") is True:
        fields = fields | {"seriesId": make_series().pk}

    answer = upload(client_api, BATCHES, rows, **fields)

    assert answer.status_code == 400
    assert words in answer.json()["errors"][0]["message"]
    assert not Batch.objects.exists()
    assert not Chunk.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seriesIds": [1]},
        {"seriesIds": [1], "customers": [], "count": 1},
        {"seriesIds": [1], "customers": {"id": 1}},
        {"seriesIds": [1], "customers": [7]},
        {"seriesIds": [1], "customers": [{"mobile": ["x"]}]},
        {"seriesIds": [1], "customers": [{"id": 1}], "filter": {}},
        {"seriesIds": [1], "filter": {"registeredFrom": "2026-02-30"}},
        {"seriesIds": [2**70], "customers": [{"id": 1}]},
        {"seriesIds": [1] * 1001, "customers": [{"id": 1}]},
        {"seriesIds": [1], "customers": [{"id": 1}], "count": 1e400},
    ],
)
def test_it_refuses_json_that_makes_no_batch(client_api: Caller, body: dict[str, Any]) -> None:
    answer = client_api.post(BATCHES, json.dumps(body))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == 756
    assert not Batch.objects.exists()


def test_a_file_may_not_be_larger_than_allowed(client_api: Caller, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000

    answer = upload(client_api, BATCHES, "mobile\n" + "1\n" * 2_000, seriesId=make_series().pk)

    assert answer.status_code == 400
    assert "too large" in answer.json()["errors"][0]["message"]
    assert not Batch.objects.exists()


def test_the_same_key_begins_one_batch(client_api: Caller) -> None:
    fields = {"seriesId": make_series().pk, "force": "true", "http_idempotency_key": "again"}
    rows = "mobile\n" + "1\n" * 200_000

    first = upload(client_api, BATCHES, rows, **fields)
    second = upload(client_api, BATCHES, rows, **fields)
    other = upload(client_api, BATCHES, rows + "2\n", **fields)

    assert first.status_code == second.status_code == 202
    assert first.json()["id"] == second.json()["id"]
    assert second["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert Batch.objects.count() == 1


def test_it_needs_the_permission_to_issue(new_caller: Any) -> None:
    caller = new_caller()
    caller.client.groups.clear()

    answer = upload(caller, BATCHES, "mobile\n1\n", seriesId=make_series().pk)

    assert answer.status_code == 403
    assert not Batch.objects.exists()


def test_an_unknown_batch_is_not_found(client_api: Caller) -> None:
    for batch_id in (4711, 2**80):
        assert client_api.get(f"{BATCHES}/{batch_id}").status_code == 404
        assert client_api.post(f"{BATCHES}/{batch_id}/cancel").status_code == 404
