"""GET /v2/customers/coupons"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from couponadmin.models import OrgEntity
from couponadmin.roles import DEFAULT_ACCESS, permissions_named
from customers.models import Customer
from issuance.lookups import page_of
from issuance.models import Coupon
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

URL = "/v2/customers/coupons"


@pytest.fixture
def tom() -> Customer:
    return make_customer(
        id=555567088,
        first_name="Tom",
        last_name="Hills",
        mobile="918860000001",
        external_id="000003873472",
    )


def read(caller: Caller, **parameters: Any) -> HttpResponse:
    return caller.get(f"{URL}?{urlencode(parameters, doseq=True)}")


def ids(response: HttpResponse) -> list[int]:
    [customer] = response.json()["entity"]["customers"]
    return [coupon["id"] for coupon in customer["coupons"]]


@pytest.fixture
def coupon(client_api: Caller, tom: Customer) -> Coupon:
    """Tom's, issued at a till, of a series that says something of its own."""
    till = OrgEntity.objects.create(type="TILL", code="storecode", name="webstore1")
    client_api.client.till = till
    client_api.client.save()
    return make_coupon(
        series=make_series(
            description="Coupon for all",
            custom_property_map={"colour": "red"},
            valid_till_date=None,
        ),
        customer=tom,
        code="KNRYHMRW",
        issued_at=datetime(2026, 9, 25, 16, 28, 11, tzinfo=UTC),
        expires_at=datetime(2029, 9, 1, 23, 59, 59, tzinfo=UTC),
        origin=make_origin(client=client_api.client),
    )


def test_it_answers_as_documented(client_api: Caller, coupon: Coupon) -> None:
    answer = read(client_api, mobile="+91 8860000001").json()

    [customer] = answer["entity"].pop("customers")
    assert answer == {
        "entity": {"pagination": {"limit": "100", "offset": "0", "total": 1}},
        "warnings": [],
        "errors": [],
        "success": True,
    }
    assert len(customer.pop("coupons")) == 1
    assert customer == {
        "firstname": "Tom",
        "lastname": "Hills",
        "mobile": "918860000001",
        "externalId": "000003873472",
        "id": coupon.customer_id,
    }


def test_it_tells_of_a_coupon_what_is_documented(client_api: Caller, coupon: Coupon) -> None:
    response = read(client_api, mobile="+91 8860000001")

    assert response.status_code == 200
    assert response.json()["entity"]["customers"][0]["coupons"] == [
        {
            "code": "KNRYHMRW",
            "seriesId": coupon.series_id,
            "description": "Coupon for all",
            "validTill": "2029-09-01T00:00:00Z",
            "validTillDateTime": "2029-09-01T23:59:59Z",
            "discountType": "ABS",
            "discountValue": 500.0,
            "discountUpto": 0.0,
            "redemptionCount": 0,
            "redemptionsLeft": 1,
            "isPaused": False,
            "id": coupon.pk,
            "createdDate": "2026-09-25T16:28:11Z",
            "transactionNumber": "0",
            "issuedAt": {"code": "storecode", "name": "webstore1"},
            "customProperty": [{"name": "colour", "value": "red"}],
            "redemptions": [],
            "reversedRedemptions": [],
        }
    ]


@pytest.mark.parametrize(
    "who",
    [
        {"id": "555567088"},
        {"mobile": "91-8860000001"},
        {"externalId": "000003873472"},
        {"id": "555567088", "externalId": "000003873472", "email": ""},
    ],
)
def test_the_customer_is_named_by_any_identifier(
    client_api: Caller, tom: Customer, who: dict[str, str]
) -> None:
    coupon = make_coupon(customer=tom)
    make_coupon()

    assert ids(read(client_api, **who)) == [coupon.pk]


@pytest.mark.parametrize(
    "who", [{}, {"mobile": ""}, {"id": "1"}, {"id": "555567088", "externalId": "3873472"}]
)
def test_it_refuses_an_unknown_customer(
    client_api: Caller, tom: Customer, who: dict[str, str]
) -> None:
    response = read(client_api, **who)

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == 701


def test_a_customer_without_coupons_has_an_empty_list(client_api: Caller, tom: Customer) -> None:
    make_free_code(make_series(client_handling_type="DISC_CODE_PIN"), "WAITING")

    response = read(client_api, id=tom.pk)

    assert ids(response) == []
    assert response.json()["entity"]["pagination"]["total"] == 0


@pytest.fixture
def five(tom: Customer, now: datetime) -> dict[str, int]:
    """One coupon of each kind, by the name of the kind."""
    many = make_series(is_multiple_use_allowed=True)
    over = {"expires_at": now - timedelta(days=1)}
    kinds: dict[str, dict[str, Any]] = {
        "fresh": {},
        "used": {"redemption_count": 1},
        "used_of_many": {"redemption_count": 1, "series": many},
        "over": over,
        "over_used": over | {"redemption_count": 1},
        "revoked": {"revoked_at": now},
    }
    return {kind: make_coupon(customer=tom, **columns).pk for kind, columns in kinds.items()}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ([], "fresh used used_of_many over over_used"),
        (["REDEEMED"], "used used_of_many over_used"),
        (["UNREDEEMED"], "fresh over"),
        (["ACTIVE"], "fresh used used_of_many"),
        (["EXPIRED"], "over over_used"),
        (["ACTIVE_REDEEMED"], "used used_of_many"),
        (["ACTIVE_UNREDEEMED"], "fresh"),
        (["EXPIRED_REDEEMED"], "over_used"),
        (["EXPIRED_UNREDEEMED"], "over"),
        (["REDEEMABLE"], "fresh used_of_many"),
        (["REVOKED"], "revoked"),
        (["revoked"], "revoked"),
        (["REVOKED", "EXPIRED_UNREDEEMED"], "over revoked"),
        (["REVOKED,EXPIRED_UNREDEEMED"], "over revoked"),
    ],
)
def test_it_filters_by_status(
    client_api: Caller, five: dict[str, int], status: list[str], expected: str
) -> None:
    response = read(client_api, id=555567088, status=status, sort_order="ASC")

    assert ids(response) == [five[kind] for kind in expected.split()]


