"""GET /v2/coupon"""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from couponadmin import auth
from couponadmin.roles import permissions_named
from issuance import lookups
from issuance.asks import Ask, Purpose
from issuance.models import Coupon
from issuance.services import issue
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

URL = "/v2/coupon"


def read(caller: Caller, **parameters: Any) -> HttpResponse:
    return caller.get(f"{URL}?{urlencode(parameters, doseq=True)}")


def codes(response: HttpResponse) -> list[str]:
    return [coupon["code"] for coupon in response.json()["data"]]


def test_it_answers_as_documented(client_api: Caller) -> None:
    series = make_series(
        description="Festival coupon",
        discount_code="XMM123",
        discount_upto=50,
        info="Ten off",
        valid_till_date=None,
    )
    end = datetime(2030, 5, 9, 23, 59, 59, tzinfo=UTC)
    coupon = make_coupon(series=series, code="GEV8LUGIDD", expires_at=end)

    response = read(client_api, couponCodes="GEV8LUGIDD")

    assert response.status_code == 200
    assert response.json() == {
        "data": [
            {
                "code": "GEV8LUGIDD",
                "seriesId": series.pk,
                "description": "Festival coupon",
                "discountCode": "XMM123",
                "validTill": "2030-05-09T00:00:00Z",
                "validTillDateTime": "2030-05-09T23:59:59Z",
                "discountType": "ABS",
                "discountValue": 500.0,
                "discountUpto": 50.0,
                "discountOn": "BILL",
                "detailedInfo": "Ten off",
                "id": coupon.pk,
                "redemptionCount": 0,
                "redemptionsLeft": 1,
                "issuedToUserId": coupon.customer_id,
                "isRevoked": False,
                "isPaused": False,
            }
        ],
        "warnings": [],
        "errors": [],
    }


def test_it_finds_by_id_by_code_and_by_customer(client_api: Caller) -> None:
    by_id, by_code, other = (make_coupon() for _ in range(3))

    found = read(client_api, couponIds=by_id.pk, couponCodes=by_code.code)
    of_customer = read(client_api, issuedToIds=other.customer_id)
    both = read(client_api, couponCodes=by_code.code, issuedToIds=other.customer_id)

    assert set(codes(found)) == {by_id.code, by_code.code}
    assert codes(of_customer) == [other.code]
    assert codes(both) == []


@pytest.mark.parametrize("typed", ["abcd1234", " ABCD1234 ", "AbCd1234"])
def test_case_and_blanks_of_a_code_do_not_matter(client_api: Caller, typed: str) -> None:
    make_coupon(code="ABCD1234")

    assert codes(read(client_api, couponCodes=typed)) == ["ABCD1234"]


@pytest.mark.parametrize("given", [["A1", "B2"], ["A1,B2"], ["A1, B2,", ""], ["b2", "a1,B2"]])
def test_values_are_repeated_or_stand_in_a_comma_list(client_api: Caller, given: list[str]) -> None:
    customer = make_customer()
    make_coupon(code="A1", customer=customer)
    make_coupon(code="B2", customer=customer)

    assert codes(read(client_api, couponCodes=given)) == ["B2", "A1"]


@pytest.mark.parametrize(
    ("case", "code"), [("LOWER", "ab1"), ("UPPER", "AB1"), ("AS_IT_IS", "AB1"), ("lower", "ab1")]
)
def test_codes_come_in_the_letters_asked_for(client_api: Caller, case: str, code: str) -> None:
    make_coupon(code="AB1")

    assert codes(read(client_api, couponCodes="ab1", coupon_code_case=case)) == [code]


def test_what_is_not_found_is_named_beside_the_others(client_api: Caller) -> None:
    coupon = make_coupon()
    make_free_code(make_series(client_handling_type="DISC_CODE_PIN"), "WAITING")

    response = read(client_api, couponCodes=[coupon.code, "waiting", "NOPE"], couponIds=[2**60])

    assert response.status_code == 200
    assert codes(response) == [coupon.code]
    assert [(error["code"], error["message"]) for error in response.json()["errors"]] == [
        (702, f"The coupon code could not be found: id {2**60}"),
        (702, "The coupon code could not be found: WAITING"),
        (702, "The coupon code could not be found: NOPE"),
    ]


