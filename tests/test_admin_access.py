"""The admin's pages for customers, people, groups, API clients and places."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from couponadmin import clients
from couponadmin.long_lists import EstimatedCountPaginator
from couponadmin.models import ApiClient, OrgEntity
from customers.models import Customer
from tests.factories import make_customer

pytestmark = pytest.mark.django_db
CLIENT = "/admin/couponadmin/apiclient/"
PLACE = "/admin/couponadmin/orgentity/"


@pytest.mark.parametrize("page", ["", "add/"])
@pytest.mark.parametrize(
    "model",
    ["auth/user", "auth/group", "couponadmin/apiclient", "couponadmin/orgentity"],
)
def test_it_shows_its_pages(admin_client: Client, model: str, page: str) -> None:
    assert admin_client.get(f"/admin/{model}/{page}").status_code == 200


def test_the_password_page_of_a_person_is_styled(admin_client: Client, admin_user: User) -> None:
    page = admin_client.get(f"/admin/auth/user/{admin_user.pk}/password/")

    assert page.status_code == 200


def test_a_new_client_and_its_secret_shown_once(admin_client: Client) -> None:
    group = Group.objects.get(name="Default access")
    sent = {"name": "Till 7", "is_active": "on", "groups": [group.pk], "rate_per_minute": "60"}

    page = admin_client.post(f"{CLIENT}add/", sent, follow=True).content.decode()

    client = ApiClient.objects.get()
    assert (client.name, client.rate_per_minute, client.is_active) == ("Till 7", 60, True)
    assert list(client.groups.all()) == [group]
    assert shown_secret(page, client) == client.secret_hash
    assert "secret is not shown again" not in admin_client.get(CLIENT).content.decode()


def shown_secret(page: str, client: ApiClient) -> str:
    """The checksum of the secret that the page shows for the client."""
    [secret] = re.findall(rf"Client id {client.client_id}, secret (\S+)\. ", page)
    return clients.checksum(secret)


def test_a_changed_client_keeps_its_secret(admin_client: Client, now: Any) -> None:
    client, secret = clients.create_client("Till 7", groups=[], now=now)

    admin_client.post(f"{CLIENT}{client.pk}/change/", {"name": "Till 8"})

    client.refresh_from_db()
    assert (client.name, client.is_active) == ("Till 8", False)
    assert client.secret_hash == clients.checksum(secret)


def test_a_new_secret_replaces_the_old_one(admin_client: Client, now: Any) -> None:
    client, secret = clients.create_client("Till 7", groups=[], now=now)
    sent = {"name": "Till 7", "is_active": "on", "couponadmin_apiclient_new_secret": "1"}

    page = admin_client.post(f"{CLIENT}{client.pk}/change/", sent, follow=True).content.decode()

    client.refresh_from_db()
    assert client.secret_hash != clients.checksum(secret)
    assert shown_secret(page, client) == client.secret_hash


def test_clients_cannot_be_deleted(admin_client: Client, now: Any) -> None:
    client, _ = clients.create_client("Till 7", groups=[], now=now)

    response = admin_client.post(f"{CLIENT}{client.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert ApiClient.objects.exists()


def test_people_without_permission_see_no_clients(client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=True))

    assert client.get(CLIENT).status_code == 403


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"type": "STORE"}, True),
        ({"type": "TILL", "time_zone": "Asia/Kolkata"}, True),
        ({"type": "STORE", "time_zone": "Asia/Nowhere"}, False),
        ({"type": "STORE", "time_zone": "../../etc/passwd"}, False),
        ({"type": "ZONE"}, False),
        ({"type": "CONCEPT"}, False),
        ({"type": "STORE", "code": ""}, False),
    ],
)
def test_a_place_lies_in_a_larger_one(
    admin_client: Client, sent: dict[str, str], stored: bool
) -> None:
    zone = OrgEntity.objects.create(type="ZONE", code="north", name="North")

    sent = {"code": "s1", "name": "First", "parent": zone.pk} | sent
    response = admin_client.post(f"{PLACE}add/", sent)

    assert response.status_code == (302 if stored else 200)
    assert OrgEntity.objects.filter(parent=zone).exists() is stored


def test_a_place_cannot_become_smaller_than_what_lies_in_it(admin_client: Client) -> None:
    zone = OrgEntity.objects.create(type="ZONE", code="north", name="North")
    OrgEntity.objects.create(type="STORE", code="s1", name="First", parent=zone)

    sent = {"type": "TILL", "code": "north", "name": "North"}
    admin_client.post(f"{PLACE}{zone.pk}/change/", sent)

    zone.refresh_from_db()
    assert zone.type == "ZONE"


class SmallPaginator(EstimatedCountPaginator):
    COUNTED = 2
    MAX_PAGES = 3


@pytest.mark.parametrize(
    ("customers", "filtered", "text", "pages"),
    [
        (0, False, "0", 1),
        (2, False, "2", 2),
        (2, True, "2", 2),
        (5, False, "about 5", 3),
        (5, True, "more than 2", 3),
    ],
)
def test_large_tables_are_estimated_and_small_ones_counted(
    customers: int, filtered: bool, text: str, pages: int
) -> None:
    for _ in range(customers):
        make_customer()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    rows = Customer.objects.filter(id__gt=0) if filtered else Customer.objects.all()

    paginator = SmallPaginator(rows, 1)

    assert (paginator.count_text, paginator.num_pages) == (text, pages)


def test_the_list_of_customers_shows_the_estimate(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EstimatedCountPaginator, "COUNTED", 0)
    make_customer()

    page = admin_client.get("/admin/customers/customer/?mobile__isnull=False")

    assert "more than 0" in page.content.decode()
