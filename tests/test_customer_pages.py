"""The page of a customer: coupons by state, issuing from there, merging two records."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from issuance import customer_admin
from issuance.models import Coupon
from tests.coupons import make_coupon, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
PATH = "/admin/customers/customer/"


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", mobile="11223569865")


@pytest.fixture
def twin() -> Customer:
    return make_customer(first_name="Thomas", mobile="11223569866", email="tom@example.com")


def page_of(client: Client, customer: Customer) -> HttpResponse:
    response = client.get(f"{PATH}{customer.pk}/change/")
    assert response.status_code == 200
    return response


def states(response: HttpResponse) -> dict[str, list[str]]:
    return {
        group["state"]: [coupon.code for coupon, _, _ in group["rows"]]
        for group in response.context_data["groups"]
    }


def test_it_shows_coupons_by_state_the_newest_first(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    for code, columns in {
        "OLD": {},
        "NEW": {},
        "USED": {"redemption_count": 1},
        "OVER": {"expires_at": now - timedelta(days=1)},
        "WAITS": {"origin": make_origin(paused_at=now)},
        "GONE": {"revoked_at": now},
    }.items():
        make_coupon(customer=tom, code=code, **columns)
    make_coupon(code="ELSEWHERE")

    page = page_of(admin_client, tom)

    assert states(page) == {
        "usable": ["NEW", "OLD"],
        "used up": ["USED"],
        "expired": ["OVER"],
        "paused": ["WAITS"],
        "revoked": ["GONE"],
    }
    assert 'name="mobile"' in page.rendered_content


def test_without_coupons_it_says_what_to_do(admin_client: Client, tom: Customer) -> None:
    assert "No coupons yet." in page_of(admin_client, tom).rendered_content


def test_of_many_it_shows_the_newest_and_where_the_rest_is(
    admin_client: Client, tom: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_admin, "SHOWN", 2)
    for code in "ABC":
        make_coupon(customer=tom, code=code)

    page = page_of(admin_client, tom)
    everything = admin_client.get(f"/admin/issuance/coupon/?customer__id__exact={tom.pk}")

    assert states(page) == {"usable": ["C", "B"]}
    assert f"?customer__id__exact={tom.pk}" in page.rendered_content
    assert len(everything.context_data["cl"].result_list) == 3


def test_the_number_of_statements_does_not_depend_on_the_number_of_coupons(
    admin_client: Client, tom: Customer
) -> None:
    counts = []
    for number in (1, 20):
        for _ in range(number):
            make_coupon(customer=tom)
        with CaptureQueriesContext(connection) as statements:
            page_of(admin_client, tom)
        counts.append(len(statements))

    assert counts[1] <= counts[0]


class TestIssuing:
    def issue(self, client: Client, customer: Customer, **members: Any) -> str:
        sent = {"count": 1} | members
        response = client.post(f"{PATH}{customer.pk}/issue_coupons/", sent, follow=True)
        return response.content.decode()

    def test_it_issues_and_notes_who_and_why(
        self, admin_client: Client, admin_user: User, tom: Customer
    ) -> None:
        series = make_series(is_multiple_vouchers_per_user_allowed=True)

        page = self.issue(admin_client, tom, series=series.pk, count=2, reason="late delivery")

        coupons = list(Coupon.objects.filter(customer=tom, series=series))
        assert len(coupons) == 2
        assert all(coupon.code in page for coupon in coupons)
        origin = coupons[0].origin
        assert (origin.user, origin.source, origin.reason) == (
            admin_user,
            "admin",
            "late delivery",
        )

    def test_it_says_why_not(self, admin_client: Client, tom: Customer, now: Any) -> None:
        series = make_series(valid_till_date=now.date() - timedelta(days=1))

        page = self.issue(admin_client, tom, series=series.pk)

        assert "Coupon has expired." in page
        assert not Coupon.objects.exists()

    def test_it_issues_what_it_may_and_says_why_not_more(
        self, admin_client: Client, tom: Customer
    ) -> None:
        series = make_series(is_multiple_vouchers_per_user_allowed=True, max_vouchers_per_user=2)

        page = self.issue(admin_client, tom, series=series.pk, count=5)

        assert "max coupon per user exceeded." in page
        assert Coupon.objects.count() == 2

    def test_who_holds_the_one_coupon_gets_no_other(
        self, admin_client: Client, tom: Customer
    ) -> None:
        series = make_series()
        self.issue(admin_client, tom, series=series.pk)

        page = self.issue(admin_client, tom, series=series.pk)

        assert f"the customer holds {Coupon.objects.get().code} already" in page

    @pytest.mark.parametrize(
        "members",
        [
            {},
            {"series": "x"},
            {"series": "99999999999999999999"},
            {"series": "1", "count": "0"},
            {"series": "1", "count": "101"},
            {"series": "1", "count": "1e400"},
            {"series": "1", "reason": "x" * 251},
            {"series": "1", "reason": "a\0b"},
        ],
    )
    def test_bad_input_is_shown_beside_its_field(
        self, admin_client: Client, tom: Customer, members: dict[str, Any]
    ) -> None:
        make_series(id=1)

        page = self.issue(admin_client, tom, **members)

        assert "errorlist" in page or "text-red" in page
        assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("role", "issues", "merges"),
    [
        ("Support", 200, 200),
        ("Marketing", 200, 403),
        ("Store manager", 403, 403),
        ("Read-only", 403, 403),
    ],
)
def test_roles(client: Client, tom: Customer, role: str, issues: int, merges: int) -> None:
    person = User.objects.create_user("sam", is_staff=True)
    person.groups.set(Group.objects.filter(name=role))
    client.force_login(person)

    assert client.get(f"{PATH}{tom.pk}/issue_coupons/").status_code == issues
    assert client.get(f"{PATH}{tom.pk}/merge/").status_code == merges
    assert client.post(f"{PATH}{tom.pk}/merge/", {"other": "1"}).status_code == merges