def test_a_generic_code_is_found_with_its_customer_only(client_api: Caller) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    coupon = make_coupon(series=series, code="SALE20", shared=True)
    make_coupon(series=series, code="SALE20", shared=True)

    alone = read(client_api, couponCodes="sale20")
    with_customer = read(client_api, couponCodes="sale20", issuedToIds=coupon.customer_id)

    assert alone.json()["data"] == []
    assert alone.json()["errors"][0]["code"] == 695
    assert [found["id"] for found in with_customer.json()["data"]] == [coupon.pk]
    assert with_customer.json()["errors"] == []


def test_a_revoked_coupon_is_found_and_said_to_be_revoked(client_api: Caller, now: Any) -> None:
    coupon = make_coupon(revoked_at=now)

    assert read(client_api, couponIds=coupon.pk).json()["data"][0]["isRevoked"] is True


@pytest.mark.parametrize("paused", [True, False])
def test_a_coupon_whose_batch_is_paused_says_so(
    client_api: Caller, now: datetime, paused: bool
) -> None:
    coupon = make_coupon(origin=make_origin(paused_at=now if paused else None))

    [found] = read(client_api, couponIds=coupon.pk).json()["data"]
    listed = client_api.get(f"/v2/customers/coupons?id={coupon.customer_id}").json()

    [held] = listed["entity"]["customers"][0]["coupons"]
    assert found["isPaused"] is held["isPaused"] is paused


def test_a_coupon_without_end_has_none(client_api: Caller) -> None:
    coupon = make_coupon(series=make_series(valid_till_date=None), expires_at=None)

    [found] = read(client_api, couponIds=coupon.pk).json()["data"]

    assert (found["validTill"], found["validTillDateTime"]) == (None, None)


def test_a_coupon_ends_with_its_series(client_api: Caller) -> None:
    series = make_series(valid_till_date=date(2027, 1, 31))
    coupon = make_coupon(series=series, expires_at=datetime(2030, 6, 1, tzinfo=UTC))

    [found] = read(client_api, couponIds=coupon.pk).json()["data"]

    assert found["validTillDateTime"] == "2027-01-31T23:59:59Z"


def test_it_shows_the_series_when_asked(client_api: Caller, now: datetime) -> None:
    series, customer = make_series(), make_customer()
    [answer] = issue([Ask(series.pk, customer.pk)], now=now, purpose=Purpose())
    [coupon] = answer.coupons
    end = series.valid_till_date

    [plain] = read(client_api, couponCodes=coupon.code).json()["data"]
    [shown] = read(client_api, couponCodes=coupon.code, showCouponSeries="true").json()["data"]

    assert "couponSeries" not in plain
    assert shown["couponSeries"]["id"] == series.pk
    assert shown["couponSeries"]["numIssued"] == 1
    assert shown["couponSeries"]["validTillDateTime"] == f"{end}T23:59:59Z"
    assert shown["couponSeries"]["validTillISODate"] == str(end)
    assert "warnings" not in shown["couponSeries"]


def test_it_shows_why_a_coupon_was_issued_when_asked(client_api: Caller) -> None:
    origin = make_origin(
        client=client_api.client,
        source="POS",
        source_type="Journeys",
        source_id="block-1",
        source_activity="Tier upgrade",
        notes="Approved",
        reason="Goodwill",
    )
    issued_at = datetime(2026, 5, 9, 10, tzinfo=UTC)
    coupon = make_coupon(origin=origin, issued_at=issued_at)

    [plain] = read(client_api, couponIds=coupon.pk).json()["data"]
    [shown] = read(client_api, couponIds=coupon.pk, includeIssualDetails="true").json()["data"]

    assert "couponIssualDetails" not in plain
    assert shown["couponIssualDetails"] == {
        "sourceType": "Journeys",
        "sourceId": "block-1",
        "sourceActivity": "Tier upgrade",
        "notes": "Approved",
        "reason": "Goodwill",
        "source": "POS",
        "issuedBy": "till",
        "issuedOn": "2026-05-09T10:00:00Z",
    }


