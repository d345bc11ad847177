import json
import re
from typing import Any

import pytest
from django.conf import settings

from batches import shapes
from batches.engine import BROKEN
from batches.models import Batch, Chunk
from batches.pool import EXISTS
from couponadmin.errors import ErrorCode
from tests.batches import (
    BATCHES,
    begin,
    upload,
    work,
)
from tests.conftest import Caller
from tests.factories import make_customer, make_series


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
        ({"seriesId": True}, "mobile\n", "file: There are no rows"),
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


CHOSEN = {"filter": {"registeredFrom": "2030-01-01"}}
NAMED = {"customers": [{"mobile": "1"}]}


@pytest.mark.parametrize(
    ("members", "unknown"),
    [
        ({"filter": {"registeredfrom": "2030-01-01"}}, ["filter.registeredfrom"]),
        ({"filter": {"withMobil": True, "withEmail": True}}, ["filter.withMobil"]),
        ({"filter": {"a": 1, "b": 2}}, ["filter.a", "filter.b"]),
        (NAMED | {"dryrun": True}, ["dryrun"]),
        (NAMED | {"dry_run": True, "Count": 7}, ["dry_run", "Count"]),
        (CHOSEN | {"Filter": {}}, ["Filter"]),
    ],
)
def test_a_mistyped_member_does_not_issue_to_everybody(
    client_api: Caller, members: dict[str, Any], unknown: list[str]
) -> None:
    make_customer()
    body = {"seriesIds": [make_series().pk]} | members

    answer = client_api.post(BATCHES, body)

    assert answer.status_code == 400
    assert [(error["code"], error["message"]) for error in answer.json()["errors"]] == [
        (756, f"{name}: There is no such member.") for name in unknown
    ]
    assert not Batch.objects.exists()


def test_of_many_unknown_members_only_some_are_named(client_api: Caller) -> None:
    body = {"seriesIds": [make_series().pk]} | {f"m{number}": 1 for number in range(5_000)}

    answer = client_api.post(BATCHES, body)

    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 10


