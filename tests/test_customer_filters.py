"""Customers by what they hold and when they registered, quick however many there are."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from couponadmin.roles import permissions_named
from customers.models import Customer
from issuance import customer_filters
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
HELD = "coupons__series__id__exact"


def shown(client: Client, **parameters: object) -> list[Customer]:
    response = client.get(LIST, parameters)
    assert response.status_code == 200
    return list(response.context_data["cl"].result_list)


def test_who_holds_a_coupon_of_a_series(admin_client: Client) -> None:
    series = make_series()
    holder, other, without = make_customer(), make_customer(), make_customer()
    for _ in range(2):
        make_coupon(series=series, customer=holder)
    make_coupon(series=series, customer=without, revoked_at=timezone.now())
    make_coupon(customer=other)

    assert shown(admin_client, **{HELD: series.pk}) == [holder]
    assert shown(admin_client, **{HELD: series.pk, "mobile": "no"}) == []


def test_it_looks_at_so_many_coupons_and_says_so(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = make_series()
    make_coupon(series=series)
    newest = make_coupon(series=series)
    monkeypatch.setattr(customer_filters, "NEWEST", 1)

    assert shown(admin_client, **{HELD: series.pk}) == [newest.customer]
    assert "among the newest 50,000 coupons" in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize("series", [2**70, -1, 4711])
def test_a_series_that_is_not_has_no_holders(admin_client: Client, series: int) -> None:
    make_coupon()

    assert shown(admin_client, **{HELD: series}) == []


def test_those_who_registered_in_a_period_come_from_its_index(admin_client: Client) -> None:
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    late, early = [make_customer(registered_at=day + timedelta(days=n)) for n in (1, 0)]
    make_customer(registered_at=day + timedelta(days=90))

    response = admin_client.get(
        LIST, {"registered_at_from_0": "2026-03-01", "registered_at_to_0": "2026-03-03"}
    )

    rows = response.context_data["cl"].queryset
    assert list(rows) == [late, early]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.all()[:100].explain()
    assert "customer_by_registration" in plan
    assert "Sort" not in plan


def test_all_customers_come_with_the_newest_first(admin_client: Client) -> None:
    old = make_customer(registered_at=datetime(2026, 3, 2, tzinfo=UTC))
    new = make_customer(registered_at=datetime(2026, 3, 1, tzinfo=UTC))

    assert shown(admin_client) == [new, old]


def test_only_who_may_see_coupons_asks_what_somebody_holds(client: Client) -> None:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(permissions_named("customers.view_customer"))
    client.force_login(user)

    assert client.get(LIST).status_code == 200
    assert client.get(LIST, {HELD: make_series().pk}).status_code == 400
