from typing import Any

import pytest
from django.utils import timezone

from batches.progress import beat
from issuance.models import Coupon
from tests.batches import (
    BATCHES,
    begin,
    counts,
    csv_of,
    finished,
    holders,
    lines,
    shown,
    upload,
    work,
)
from tests.conftest import Caller
from tests.factories import make_customer, make_series


def test_it_issues_to_the_customers_of_a_file(client_api: Caller) -> None:
    series = make_series()
    customers = [make_customer() for _ in range(5)]
    rows = csv_of([["mobile"], *([it.mobile] for it in customers), ["4711"]])

    answer = upload(client_api, BATCHES, rows, seriesId=series.pk, customerIdentifier="MOBILE")

    batch_id = answer.json()["id"]
    assert answer.status_code == 202
    assert answer["Location"] == f"{BATCHES}/{batch_id}"
    assert answer["Preference-Applied"] == "respond-async"
    assert answer.json()["state"] == "queued"
    assert counts(answer.json()) == (6, 0, 0)
    assert not Coupon.objects.exists()
    work()
    batch = shown(client_api, batch_id)
    assert batch["state"] == "done"
    assert counts(batch) == (6, 5, 1)
    assert batch["percent"] == 100
    assert batch["eta"] is None
    assert [reason["code"] for reason in batch["reasons"]] == [701]
    assert holders(series.pk) == [customer.pk for customer in customers]


@pytest.mark.parametrize(
    ("identifier", "column", "written"),
    [
        ("MOBILE", "mobile", "+91 (98765) 432-10"),
        ("EMAIL", "email", "ANN@Example.com "),
        ("EXTERNAL_ID", "external_id", "A-1"),
        ("EXTERNAL_ID", "external_id", " A-1 "),
    ],
)
def test_it_finds_customers_as_the_other_calls_do(
    client_api: Caller, identifier: str, column: str, written: str
) -> None:
    stored = {"mobile": "919876543210", "email": "ann@example.com", "external_id": "A-1"}
    make_customer(**{column: stored[column]})
    rows = csv_of([["customer"], [written]])

    batch = finished(client_api, rows, seriesId=make_series().pk, customerIdentifier=identifier)

    assert counts(batch) == (1, 1, 0)


def test_it_normalises_mobile_numbers_that_are_not_found_as_they_are(
    client_api: Caller, settings: Any
) -> None:
    settings.COUNTRY_CODE_REGION = "IN"
    make_customer(mobile="919876543210")

    batch = finished(
        client_api, "mobile\n09876543210\n", seriesId=make_series().pk, customerIdentifier="MOBILE"
    )

    assert counts(batch) == (1, 1, 0)


def test_identifiers_of_different_customers_are_nobody(client_api: Caller) -> None:
    ann, bob = make_customer(email="ann@example.com"), make_customer(email="bob@example.com")
    rows = csv_of(
        [
            ["userId", "email"],
            [ann.pk, bob.email],
            [ann.pk, "nobody@example.com"],
            ["", ""],
            ["9" * 40, ""],
            ["", ann.email],
            [bob.pk, bob.email],
        ]
    )
    series = make_series()

    batch = finished(client_api, rows.replace("\r\n,\r\n", '\r\n," ",x\r\n'), seriesId=series.pk)

    assert counts(batch) == (6, 2, 4)
    assert holders(series.pk) == [ann.pk, bob.pk]


def test_the_id_of_a_merged_customer_names_the_one_who_is_left(client_api: Caller) -> None:
    ann = make_customer()
    gone = make_customer(mobile=None, merged_into=ann)
    series = make_series()

    batch = finished(client_api, f"userId\n{gone.pk}\n{ann.pk}\n", seriesId=series.pk)

    assert counts(batch) == (2, 1, 1)
    assert holders(series.pk) == [ann.pk]


def test_it_takes_customers_and_several_series_as_json(client_api: Caller) -> None:
    ann, bob = make_customer(), make_customer()
    many = make_series(is_multiple_vouchers_per_user_allowed=True, max_vouchers_per_user=2)
    one = make_series()
    body = {
        "seriesIds": [many.pk, one.pk],
        "customers": [{"mobile": ann.mobile}, {"id": bob.pk}, {"email": "no@body.example"}],
        "count": 3,
    }

    answer = client_api.post(BATCHES, body)
    work()

    batch = shown(client_api, answer.json()["id"])
    # 3 customers x 2 series x 3; each known customer gets 2 of the one and 1 of the other.
    assert counts(batch) == (18, 6, 12)
    assert {it["code"]: it["count"] for it in batch["reasons"]} == {701: 6, 5002: 2, 5004: 4}
    assert holders(many.pk) == [ann.pk, ann.pk, bob.pk, bob.pk]
    assert holders(one.pk) == [ann.pk, bob.pk]


def test_it_takes_the_customers_of_a_filter(client_api: Caller) -> None:
    make_customer(mobile="1")
    ann = make_customer(email="ann@example.com")
    series = make_series()

    body = {"seriesIds": [series.pk], "filter": {"withEmail": True}}
    answer = client_api.post(BATCHES, body)
    work()

    assert counts(shown(client_api, answer.json()["id"])) == (1, 1, 0)
    assert holders(series.pk) == [ann.pk]


def test_the_coupons_tell_why_they_were_issued(client_api: Caller) -> None:
    ann = make_customer()
    batch_id = begin(
        client_api,
        f"mobile\n{ann.mobile}\n",
        seriesId=make_series().pk,
        sourceType="campaign",
        sourceId="17",
        sourceActivity="launch",
        notes="to all",
        reason="spring",
    )
    work()

    code = lines(client_api, batch_id, state="issued")[0]["coupons"][0]["code"]
    found = client_api.get(f"/v2/coupon?couponCodes={code}&includeIssualDetails=true").json()
    text = str(found)
    assert all(word in text for word in ("campaign", "17", "launch", "to all", "spring"))


def test_it_lists_batches_the_newest_first(client_api: Caller) -> None:
    series = make_series()
    ids = [begin(client_api, f"mobile\n{n}\n", seriesId=series.pk) for n in range(3)]

    answer = client_api.get(f"{BATCHES}?limit=2").json()

    assert [batch["id"] for batch in answer["batches"]] == ids[:0:-1]
    assert answer["total"] == 3


@pytest.mark.parametrize(
    ("named", "sent", "told"),
    [
        ("EXTERNAL_ID", "M-1\n", "because no column is named externalId."),
        ("EXTERNAL_ID", "externalId\nM-1\n", None),
        ("EXTERNAL_ID", "customer\nM-1\n", None),
        ("USER_ID", "4711\n", "because no column is named customerId."),
    ],
)
def test_it_says_that_the_first_row_was_taken_for_a_line(
    client_api: Caller, named: str, sent: str, told: str | None
) -> None:
    beat("worker@host", now=timezone.now())

    answer = upload(
        client_api, BATCHES, sent, seriesId=make_series().pk, customerIdentifier=named
    ).json()

    assert answer["lines"] == 1
    assert answer["warnings"] == ([f"The first row was taken for data, {told}"] if told else [])
