from typing import Any

import pytest
from django.contrib.auth.models import Group

from batches.models import Batch, Chunk
from couponadmin.roles import WEB_SHOP
from issuance.models import Coupon
from tests.batches import (
    counts,
    holders,
    shown,
    work,
)
from tests.conftest import Caller
from tests.factories import make_customer, make_series

ONE = "/v2/coupon/issue/multiple"
BULK = "/v2/coupon/bulk/issue"
LATER = {"prefer": "respond-async"}


@pytest.mark.parametrize(
    ("series_fields", "issued", "code"),
    [
        ({}, 1, 709),
        ({"is_multiple_vouchers_per_user_allowed": True}, 1200, None),
        (
            {"is_multiple_vouchers_per_user_allowed": True, "max_vouchers_per_user": 700},
            700,
            5002,
        ),
        ({"is_multiple_vouchers_per_user_allowed": True, "max_create": 650}, 650, 5001),
    ],
)
def test_multiple_issues_more_than_500_in_the_background(
    client_api: Caller, series_fields: dict[str, Any], issued: int, code: int | None
) -> None:
    series, ann = make_series(**series_fields), make_customer()
    body = {"seriesId": series.pk, "count": 1200, "customer": {"id": ann.pk}}

    answer = client_api.post(ONE, body, **LATER)
    work()

    batch = shown(client_api, answer.json()["id"])
    assert answer.status_code == 202
    assert counts(batch) == (1200, issued, 1200 - issued)
    assert [reason["code"] for reason in batch["reasons"]] == ([code] if code else [])
    assert holders(series.pk) == [ann.pk] * issued


def test_multiple_answers_at_once_unless_it_is_asked_not_to(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "count": 1, "customer": {"id": make_customer().pk}}

    answer = client_api.post(ONE, body)

    assert answer.status_code == 200
    assert answer.json()["successCount"] == 1
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"count": 0}, 756),
        ({"count": 100_001}, 677),
        ({"customer": {"mobile": "4711"}}, 701),
        ({"seriesId": 4711}, 707),
        ({"seriesId": "x"}, 756),
    ],
)
def test_multiple_in_the_background_refuses_what_is_wrong(
    client_api: Caller, members: dict[str, Any], code: int
) -> None:
    body = {"seriesId": make_series().pk, "count": 600, "customer": {"id": make_customer().pk}}

    answer = client_api.post(ONE, body | members, **LATER)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code
    assert not Batch.objects.exists()
    assert not Chunk.objects.exists()


def test_bulk_issues_to_many_customers_in_the_background(client_api: Caller) -> None:
    series = [make_series() for _ in range(60)]
    customers = [make_customer() for _ in range(3)]
    body = {
        "seriesIds": [it.pk for it in series],
        "customers": [{"mobile": it.mobile} for it in customers],
        "metadata": {"sourceType": "campaign", "notes": "spring"},
    }

    answer = client_api.post(f"{BULK}?source=shop", body, prefer="respond-async, wait=5")
    work()

    assert answer.status_code == 202
    assert counts(shown(client_api, answer.json()["id"])) == (180, 180, 0)
    origin = Coupon.objects.filter(customer=customers[0]).first().origin
    assert (origin.source, origin.source_type, origin.notes) == ("shop", "campaign", "spring")


def test_too_many_in_the_background_are_told_how_many_there_may_be(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "count": 100_001, "customer": {"id": make_customer().pk}}

    [later] = client_api.post(ONE, body, **LATER).json()["errors"]
    [now] = client_api.post(ONE, body).json()["errors"]

    assert later["code"] == now["code"] == 677
    assert later["message"] == "Invalid coupon count. Minimum 1 and Maximum 100000."
    assert now["message"] == "Invalid coupon count. Minimum 1 and Maximum 500."


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, 701),
        ({"customer": {}}, 701),
        ({"customer": None}, 701),
        ({"customer": {"id": "", "mobile": None}}, 701),
        ({"customer": {"mobile": "4711"}, "customers": [{"mobile": "4712"}]}, 756),
        ({"customer": {}, "customers": [{"mobile": "4712"}]}, 756),
        ({"customers": []}, 756),
        ({"customers": None}, 756),
    ],
)
def test_bulk_in_the_background_needs_customer_or_customers(
    client_api: Caller, members: dict[str, Any], code: int
) -> None:
    answer = client_api.post(BULK, {"seriesIds": [make_series().pk]} | members, **LATER)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code
    assert not Batch.objects.exists()


@pytest.mark.parametrize(("path", "prefer"), [(ONE, LATER), (BULK, LATER), (BULK, {})])
def test_the_documented_calls_pass_over_members_that_they_do_not_know(
    client_api: Caller, path: str, prefer: dict[str, str]
) -> None:
    who = {"customer": {"id": make_customer().pk}, "tillSoftware": "7.1", "dryrun": True}
    body = {"seriesId": make_series().pk} if path == ONE else {"seriesIds": [make_series().pk]}

    assert client_api.post(path, body | who, **prefer).status_code in (200, 202)


@pytest.mark.parametrize("path", [ONE, BULK])
def test_who_may_not_look_at_batches_begins_none(client_api: Caller, path: str) -> None:
    client_api.client.groups.set([Group.objects.get(name=WEB_SHOP)])
    series, customer = make_series(), {"id": make_customer().pk}
    body = {"seriesId": series.pk, "seriesIds": [series.pk], "count": 1, "customer": customer}

    answer = client_api.post(path, body, **LATER)

    assert answer.status_code == 403
    assert not Batch.objects.exists()
    assert client_api.post(path, body).status_code == 200