def test_it_gives_the_newest_first_and_page_by_page(client_api: Caller, tom: Customer) -> None:
    made = [make_coupon(customer=tom).pk for _ in range(5)]

    newest = read(client_api, id=tom.pk)
    oldest = read(client_api, id=tom.pk, sort_order="asc")
    page = read(client_api, id=tom.pk, limit=2, offset=1)
    beyond = read(client_api, id=tom.pk, offset=5)

    assert ids(newest) == made[::-1]
    assert ids(oldest) == made
    assert ids(page) == [made[3], made[2]]
    assert page.json()["entity"]["pagination"] == {"limit": "2", "offset": "1", "total": 5}
    assert ids(beyond) == []
    assert beyond.json()["entity"]["pagination"]["total"] == 5


def test_a_page_reads_only_its_own_coupons(client_api: Caller, tom: Customer) -> None:
    made = [make_coupon(customer=tom).pk for _ in range(5)]

    with CaptureQueriesContext(connection) as statements:
        page = read(client_api, id=tom.pk, limit=2, offset=1)

    [reading] = [one["sql"] for one in statements if 'FROM "issuance_coupon"' in one["sql"]]
    assert ids(page) == [made[3], made[2]]
    assert "LIMIT 2 OFFSET 1" in reading


def test_a_page_of_one_customer_does_not_walk_through_everybodys_coupons(tom: Customer) -> None:
    series = make_series()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO issuance_coupon
                (code, series_id, customer_id, origin_id, shared, issued_at, redemption_count)
            SELECT 'C' || n, %(series)s, %(tom)s + n %% 5, 1, false, now(), 0
            FROM generate_series(1, 20000) AS n
            """,
            {"series": series.pk, "tom": tom.pk},
        )
        cursor.execute("ANALYZE issuance_coupon")

    with CaptureQueriesContext(connection) as statements:
        page_of(Coupon.objects.filter(customer=tom), newest_first=True, limit=10, offset=0)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statements[0]['sql']}")
        plan = str(cursor.fetchall())
    assert "coupon_by_customer" in plan
    assert "issuance_coupon_pkey" not in plan


def test_codes_come_in_the_letters_asked_for(client_api: Caller, tom: Customer) -> None:
    make_coupon(customer=tom, code="AB1")

    [customer] = read(client_api, id=tom.pk, coupon_code_case="LOWER").json()["entity"]["customers"]

    assert customer["coupons"][0]["code"] == "ab1"


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("status=GONE", "status"),
        ("status=ACTIVE&status=x", "status"),
        ("status=%00", "status"),
        ("sort_order=UP", "sort_order"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        (f"offset={10**20}", "offset"),
        ("coupon_code_case=x", "coupon_code_case"),
        ("id=x", "id"),
        ("mobile=%00", "mobile"),
    ],
)
def test_it_refuses_malformed_parameters_by_name(
    client_api: Caller, tom: Customer, query: str, member: str
) -> None:
    who = "" if query.startswith(("id", "mobile")) else f"id={tom.pk}&"
    response = client_api.get(f"{URL}?{who}{query}")

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, 756)
    assert error["message"].startswith(f"{member}: ")


@pytest.mark.parametrize("path", ["/v2/customers/coupons?id={}", "/v2/customers/{}/coupons"])
@pytest.mark.parametrize(
    "lacking", ["issuance.view_coupon", "customers.view_customer", "redemption.view_redemption"]
)
def test_it_needs_to_see_coupons_customers_and_redemptions(
    client_api: Caller, tom: Customer, path: str, lacking: str
) -> None:
    group = Group.objects.get(name=DEFAULT_ACCESS)
    group.permissions.remove(*permissions_named(lacking))

    response = client_api.get(path.format(tom.pk))

    assert response.status_code == 403
    assert lacking in response.json()["errors"][0]["message"]


def test_the_number_of_statements_does_not_depend_on_the_number_of_coupons(
    client_api: Caller, tom: Customer
) -> None:
    for _ in range(20):
        make_coupon(customer=tom, origin=make_origin(client=client_api.client))
    read(client_api, id=tom.pk)

    counts = []
    for limit in (1, 20):
        with CaptureQueriesContext(connection) as statements:
            assert len(ids(read(client_api, id=tom.pk, limit=limit, status="REDEEMABLE"))) == limit
        counts.append(len(statements))

    # Customer, coupons, series, origins, clients, redemptions; the client stands nowhere
    assert counts == [6, 6]
