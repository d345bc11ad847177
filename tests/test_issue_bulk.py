"""POST /v2/coupon/bulk/issue"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from issuance.models import Coupon, Origin
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.samples import differences, sample

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/bulk/issue"


def test_it_answers_as_documented(client_api: Caller) -> None:
    request, documented = sample("issue_bulk_request"), sample("issue_bulk_answer")
    request["seriesIds"] = [entry["entityId"] for entry in documented["response"]]
    make_customer(pk=566881933)
    for entry in documented["response"]:
        make_series(
            pk=entry["entityId"],
            description=entry["result"]["description"],
            info=entry["result"]["detailedInfo"],
            discount_code=entry["result"]["discountCode"],
            discount_value=Decimal(entry["result"]["discountValue"]),
            alpha_numeric=False,
            random_code_length=9,
            valid_till_date=date(2036, 6, 11),
        )
        entry["result"] |= {
            "validTill": "2036-06-11T00:00:00Z",
            "validTillDateTime": "2036-06-11T23:59:59Z",
        }

    response = client_api.post(f"{URL}?source=campaign", request)

    assert response.status_code == 200
    assert differences(documented, response.json(), made={"code", "id"}) == []
    origin = Origin.objects.get()
    assert origin.source == "campaign"
    assert origin.notes == "Issued as part of loyalty tier upgrade batch"
    assert origin.source_id == "journey-block-001"


def test_a_failing_series_leaves_the_others_issued(client_api: Caller) -> None:
    good, over = make_series(), make_series(valid_till_date=date(2020, 1, 1))
    ids = [over.pk, 999999, good.pk]

    response = client_api.post(URL, {"seriesIds": ids, "customer": {"id": make_customer().pk}})

    answer = response.json()
    assert response.status_code == 200
    assert [entry["entityId"] for entry in answer["response"]] == ids
    assert [entry["result"] is None for entry in answer["response"]] == [True, True, False]
    codes = [[error["code"] for error in entry["errors"]] for entry in answer["response"]]
    assert codes == [[713], [707], []]
    assert (answer["totalCount"], answer["failureCount"]) == (3, 2)
    assert Coupon.objects.issued().count() == 1


def test_an_unknown_customer_refuses_the_whole_request(client_api: Caller) -> None:
    response = client_api.post(URL, {"seriesIds": [make_series().pk], "customer": {"id": 9}})

    assert response.status_code == 400
    assert response.json() == sample("issue_multiple_refusal_701")
    assert not Coupon.objects.exists()


def test_it_gives_a_held_coupon_again_with_a_warning(client_api: Caller) -> None:
    body = {"seriesIds": [make_series().pk], "customer": {"id": make_customer().pk}}

    first, again = (client_api.post(URL, body).json()["response"][0] for _ in range(2))

    assert again["result"] == first["result"]
    assert again["warnings"]
    assert not first["warnings"]
    assert Coupon.objects.issued().count() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seriesIds": []}, "seriesIds"),
        ({"seriesIds": None}, "seriesIds"),
        ({"seriesIds": "x"}, "seriesIds"),
        ({"seriesIds": [1, None]}, "seriesIds"),
        ({"seriesIds": list(range(51))}, "seriesIds"),
        ({"customer": 5}, "customer"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"sourceId": "x" * 51}}, "metadata.sourceId"),
    ],
)
def test_it_refuses_malformed_members_by_name(
    client_api: Caller, change: dict[str, Any], message: str
) -> None:
    body = {"seriesIds": [make_series().pk], "customer": {"id": make_customer().pk}}

    response = client_api.post(URL, body | change)

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, 756)
    assert error["message"].startswith(message)
    assert not Coupon.objects.exists()


def test_it_needs_the_series(client_api: Caller) -> None:
    response = client_api.post(URL, {"customer": {"id": make_customer().pk}})

    assert response.json()["errors"][0]["message"] == "seriesIds is mandatory to set"