def test_it_gives_the_messages_filled_in(client_api: Caller) -> None:
    series = make_series(
        description="Festival",
        sms_template="Hello {{fullname}}: {{voucher_code}}, {{offer_name}}, till {{expiry_date}}.",
        short_sms_template="{{voucher}} {{valid_days_from_create}}",
        valid_till_date=None,
    )
    coupon = make_coupon(
        series=series,
        customer=make_customer(first_name="Tom", last_name="Sawyer"),
        code="GEV8",
        issued_at=datetime(2030, 5, 1, 10, tzinfo=UTC),
        expires_at=datetime(2030, 5, 9, 23, 59, 59, tzinfo=UTC),
    )

    [plain] = read(client_api, couponIds=coupon.pk).json()["data"]
    [shown] = read(client_api, couponIds=coupon.pk, includeMessages="true").json()["data"]

    assert "messages" not in plain
    assert shown["messages"] == {
        "sms": "Hello Tom Sawyer: GEV8, Festival, till 9 May 2030.",
        "shortSms": "GEV8 8",
    }


def test_a_series_that_sends_none_has_no_messages(client_api: Caller) -> None:
    coupon = make_coupon(series=make_series(is_sms_disabled=True))

    [shown] = read(client_api, couponIds=coupon.pk, includeMessages="true").json()["data"]

    assert shown["messages"] is None


def test_messages_have_names_so_they_need_the_permission_to_see_customers(
    client_api: Caller,
) -> None:
    coupon = make_coupon()
    client_api.client.groups.clear()
    client_api.client.groups.add(group_of("issuance.view_coupon"))
    auth.forget_credentials()

    assert read(client_api, couponIds=coupon.pk).status_code == 200
    response = read(client_api, couponIds=coupon.pk, includeMessages="true")

    assert response.status_code == 403
    assert response.json()["errors"][0]["message"].startswith("includeMessages: ")


def group_of(permission: str) -> Group:
    group = Group.objects.create(name="No names")
    group.permissions.set(permissions_named(permission))
    return group


def test_too_many_coupons_are_cut_with_a_warning(
    client_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "MOST_FOUND", 2)
    customer = make_customer()
    made = [make_coupon(customer=customer) for _ in range(3)]

    response = read(client_api, issuedToIds=customer.pk, couponCodes=[c.code for c in made])

    assert codes(response) == [made[2].code, made[1].code]
    assert len(response.json()["warnings"]) == 1
    assert response.json()["errors"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "One of couponIds, couponCodes and issuedToIds is mandatory to set"),
        ("couponIds=&couponCodes=,", "One of couponIds, couponCodes and issuedToIds"),
        ("couponIds=x", "couponIds: "),
        ("couponIds=0", "couponIds: "),
        ("couponIds=-1", "couponIds: "),
        ("couponIds=1.5", "couponIds: "),
        (f"couponIds={10**30}", "couponIds: "),
        (f"couponIds={2**63}", "couponIds: "),
        ("issuedToIds=me", "issuedToIds: "),
        ("couponCodes=%00", "couponCodes: "),
        (f"couponCodes={'x' * 101}", "couponCodes: "),
        (f"couponIds={','.join(map(str, range(1, 102)))}", "couponIds: No more than 100"),
        ("couponIds=1&coupon_code_case=Upside", "coupon_code_case: "),
        ("couponIds=1&coupon_code_case=", "coupon_code_case: "),
        ("couponIds=1&showCouponSeries=maybe", "showCouponSeries: "),
        ("couponIds=1&includeIssualDetails=2", "includeIssualDetails: "),
        ("couponIds=1&includeMessages=sms", "includeMessages: "),
    ],
)
def test_it_refuses_malformed_parameters_by_name(
    client_api: Caller, query: str, message: str
) -> None:
    response = client_api.get(f"{URL}?{query}")

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, 756)
    assert error["message"].startswith(message)


def test_it_needs_the_permission_to_see_coupons(new_caller: Any) -> None:
    caller = new_caller()
    caller.client.groups.clear()

    assert read(caller, couponIds=1).status_code == 403


def test_the_number_of_statements_does_not_depend_on_the_number_of_coupons(
    client_api: Caller,
) -> None:
    for _ in range(20):
        make_coupon(origin=make_origin(client=client_api.client))
    ids = list(Coupon.objects.order_by("pk").values_list("pk", flat=True))
    more = {"showCouponSeries": "true", "includeIssualDetails": "true", "includeMessages": "true"}
    read(client_api, couponIds=1)

    counts = []
    for wanted in (ids[:1], ids):
        with CaptureQueriesContext(connection) as statements:
            assert len(read(client_api, couponIds=wanted, **more).json()["data"]) == len(wanted)
        counts.append(len(statements))

    # Coupons, series, origins, clients, customers
    assert counts == [5, 5]
