"""Two people save the same record at the same moment: neither undoes what the other did."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from couponadmin import clients
from couponadmin.models import ApiClient
from customers.models import Customer
from issuance.merging import merge_customers
from tests.factories import make_customer
from tests.forms import form_data
from tests.waiting import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
CUSTOMER = "/admin/customers/customer/{}/change/"


def overlapping(at_once: AtOnce, work: Callable[[], Any], post: Callable[[], Any]) -> Any:
    """What `post` gives, which begins while `work` is done and not committed yet."""
    is_done = Event()

    def works() -> None:
        with transaction.atomic():
            work()
            is_done.set()
            wait_for_locks()

    def posts() -> Any:
        assert is_done.wait(20)
        return post()

    return at_once([works, posts])[1]


def shown(user: User, customer: Customer) -> dict[str, Any]:
    """What the page sends if nobody touches it."""
    client = Client()
    client.force_login(user)
    page = client.get(CUSTOMER.format(customer.pk))
    return form_data(page.content.decode(), "customer_form")


def posted(user: User, path: str, sent: dict[str, Any]) -> HttpResponse:
    client = Client()
    client.force_login(user)
    return client.post(path, sent)


def test_a_customer_who_is_merged_meanwhile_stays_merged(admin_user: User, at_once: AtOnce) -> None:
    tom, twin = make_customer(mobile="11223569865"), make_customer(mobile="11223569866")
    sent = shown(admin_user, twin) | {"first_name": "Thomas"}

    page = overlapping(
        at_once,
        lambda: merge_customers(tom.pk, twin.pk, now=timezone.now()),
        lambda: posted(admin_user, CUSTOMER.format(twin.pk), sent),
    )

    twin.refresh_from_db()
    assert page.status_code == 200
    assert f"This customer was merged into customer {tom.pk}" in page.content.decode()
    assert (twin.merged_into_id, twin.mobile, twin.first_name) == (tom.pk, None, "")


def test_who_survives_a_merge_keeps_what_it_brought(admin_user: User, at_once: AtOnce) -> None:
    tom = make_customer(mobile="11223569865")
    twin = make_customer(mobile="11223569866", external_id="M-2", fields={"city": "Pune"})
    sent = shown(admin_user, tom) | {"first_name": "Tom"}

    answer = overlapping(
        at_once,
        lambda: merge_customers(tom.pk, twin.pk, now=timezone.now()),
        lambda: posted(admin_user, CUSTOMER.format(tom.pk), sent),
    )

    tom.refresh_from_db()
    assert answer.status_code == 302
    assert (tom.first_name, tom.external_id, tom.fields) == ("Tom", "M-2", {"city": "Pune"})


def test_a_customer_keeps_an_identifier(admin_user: User, at_once: AtOnce) -> None:
    tom = make_customer(mobile="1", email="tom@example.com")
    sent = shown(admin_user, tom) | {"mobile": ""}

    page = overlapping(
        at_once,
        lambda: Customer.objects.filter(pk=tom.pk).update(email=None),
        lambda: posted(admin_user, CUSTOMER.format(tom.pk), sent),
    )

    tom.refresh_from_db()
    assert page.status_code == 200
    assert (tom.mobile, tom.email) == ("1", None)


def test_a_new_secret_survives_that_somebody_else_saves(admin_user: User, at_once: AtOnce) -> None:
    till, _ = clients.create_client("Till 7", groups=[], now=timezone.now())
    other = ApiClient.objects.get(pk=till.pk)

    overlapping(
        at_once,
        lambda: clients.rotate_secret(other, now=timezone.now()),
        lambda: posted(
            admin_user, f"/admin/couponadmin/apiclient/{till.pk}/change/", {"name": "Till 8"}
        ),
    )

    till.refresh_from_db()
    assert till.name == "Till 8"
    assert (till.secret_hash, till.rotated_at) == (other.secret_hash, other.rotated_at)
