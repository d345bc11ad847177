"""POST /v2/coupon/issue"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from issuance.models import Coupon
from tests.conftest import Caller
from tests.coupons import make_coupon, make_origin
from tests.factories import make_customer, make_series
from tests.samples import differences, sample

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/issue"


def refused(response: Any) -> tuple[int, int, str]:
    [error] = response.json()["errors"]
    assert error["status"] is False
    return response.status_code, error["code"], error["message"]


def test_it_answers_as_documented(client_api: Caller) -> None:
    documented = sample("issue_single_answer")
    make_customer(
        pk=555567088,
        first_name="Abijith",
        last_name="Guptha",
        mobile="11223569865",
        external_id="000003873472",
    )
    make_series(
        pk=544770,
        description="Festival coupon",
        discount_code="erg123",
        info="Evil coupon",
        valid_till_date=date(2036, 5, 9),
    )

    response = client_api.post(URL, sample("issue_single_request"))

    answer = response.json()
    documented["validTill"] = "2036-05-09T00:00:00Z"
    made = {"code", "id", "autoUpdateTime", "validTillDateTime"}
    assert response.status_code == 200
    assert differences(documented, answer, made=made) == []
    assert answer["validTillDateTime"] == "2036-05-09T23:59:59Z"
    coupon = Coupon.objects.issued().get()
    assert (answer["id"], answer["code"]) == (coupon.pk, coupon.code)
    assert answer["customer"]["id"] == 555567088


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("mobile", "+1 (122) 356-9865"),
        ("mobile", 11223569865),
        ("email", "CUSTOMER@Example.com"),
        ("externalId", "000003873472"),
    ],
)
def test_it_finds_the_customer_by_any_identifier(
    client_api: Caller, member: str, value: Any
) -> None:
    customer = make_customer(
        mobile="11223569865", email="customer@example.com", external_id="000003873472"
    )

    response = client_api.post(URL, {"seriesId": make_series().pk, "customer": {member: value}})

    assert response.json().get("customer", {}).get("id") == customer.pk


@pytest.mark.parametrize(
    "customer",
    [
        None,
        {},
        {"id": None, "mobile": "", "externalId": "", "email": ""},
        {"id": 999999},
        {"mobile": "5550000"},
        {"mobile": "11223569865", "email": "other@example.com"},
        {"mobile": "11223569865", "externalId": "unknown"},
    ],
)
def test_it_refuses_a_customer_who_is_not_one(client_api: Caller, customer: Any) -> None:
    make_customer(mobile="11223569865")
    make_customer(email="other@example.com")
    body = {"seriesId": make_series().pk} | ({} if customer is None else {"customer": customer})

    response = client_api.post(URL, body)

    expected = sample("issue_multiple_refusal_701")["errors"][0]
    assert refused(response) == (400, 701, expected["message"])
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "seriesId is mandatory to set"),
        ({"seriesId": None}, "seriesId"),
        ({"seriesId": "x"}, "seriesId: A valid integer is required."),
        ({"seriesId": 1.5}, "seriesId"),
        ({"seriesId": True}, "seriesId"),
        ({"seriesId": [1]}, "seriesId"),
        ({"seriesId": "1" + 30 * "0"}, "seriesId"),
        ({"seriesId": 1, "customer": []}, "customer"),
        ({"seriesId": 1, "customer": "x"}, "customer"),
        ({"seriesId": 1, "customer": {"id": "x"}}, "customer.id"),
        ({"seriesId": 1, "customer": {"mobile": ["5"]}}, "customer.mobile"),
        ({"seriesId": 1, "customer": {"email": 5}}, "customer.email"),
        ({"seriesId": 1, "customer": {"externalId": {}}}, "customer.externalId"),
        ({"seriesId": 1, "customer": {"externalId": "a\0b"}}, "customer.externalId"),
    ],
)
def test_it_refuses_malformed_members_by_name(client_api: Caller, body: Any, message: str) -> None:
    response = client_api.post(URL, {"customer": {"id": make_customer().pk}} | body)

    status, code, sentence = refused(response)
    assert (status, code) == (400, 756)
    assert sentence.startswith(message)
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"valid_till_date": date(2020, 1, 1)}, 713),
        ({"max_create": 0, "is_multiple_vouchers_per_user_allowed": True}, 5001),
        ({"max_vouchers_per_user": 0, "is_multiple_vouchers_per_user_allowed": True}, 5002),
        ({"client_handling_type": "DISC_CODE_PIN"}, 5005),
    ],
)
def test_it_refuses_by_the_rules(client_api: Caller, terms: dict[str, Any], code: int) -> None:
    body = {"seriesId": make_series(**terms).pk, "customer": {"id": make_customer().pk}}

    response = client_api.post(URL, body)

    assert refused(response)[:2] == (400, code)
    assert not Coupon.objects.issued().exists()


def test_it_refuses_an_unknown_series(client_api: Caller) -> None:
    response = client_api.post(URL, {"seriesId": 1, "customer": {"id": make_customer().pk}})

    assert response.json() == sample("issue_multiple_refusal_707")


def test_it_gives_the_coupon_again_with_a_warning(client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "customer": {"id": make_customer().pk}}

    first, again = (client_api.post(URL, body).json() for _ in range(2))

    assert again.pop("warnings")
    assert not first.pop("warnings")
    assert again == first


def test_a_coupon_whose_batch_was_prolonged_is_given_again(client_api: Caller) -> None:
    now = datetime.now(UTC)
    origin = make_origin(expires_at=datetime(2100, 5, 9, 23, 59, 59, tzinfo=UTC))
    series = make_series(valid_till_date=None)
    held = make_coupon(series=series, origin=origin, expires_at=now - timedelta(days=1))
    body = {"seriesId": held.series_id, "customer": {"id": held.customer_id}}

    again = client_api.post(URL, body).json()

    assert again["id"] == held.pk
    assert again["validTillDateTime"] == "2100-05-09T23:59:59Z"


def test_it_refuses_to_give_it_again_where_the_series_says_so(client_api: Caller) -> None:
    series = make_series(do_not_resend_existing_voucher=True)
    body = {"seriesId": series.pk, "customer": {"id": make_customer().pk}}
    client_api.post(URL, body)

    response = client_api.post(URL, body)

    assert response.json() == sample("issue_multiple_refusal_709")


def test_a_series_without_end_gives_a_coupon_without_end(client_api: Caller) -> None:
    series = make_series(valid_till_date=None, discount_type="PERC", discount_value=Decimal("12.5"))

    answer = client_api.post(
        URL, {"seriesId": series.pk, "customer": {"id": make_customer().pk}}
    ).json()

    assert (answer["validTill"], answer["validTillDateTime"]) == (None, None)
    assert answer["discountValue"] == 12.5


def test_a_repeat_with_the_same_key_gets_the_first_answer(client_api: Caller) -> None:
    series = make_series(is_multiple_vouchers_per_user_allowed=True)
    body = {"seriesId": series.pk, "customer": {"id": make_customer().pk}}

    first, again = (client_api.post(URL, body, idempotency_key="till-1-42") for _ in range(2))

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert Coupon.objects.issued().count() == 1
