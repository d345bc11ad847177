from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from couponadmin.properties import property_line
from customers.models import Customer
from tests.factories import make_customer
from tests.forms import form_data
from tests.people import signed_in_as

pytestmark = pytest.mark.django_db
PATH = "/admin/customers/customer/"
EMPTY = {"first_name": "", "last_name": "", "mobile": "", "email": "", "external_id": ""}


@pytest.fixture
def tom() -> Customer:
    return make_customer(
        id=555567088,
        mobile="11223569865",
        email="tom@example.com",
        external_id="000003873472",
        first_name="Tom",
    )


def shown(client: Client, customer: Customer) -> dict[str, Any]:
    """What the page sends if nobody touches it."""
    page = client.get(f"{PATH}{customer.pk}/change/")
    return form_data(page.rendered_content, "customer_form")


def test_it_shows_its_pages(admin_client: Client, tom: Customer) -> None:
    for page in ("", "add/", f"{tom.pk}/change/"):
        assert admin_client.get(PATH + page).status_code == 200


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("11223569865", True),
        ("+1 122-356 98 65", True),
        ("TOM@example.com ", True),
        ("000003873472", True),
        ("555567088", True),
        ("", True),
        ("1122356986", False),
        ("tom", False),
        ("3873472", False),
        ("x" * 300, False),
        ("99999999999999999999999999999999999", False),
    ],
)
def test_search_finds_whole_identifiers(
    admin_client: Client, tom: Customer, term: str, found: bool
) -> None:
    opened = admin_client.get(PATH, {"q": term})
    listed = admin_client.get(PATH, {"q": term, "mobile": "yes"})

    exact = found and bool(term)
    assert (opened.status_code, listed.status_code) == (302 if exact else 200, 200)
    assert not exact or opened.url == f"{PATH}{tom.pk}/change/"
    assert ("tom@example.com" in listed.rendered_content) is (found or "tom@example" in term)
    assert list(listed.context_data["cl"].result_list) == ([tom] if found else [])


def test_a_null_character_in_the_search_is_refused(admin_client: Client) -> None:
    assert admin_client.get(PATH + "?q=%00").status_code == 400


def test_it_adds_a_customer_as_the_api_does(admin_client: Client, settings: Settings) -> None:
    settings.COUNTRY_CODE_REGION = "IN"
    sent = {
        "first_name": "Tom",
        "mobile": "098765 43210",
        "email": " TOM@Example.com",
        "fields": "tier = gold\npoints = 12",
    }

    response = admin_client.post(f"{PATH}add/", EMPTY | sent)

    customer = Customer.objects.get()
    assert response.status_code == 302
    assert (customer.mobile, customer.email) == ("919876543210", "tom@example.com")
    assert (customer.external_id, customer.fields) == (None, {"tier": "gold", "points": 12})
    assert customer.registered_at == customer.updated_at


def test_it_changes_a_customer(admin_client: Client, tom: Customer) -> None:
    sent = {"first_name": "Thomas", "external_id": " x1", "fields": ""}

    response = admin_client.post(f"{PATH}{tom.pk}/change/", shown(admin_client, tom) | EMPTY | sent)

    registered_at, updated_at = tom.registered_at, tom.updated_at
    tom.refresh_from_db()
    assert response.status_code == 302
    assert (tom.first_name, tom.mobile, tom.external_id) == ("Thomas", None, "x1")
    assert tom.registered_at == registered_at
    assert tom.updated_at > updated_at


def test_saving_leaves_what_was_changed_since_the_page_was_opened(admin_client: Client) -> None:
    tom = make_customer(mobile="11223569865", email="tom@example.com", first_name="Tom")
    sent = shown(admin_client, tom)
    Customer.objects.update(external_id="x1", email="new@example.com", last_name="Tailor")

    response = admin_client.post(f"{PATH}{tom.pk}/change/", sent | {"first_name": "Thomas"})

    tom.refresh_from_db()
    assert response.status_code == 302
    assert (tom.first_name, tom.last_name) == ("Thomas", "Tailor")
    assert (tom.mobile, tom.email, tom.external_id) == ("11223569865", "new@example.com", "x1")


