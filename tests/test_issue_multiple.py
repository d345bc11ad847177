"""POST /v2/coupon/issue/multiple"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from issuance.models import Coupon
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.samples import differences, sample

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/issue/multiple"
MANY = {"is_multiple_vouchers_per_user_allowed": True}
# Values that the server makes. The samples' ids of the configuration and its counters are zeros.
MADE = {
    "code",
    "couponId",
    "id",
    "userId",
    "autoUpdateTime",
    "fixedExpiryDate",
    "numTotal",
    "latestIssualTime",
    "randomCodeLength",
}
PERSON = {
    "first_name": "Abijith",
    "last_name": "Gupta",
    "mobile": "11223569865",
    "external_id": "000003873472",
}


def described(text: str, **terms: Any) -> dict[str, Any]:
    return {"description": text, "info": text, "alpha_numeric": False} | terms


@pytest.mark.parametrize("request_name", ["mobile", "email", "external_id"])
def test_it_answers_as_documented(client_api: Caller, request_name: str) -> None:
    request = sample(f"issue_multiple_request_{request_name}")
    documented = sample("issue_multiple_answer_two")
    [(member, value)] = request["customer"].items()
    column = {"externalId": "external_id"}.get(member, member)
    make_customer(**PERSON | {column: value})
    make_series(pk=request["seriesId"], **described("IKEA - 500KW Voucher ", **MANY))

    response = client_api.post(URL, request)

    answer = response.json()
    if request_name != "mobile":
        documented["customer"] = answer["customer"]
    assert response.status_code == 200
    assert differences(documented, answer, made=MADE) == []
    stored = Coupon.objects.issued().values_list("code", "pk")
    assert {(c["code"], c["couponId"]) for c in answer["coupons"]} == set(stored)
    assert all(c["code"].isdigit() and len(c["code"]) == 10 for c in answer["coupons"])


def test_it_answers_for_a_generic_series_as_documented(client_api: Caller) -> None:
    documented = sample("issue_multiple_answer_generic")
    customer = make_customer(**PERSON)
    series = make_series(
        client_handling_type="GENERIC",
        generic_code="DECATH10",
        discount_value=Decimal(100),
        **described("10% off Decathlon Products") | {"info": "10% off Decathlon Prodcuts"},
    )

    answer = client_api.post(
        URL, {"seriesId": series.pk, "count": 1, "customer": {"id": customer.pk}}
    ).json()

    assert differences(documented, answer, made=MADE - {"code"}) == []


def test_it_issues_what_it_may_and_says_why_not_more(client_api: Caller) -> None:
    documented = sample("issue_multiple_answer_partial")
    documented["errors"][0]["warningCode"] = 679
    customer = make_customer(
        first_name="plerthprth",
        last_name="gmmlzilbpg",
        email="customer@example.com",
        mobile="918028464628",
        external_id="x918028464628",
    )
    series = make_series(discount_value=Decimal(1), **described("Only 1 issual"))

    response = client_api.post(
        URL, {"seriesId": series.pk, "count": 2, "customer": {"id": customer.pk}}
    )

    assert response.status_code == 200
    assert differences(documented, response.json(), made=MADE) == []
    assert Coupon.objects.issued().count() == 1


@pytest.mark.parametrize(
    ("terms", "count", "issued", "code", "twin"),
    [
        (MANY | {"max_create": 2}, 3, 2, 5001, 626),
        (MANY | {"max_vouchers_per_user": 2}, 3, 2, 5002, 621),
        ({"client_handling_type": "GENERIC", "generic_code": "G"}, 2, 1, 5004, 679),
        (MANY | {"min_days_between_vouchers": 5}, 2, 1, 709, None),
    ],
)
def test_a_partial_success_names_both_numbers(
    client_api: Caller, terms: dict[str, Any], count: int, issued: int, code: int, twin: int | None
) -> None:
    body = {"seriesId": make_series(**terms).pk, "count": count}

    answer = client_api.post(URL, body | {"customer": {"id": make_customer().pk}}).json()

    [error] = answer["errors"]
    assert (error["code"], error.get("warningCode")) == (code, twin)
    counts = answer["totalCount"], answer["successCount"], answer["failureCount"]
    assert counts == (count, issued, count - issued)
    assert len(answer["coupons"]) == issued == Coupon.objects.issued().count()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"count": 501}, "677"),
        ({"count": 10**12}, "677"),
        ({"count": 0}, "756_count"),
        ({"count": -1}, "756_count"),
        ({"seriesId": None}, "756_seriesid"),
        ({"seriesId": 999}, "707"),
        ({"customer": {"mobile": "000"}}, "701"),
    ],
)
def test_it_refuses_as_documented(client_api: Caller, change: dict[str, Any], name: str) -> None:
    body = {"seriesId": make_series().pk, "count": 1, "customer": {"id": make_customer().pk}}
    body |= change
    if body["seriesId"] is None:
        del body["seriesId"]

    response = client_api.post(URL, body)

    assert response.status_code == 400
    assert response.json() == sample(f"issue_multiple_refusal_{name}")
    assert not Coupon.objects.exists()


def test_it_refuses_a_series_that_is_over_as_documented(client_api: Caller) -> None:
    series = make_series(valid_till_date=date(2020, 1, 1))

    response = client_api.post(URL, {"seriesId": series.pk, "customer": {"id": make_customer().pk}})

    assert response.json() == sample("issue_multiple_refusal_713")


def test_it_never_gives_a_held_coupon_again(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "customer": {"id": make_customer().pk}}
    client_api.post(URL, body)

    response = client_api.post(URL, body)

    assert response.status_code == 400
    assert response.json() == sample("issue_multiple_refusal_709")


def test_the_count_is_one_if_nothing_is_said(client_api: Caller) -> None:
    body = {"seriesIds": make_series(**MANY).pk, "customer": {"id": make_customer().pk}}

    assert client_api.post(URL, body).json()["totalCount"] == 1


def test_it_issues_500_at_once(client_api: Caller) -> None:
    body = {"seriesId": make_series(**MANY).pk, "customer": {"id": make_customer().pk}}

    answer = client_api.post(URL, body | {"count": 500}).json()

    assert answer["successCount"] == len({coupon["code"] for coupon in answer["coupons"]}) == 500


def test_several_series_are_issued_in_order(client_api: Caller) -> None:
    request = sample("issue_multiple_request_several_series")
    make_customer(**PERSON)
    for pk in request["seriesId"]:
        make_series(pk=pk, **MANY)

    answer = client_api.post(URL, request).json()

    assert [coupon["seriesId"] for coupon in answer["coupons"]] == [415446, 415446, 535521, 535521]
    assert answer["couponConfig"] == answer["couponConfigs"][0]
    assert [len(answer["couponConfigs"]), answer["totalCount"]] == [2, 4]


def test_one_of_several_series_may_fail(client_api: Caller) -> None:
    good, over = make_series(**MANY), make_series(valid_till_date=date(2020, 1, 1))
    body = {"seriesId": [over.pk, good.pk], "count": 2, "customer": {"id": make_customer().pk}}

    response = client_api.post(URL, body)

    answer = response.json()
    assert response.status_code == 200
    assert [answer["successCount"], answer["failureCount"]] == [2, 2]
    assert [(error["code"], error["seriesId"]) for error in answer["errors"]] == [(713, over.pk)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": "x"}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": None}, "count"),
        ({"seriesId": []}, "seriesId"),
        ({"seriesId": [1, "x"]}, "seriesId"),
        ({"seriesId": list(range(51))}, "seriesId"),
        ({"seriesIds": 7}, "seriesIds"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"notes": "x" * 251}}, "metadata.notes"),
        ({"metadata": {"sourceType": "x" * 51}}, "metadata.sourceType"),
        ({"metadata": {"reason": 5 * ["x"]}}, "metadata.reason"),
    ],
)
def test_it_refuses_malformed_members_by_name(
    client_api: Caller, change: dict[str, Any], message: str
) -> None:
    body = {"seriesId": make_series().pk, "count": 1, "customer": {"id": make_customer().pk}}

    response = client_api.post(URL, body | change)

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, 756)
    assert error["message"].startswith(message)
    assert not Coupon.objects.exists()


def test_null_is_no_metadata(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "customer": {"id": make_customer().pk}}

    assert client_api.post(URL, body | {"metadata": None}).json()["successCount"] == 1
    assert Coupon.objects.issued().get().origin.reason == ""


def test_it_keeps_who_asked_and_why(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "customer": {"id": make_customer().pk}}

    client_api.post(URL, body | {"metadata": {"sourceType": "POS", "reason": "goodwill"}})

    origin = Coupon.objects.issued().get().origin
    assert (origin.client, origin.source_type, origin.reason) == (
        client_api.client,
        "POS",
        "goodwill",
    )
