"""Merging two records on a customer's page: what will happen is shown first."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from customers.models import Customer
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
PATH = "/admin/customers/customer/"


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", mobile="11223569865")


@pytest.fixture
def twin() -> Customer:
    return make_customer(first_name="Thomas", mobile="11223569866", email="tom@example.com")


def ask(client: Client, customer: Customer, other: str) -> str:
    response = client.get(f"{PATH}{customer.pk}/merge/", {"other": other})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("other", [" 1122 356 9866", "TOM@example.com", "#{pk}"])
def test_it_shows_what_will_happen_and_does_nothing_yet(
    admin_client: Client, tom: Customer, twin: Customer, other: str
) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    for customer in (tom, twin):
        make_coupon(series=series, customer=customer, code="SALE20", shared=True)

    page = ask(admin_client, tom, other.format(pk=twin.pk))

    assert "1 coupon moves here" in page
    assert "This record takes over tom@example.com." in page
    assert "11223569866 will not name this person any more" in page
    assert "Both hold SALE20" in page
    assert Customer.objects.filter(merged_into=None).count() == 2


def test_it_merges_when_confirmed(
    admin_client: Client, admin_user: User, tom: Customer, twin: Customer
) -> None:
    coupon = make_coupon(customer=twin)

    response = admin_client.post(f"{PATH}{tom.pk}/merge/", {"other": f"#{twin.pk}"}, follow=True)

    twin.refresh_from_db()
    assert twin.merged_into == tom
    assert coupon.code in response.content.decode()
    lines = LogEntry.objects.filter(user=admin_user).values_list("object_id", "change_message")
    assert dict(lines) == {
        str(tom.pk): (
            f"Merged customer {twin.pk} into this one: 1 coupons moved, 0 of shared codes "
            "revoked; taken over: email tom@example.com; let go: mobile 11223569866."
        ),
        str(twin.pk): f"Merged into customer {tom.pk}.",
    }


def test_the_page_of_the_old_record_leads_to_the_other(
    admin_client: Client, tom: Customer, twin: Customer
) -> None:
    admin_client.post(f"{PATH}{tom.pk}/merge/", {"other": f"#{twin.pk}"})

    response = admin_client.get(f"{PATH}{twin.pk}/change/")
    changed = admin_client.post(f"{PATH}{twin.pk}/change/", {"mobile": "1", "fields": "{}"})

    assert response["Location"] == f"{PATH}{tom.pk}/change/"
    assert changed["Location"] == f"{PATH}{tom.pk}/change/"
    assert not Customer.objects.filter(mobile="1").exists()


@pytest.mark.parametrize("other", ["nobody", "#0", "#x", "#", "999999999", "x" * 300, "a\0b"])
def test_an_unknown_one_is_not_found(admin_client: Client, tom: Customer, other: str) -> None:
    page = ask(admin_client, tom, other)
    admin_client.post(f"{PATH}{tom.pk}/merge/", {"other": other})

    assert "What will happen" not in page
    assert Customer.objects.get().merged_into is None


def test_an_ambiguous_text_is_not_guessed(admin_client: Client, tom: Customer) -> None:
    other = make_customer()
    make_customer(external_id=str(other.pk))

    page = ask(admin_client, tom, str(other.pk))

    assert "Several customers have this." in page


def test_a_customer_is_not_merged_into_itself(admin_client: Client, tom: Customer) -> None:
    page = ask(admin_client, tom, "11223569865")
    posted = admin_client.post(f"{PATH}{tom.pk}/merge/", {"other": "11223569865"})

    assert "A customer cannot be merged into itself" in page
    assert posted.status_code == 200
    assert Customer.objects.get().merged_into is None


@pytest.mark.parametrize("page", ["merge", "issue_coupons"])
@pytest.mark.parametrize("pk", ["x", "99999999", str(2**62)])
def test_there_is_no_such_customer(admin_client: Client, page: str, pk: str) -> None:
    assert admin_client.get(f"{PATH}{pk}/{page}/").status_code == 404