def test_a_page_that_was_refused_still_knows_what_it_had_shown(admin_client: Client) -> None:
    tom = make_customer(mobile="11223569865")
    sent = shown(admin_client, tom) | {"mobile": "call me"}
    Customer.objects.update(external_id="x1")

    page = admin_client.post(f"{PATH}{tom.pk}/change/", sent)
    again = form_data(page.rendered_content, "customer_form") | {"mobile": "1"}
    admin_client.post(f"{PATH}{tom.pk}/change/", again)

    tom.refresh_from_db()
    assert (tom.mobile, tom.external_id) == ("1", "x1")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "A customer needs a mobile number"),
        ({"mobile": "call me"}, "A mobile number has digits only."),
        ({"mobile": "9" * 31}, "at most 30 characters"),
        ({"email": "tom"}, "A valid e-mail address is required."),
        ({"mobile": "1", "fields": "[]"}, "Each line needs a name, = and a value"),
        ({"mobile": "1", "fields": "a = 1\n= 2"}, "Each line needs a name, = and a value"),
        ({"mobile": "1", "fields": "a = \x00"}, "Null characters are not allowed."),
        ({"mobile": "1", "first_name": "x" * 101}, "at most 100 characters"),
        ({"mobile": "1", "first_name": "\x00"}, "Null characters are not allowed."),
        ({"mobile": "+1122 3569865"}, "already exists"),
        ({"email": "TOM@example.com"}, "already exists"),
        ({"external_id": "000003873472"}, "already exists"),
    ],
)
def test_it_says_what_is_wrong_and_stores_nothing(
    admin_client: Client, tom: Customer, sent: dict[str, str], sentence: str
) -> None:
    page = admin_client.post(f"{PATH}add/", EMPTY | {"fields": ""} | sent)

    assert page.status_code == 200
    assert sentence in page.rendered_content
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_add_a_number_at_once_wins(
    admin_user: User, at_once: Callable[..., list[Any]]
) -> None:
    def add() -> HttpResponse:
        client = Client()
        client.force_login(admin_user)
        return client.post(f"{PATH}add/", EMPTY | {"mobile": "1", "fields": ""})

    responses = at_once([add] * 6)

    # The others see the form again, with what is wrong at its field.
    assert sorted(response.status_code for response in responses) == [200] * 5 + [302]
    assert Customer.objects.count() == 1
    refused = [response for response in responses if response.status_code == 200]
    assert all("mobile" in each.context["adminform"].form.errors for each in refused)


@pytest.mark.parametrize(
    "value", ["\\u0000", '"\\ud800"', "NaN", "1e400", "[" * 5000, "9" * 5000, "{"]
)
def test_what_cannot_be_stored_as_anything_else_is_a_text(admin_client: Client, value: str) -> None:
    admin_client.post(f"{PATH}add/", EMPTY | {"mobile": "1", "fields": f"a = {value}"})

    assert Customer.objects.get().fields == {"a": value}


def test_properties_are_shown_a_line_for_each(admin_client: Client) -> None:
    fields = {"city": "Pune", "tags": ["<a>"], "points": 12}
    tom = make_customer(fields=fields)

    form = admin_client.get(f"{PATH}{tom.pk}/change/").rendered_content
    read = signed_in_as("Read-only", "ann").get(f"{PATH}{tom.pk}/change/").rendered_content

    lines = "city = Pune\ntags = [&quot;&lt;a&gt;&quot;]\npoints = 12"
    assert lines in form
    assert '<span class="property-name">city</span> Pune' in read
    assert '<span class="property-name">tags</span> [&quot;&lt;a&gt;&quot;]' in read
    assert "JSON" not in form + read


def test_saving_leaves_properties_as_they_are(admin_client: Client) -> None:
    fields = {"city": "Pune", "since": "2020", "nested": {"a": [1, None]}}
    tom = make_customer(mobile="11223569865", fields=fields)
    sent = EMPTY | {"mobile": "11223569865", "first_name": "Tom"}

    admin_client.post(
        f"{PATH}{tom.pk}/change/", sent | {"fields": "\n".join(map(property_line, fields.items()))}
    )

    tom.refresh_from_db()
    assert (tom.first_name, tom.fields) == ("Tom", fields)


def test_customers_cannot_be_deleted(admin_client: Client, tom: Customer) -> None:
    response = admin_client.post(f"{PATH}{tom.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert Customer.objects.exists()
