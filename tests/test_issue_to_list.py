"""Coupons for the customers of a list: chosen by filters or ticked, checked first, then issued."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batches.models import Batch
from issuance.models import Coupon
from tests.batch_pages import helper, page_of, text_of
from tests.batches import holders, work
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
CUSTOMERS = "/admin/customers/customer/"
ISSUE = f"{CUSTOMERS}issue_to_these/"


def issue(browser: Client, query: str, **fields: object) -> Batch:
    """The batch that the page begins for that list."""
    answer = browser.post(f"{ISSUE}?{query}", {"count": 1, **fields})
    batch = Batch.objects.latest("pk")
    assert answer["Location"] == page_of(batch)
    return batch


def test_a_filtered_list_is_checked_first_and_then_issued_to(
    admin_client: Client, admin_user: User
) -> None:
    ann, bob = make_customer(email="ann@example.com"), make_customer(email="bob@example.com")
    make_customer(mobile="4711")
    series = make_series()

    listing = admin_client.get(f"{CUSTOMERS}?email=yes").content.decode()
    form = text_of(admin_client.get(f"{ISSUE}?email=yes"))
    batch = issue(admin_client, "email=yes", series=[series.pk], source_activity="Diwali")
    work()

    assert f'href="{ISSUE}?email=yes"' in listing
    assert "Customers: 2" in form
    page = text_of(admin_client.get(page_of(batch)))
    assert "2 get one Customers 2" in page
    assert not Coupon.objects.exists()
    assert batch.origin.user == admin_user
    assert batch.origin.source_activity == "Diwali"
    assert "For everybody with an e-mail address" in page
    assert LogEntry.objects.get().change_message == (
        "Begun for the customers of the list: email=yes"
    )

    admin_client.post(f"/admin/batches/batch/{batch.pk}/steer/start/")
    work()

    assert holders(series.pk) == [ann.pk, bob.pk]


def test_the_ticked_rows_are_those_who_get_coupons(admin_client: Client) -> None:
    ann, _, tom = make_customer(), make_customer(), make_customer()
    ticked = {"action": "issue_to_selected", "_selected_action": [ann.pk, tom.pk]}

    answer = admin_client.post(CUSTOMERS, ticked)
    batch = issue(admin_client, answer["Location"].partition("?")[2], series=[make_series().pk])

    assert answer["Location"] == f"{ISSUE}?id__in={ann.pk}%2C{tom.pk}"
    assert batch.chunks.get().sent == f"{ann.pk}\n{tom.pk}"
    assert batch.audience == "2 customers ticked in the list"


def test_all_rows_of_all_pages_can_be_ticked(admin_client: Client) -> None:
    customer = make_customer(email="ann@example.com")
    ticked = {
        "action": "issue_to_selected",
        "_selected_action": [customer.pk],
        "select_across": "1",
    }

    answer = admin_client.post(f"{CUSTOMERS}?email=yes", ticked)

    assert answer["Location"] == f"{ISSUE}?email=yes"


def test_a_search_chooses_too(admin_client: Client) -> None:
    ann = make_customer(mobile="919812345678")
    make_customer()

    batch = issue(admin_client, "q=%2B91+98123-45678", series=[make_series().pk])

    assert batch.chunks.get().sent == str(ann.pk)


def test_a_record_that_was_merged_into_another_gets_nothing(admin_client: Client) -> None:
    ann = make_customer()
    make_customer(mobile=None, merged_into=ann)

    batch = issue(admin_client, "", series=[make_series().pk])

    assert batch.chunks.get().sent == str(ann.pk)


def test_the_work_is_the_same_for_one_customer_as_for_many(admin_client: Client) -> None:
    series = make_series()
    make_customer()
    # What is remembered between requests is read by the first one.
    issue(admin_client, "", series=[series.pk])
    with CaptureQueriesContext(connection) as for_one:
        issue(admin_client, "", series=[series.pk])
    for _ in range(150):
        make_customer()
    with CaptureQueriesContext(connection) as for_many:
        batch = issue(admin_client, "", series=[series.pk])

    assert len(for_many) == len(for_one)
    assert batch.lines == 151


@pytest.mark.parametrize(
    ("query", "fields", "words"),
    [
        ("", {"series": []}, "Pick at least one series."),
        ("", {"series": ["4711"]}, "Coupon Series ID is invalid"),
        ("", {"series": ["x"]}, "Pick a series from the list."),
        ("q=nobody@example.com", {"series": True}, "No customers are found."),
        ("q=" + "x" * 400, {"series": True}, "No customers are found."),
        ("registered_at_from_0=nonsense", {"series": True}, "No customers are found."),
        ("", {"series": True, "count": 501}, "less than or equal to 500"),
        ("", {"series": True, "reason": "x" * 251}, "at most 250 characters"),
    ],
)
def test_it_says_in_the_form_what_is_wrong(
    admin_client: Client, query: str, fields: dict[str, object], words: str
) -> None:
    make_customer()
    if fields["series"] is True:
        fields = fields | {"series": [make_series().pk]}

    answer = admin_client.post(f"{ISSUE}?{query}", {"count": 1, **fields})

    assert answer.status_code == 200
    assert words in text_of(answer)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("query", ["registered_at__gt=x", "email=%00", "id__in=x"])
def test_nonsense_in_the_address_begins_nothing(admin_client: Client, query: str) -> None:
    fields = {"count": 1, "series": [make_series().pk]}

    assert admin_client.post(f"{ISSUE}?{query}", fields).status_code == 400
    assert not Batch.objects.exists()


@pytest.mark.parametrize("permission", ["issuance.add_coupon", "customers.view_customer"])
def test_both_permissions_are_needed(permission: str) -> None:
    make_customer()
    browser = helper(permission)

    answer = browser.post(ISSUE, {"count": 1, "series": [make_series().pk]})

    assert answer.status_code == 403
    assert not Batch.objects.exists()


def test_the_page_of_a_series_leads_to_a_form_that_is_filled_in(admin_client: Client) -> None:
    series = make_series(description="Diwali", client_handling_type="DISC_CODE_PIN")

    answer = admin_client.get(f"/admin/batches/batch/add/?kind=CODES&series={series.pk}")

    form = answer.content.decode()
    assert '<option value="CODES" selected>' in form
    assert f'<option value="{series.pk}" selected>Diwali ({series.pk})</option>' in form


@pytest.mark.parametrize(
    "query", ["kind=X&series=x", "kind=&series=", "series=" + "9" * 30, "kind=%00"]
)
def test_a_form_takes_no_nonsense_from_its_address(admin_client: Client, query: str) -> None:
    answer = admin_client.get(f"/admin/batches/batch/add/?{query}")

    assert answer.status_code == 200