@pytest.mark.parametrize("place", ["form", "query"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        (BATCHES, "dryrun"),
        (BATCHES, "Force"),
        ("/v2/customers/batches", "dryrun"),
        ("/v2/coupon/series/{}/codes", "dryrun"),
        ("/v2/coupon/series/{}/holders", "dryrun"),
    ],
)
def test_a_mistyped_member_beside_a_file_begins_nothing(
    series_api: Caller, path: str, name: str, place: str
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    fields: dict[str, Any] = {"seriesId": series.pk} if path == BATCHES else {}
    query = f"?{name}=true" if place == "query" else ""
    fields |= {name: "true"} if place == "form" else {}

    rows = "mobile,code\n1,A\n"
    answer = upload(series_api, path.format(series.pk) + query, rows, **fields)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == 756
    assert answer.json()["errors"][0]["message"] == f"{name}: There is no such member."
    assert not Batch.objects.exists()


def test_what_is_documented_goes_on_being_taken(client_api: Caller) -> None:
    series, who = make_series(), {"mobile": make_customer().mobile}
    why = {"sourceType": "a", "sourceId": "b", "sourceActivity": "c", "notes": "d", "reason": "e"}
    body = {"seriesIds": [series.pk], "customers": [who], "count": 1, "metadata": why}
    switches = {"dryRun": "true", "force": "true"}
    rows = f"mobile\n{who['mobile']}\n"

    asked = [
        client_api.post(BATCHES, body | {"dryRun": True, "force": True}),
        client_api.post(f"{BATCHES}?format=json", body),
        client_api.post(f"{BATCHES}?dryRun=true", body),
        upload(client_api, f"{BATCHES}?format=json", rows, seriesId=series.pk, **why, **switches),
        upload(
            client_api,
            f"{BATCHES}?dryRun=true&force=true",
            rows,
            seriesIds=series.pk,
            customerIdentifier="MOBILE",
            count=2,
        ),
    ]

    assert [answer.status_code for answer in asked] == [202] * 5
    states = ["checking", "queued", "checking", "checking", "checking"]
    assert [answer.json()["state"] for answer in asked] == states


def test_a_filter_of_nothing_is_everybody_and_one_that_finds_nobody_is_refused(
    client_api: Caller,
) -> None:
    series = make_series()
    everybody = [make_customer() for _ in range(3)]

    answer = client_api.post(BATCHES, {"seriesIds": [series.pk], "filter": {}})
    nobody = client_api.post(BATCHES, {"seriesIds": [series.pk], **CHOSEN})

    assert (answer.status_code, answer.json()["lines"]) == (202, len(everybody))
    assert nobody.status_code == 400
    assert nobody.json()["errors"][0]["message"] == "filter: No customers are found."
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "header", "named"),
    [
        (BATCHES, "mobile,mobile", "mobile"),
        (BATCHES, "name,Mobile,MOBILE ", "Mobile"),
        ("/v2/customers/batches", "mobile,email,e-mail", "email"),
        ("/v2/customers/batches", "mobile,city,city", "city"),
        ("/v2/coupon/series/{}/codes", "code,CODE", "code"),
        ("/v2/coupon/series/{}/holders", "code,mobile,issuedOn,Issued On", "issuedOn"),
        ("/v2/coupon/series/{}/holders", "code,mobile,mobile", "mobile"),
    ],
)
def test_a_header_names_each_column_once(
    series_api: Caller, path: str, header: str, named: str
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    fields = {"seriesId": series.pk} if path == BATCHES else {}

    answer = upload(series_api, path.format(series.pk), f"{header}\n1,2,3,4\n", **fields)

    assert answer.status_code == 400
    said = f"file: Two columns are named {named}."
    assert answer.json()["errors"][0]["message"] == said
    assert not Batch.objects.exists()


@pytest.mark.parametrize("header", ["mobile,,", "mobile,note,note", "mobile,phone"])
def test_columns_that_are_not_read_may_be_named_as_they_like(
    client_api: Caller, header: str
) -> None:
    rows = f"{header}\n{make_customer().mobile},a,b\n"

    answer = upload(client_api, BATCHES, rows, seriesId=make_series().pk)

    assert answer.status_code == 202


MANY_FIELDS = "".join(
    f'--x\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(1_500)
)


@pytest.mark.parametrize(
    "body",
    [
        f'--x\r\nContent-Disposition: form-data; name="a"; b={"c" * 2_000}\r\n\r\n1\r\n--x--\r\n',
        f"{MANY_FIELDS}--x--\r\n",
        '--x\r\nContent-Disposition: form-data; name="count"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n&&&&&\r\n--x--\r\n",
    ],
)
def test_a_form_that_cannot_be_read_is_refused_as_documented(client_api: Caller, body: str) -> None:
    form = "multipart/form-data; boundary=x"

    answer = client_api.post(BATCHES, body, content_type=form)

    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]][:1] == [756]
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


def test_the_numbers_of_lines_stand_in_the_documents() -> None:
    document = (settings.BASE_DIR / "docs/integrators.md").read_text()
    [told] = re.findall(r"In the lines and `reasons`.*?\n\n", document, re.DOTALL)

    ours = shapes.SENTENCES.keys() - {code.number for code in ErrorCode}

    assert ours == {EXISTS, BROKEN}
    assert all(f"{number} the" in told for number in ours)


def test_the_list_of_batches_has_no_reasons(client_api: Caller) -> None:
    begin(client_api, "mobile\n4711\n", seriesId=make_series().pk)
    work()

    [listed] = client_api.get(BATCHES).json()["batches"]
    shown = client_api.get(f"{BATCHES}/{listed['id']}").json()

    assert [reason["code"] for reason in shown["reasons"]] == [701]
    assert listed == {name: shown[name] for name in shown if name != "reasons"}
