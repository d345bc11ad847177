"""Guessing in the admin: who named many codes in vain, by name, and who has to wait for it now."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from couponadmin import guessing, roles
from couponadmin.guessing import Seeker
from couponadmin.models import ApiClient, Guesser, OrgEntity
from couponadmin.roles import permissions_named
from couponadmin.tasks import forget_guessing
from tests.factories import make_customer
from tests.people import signed_in_as

pytestmark = pytest.mark.django_db

LIST = "/admin/couponadmin/guesser/"
CLIENTS_LIMIT = 200


@pytest.fixture
def seeker() -> Seeker:
    """A client that stands somewhere and speaks for somebody."""
    client = ApiClient.objects.create(name="Web shop", client_id="shop")
    till = OrgEntity.objects.create(type="TILL", code="t7", name="Till 7")
    customer = make_customer(first_name="Tom", last_name="Rao", mobile="4711")
    return Seeker(client.pk, till.pk, customer.pk)


def guess(seeker: Seeker, misses: int) -> None:
    guessing.note_misses(misses, seeker, now=timezone.now())


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def reader(*permissions: str) -> Client:
    user = User.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(permissions_named("couponadmin.view_guesser", *permissions))
    client = Client()
    client.force_login(user)
    return client


def test_the_list_names_who_it_was_and_leads_to_them(admin_client: Client, seeker: Seeker) -> None:
    guess(seeker, 3)

    page = text_of(admin_client, LIST)

    for name, path in (
        ("Web shop", f"couponadmin/apiclient/{seeker.client_id}"),
        ("Till 7 (t7)", f"couponadmin/orgentity/{seeker.till_id}"),
        ("Tom Rao", f"customers/customer/{seeker.customer_id}"),
    ):
        assert name in page
        assert f'href="/admin/{path}/change/' in page


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"mobile": "4711"}, "4711"),
        ({"first_name": " ", "email": "tom@example.org"}, "tom@example.org"),
        ({"last_name": "Rao", "external_id": "X1"}, "Rao"),
        ({"external_id": "X1"}, "X1"),
    ],
)
def test_a_customer_has_the_same_name_as_elsewhere(
    admin_client: Client, columns: dict[str, str], named: str
) -> None:
    customer = make_customer(**{"mobile": None} | columns)
    guess(Seeker(None, None, customer.pk), 3)

    assert str(customer).strip() == named
    assert f"{named}</a>" in text_of(admin_client, LIST)


def test_customers_are_numbers_to_who_may_not_look_at_customers(seeker: Seeker) -> None:
    guess(seeker, 3)

    page = text_of(reader(), LIST)

    assert "Tom" not in page
    assert f"Customer {seeker.customer_id}" in page
    assert "Web shop" in page
    assert "/admin/customers/customer/" not in page


def test_who_is_not_there_any_more_is_a_number(admin_client: Client) -> None:
    guess(Seeker(4711, 4712, 4713), 1)

    page = text_of(admin_client, LIST)

    assert [
        name for name in ("Client 4711", "Till 4712", "Customer 4713") if name not in page
    ] == []


def test_a_row_can_be_opened_and_not_be_changed(seeker: Seeker) -> None:
    guess(seeker, 3)
    client = reader()
    row = Guesser.objects.get(kind="CUSTOMER")

    assert f"Customer {seeker.customer_id}" in text_of(client, f"{LIST}{row.pk}/change/")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.get(f"{LIST}{row.pk}/delete/").status_code == 403


def test_names_are_read_with_the_rows(admin_client: Client) -> None:
    guess(Seeker(None, None, make_customer().pk), 1)
    text_of(admin_client, LIST)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text_of(admin_client, LIST)
        return len(captured)

    few = queries()
    for _ in range(5):
        guess(Seeker(None, None, make_customer().pk), 1)

    assert queries() == few


def test_filters_find_who_has_to_wait_now(admin_client: Client, seeker: Seeker) -> None:
    guess(seeker, CLIENTS_LIMIT - 1)
    assert ">Web shop</a>" not in text_of(admin_client, f"{LIST}?waiting=now")

    guess(seeker._replace(till_id=None, customer_id=None), 1)

    assert ">Web shop</a>" in text_of(admin_client, f"{LIST}?waiting=now")
    assert ">Web shop</a>" not in text_of(admin_client, f"{LIST}?waiting=now&kind__exact=TILL")
    Guesser.objects.update(window=1)
    assert ">Web shop</a>" not in text_of(admin_client, f"{LIST}?waiting=now")


@pytest.mark.parametrize(
    ("misses", "window", "waits"), [(19, 5, False), (20, 5, True), (20, 4, False)]
)
def test_who_named_too_many_waits_until_the_window_ends(
    misses: int, window: int, waits: bool
) -> None:
    now = datetime.fromtimestamp(5 * 300 + 299, UTC)
    guesser = Guesser(kind="CUSTOMER", subject_id=1, misses=misses, window=window)

    assert guessing.waits_until(guesser, now=now) == (now + timedelta(seconds=1) if waits else None)


def test_the_file_has_names_of_clients_and_places_but_not_of_persons(
    admin_client: Client, seeker: Seeker
) -> None:
    guess(seeker, 3)

    answer = admin_client.get(f"{LIST}export/")
    file = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = {row["kind"]: row for row in csv.DictReader(io.StringIO(file))}

    assert [rows[kind]["name"] for kind in ("CLIENT", "TILL", "CUSTOMER")] == [
        "Web shop",
        "Till 7 (t7)",
        "",
    ]
    assert rows["CUSTOMER"]["id"] == str(seeker.customer_id)
    assert [rows[kind]["namedBy"] for kind in ("CLIENT", "TILL")] == ["", "Web shop"]


def test_home_tells_of_it_only_while_somebody_has_to_wait(
    admin_client: Client, seeker: Seeker
) -> None:
    guess(seeker, 19)
    assert "guessing codes" not in text_of(admin_client, "/admin/")

    guess(seeker, 1)

    page = text_of(admin_client, "/admin/")
    assert "Somebody is guessing codes" in page
    assert (
        f'href="/admin/customers/customer/{seeker.customer_id}/change/">Customer: Tom Rao' in page
    )
    assert "20 failed codes; blocked until" in page
    assert "Web shop" not in page
    Guesser.objects.update(window=1)
    assert "guessing codes" not in text_of(admin_client, "/admin/")


@pytest.mark.parametrize(
    ("role", "told"), [(roles.SUPPORT, True), (roles.STORE_MANAGER, True), (roles.MARKETING, False)]
)
def test_those_are_told_who_may_see_the_list(seeker: Seeker, role: str, told: bool) -> None:
    guess(seeker, 20)

    page = text_of(signed_in_as(role, "sam"), "/admin/")

    assert ("Somebody is guessing codes" in page) is told
    assert (f'href="{LIST}"' in page) is told


def test_old_counts_are_forgotten(now: datetime, seeker: Seeker) -> None:
    guess(seeker, 1)
    Guesser.objects.filter(kind="TILL").update(last_miss_at=now - timedelta(days=2))

    forget_guessing()

    assert sorted(Guesser.objects.values_list("kind", flat=True)) == ["CLIENT", "CUSTOMER"]
