import csv
import io
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batches.models import Batch, State
from customers.models import Customer
from issuance.models import Coupon
from tests.batch_pages import ADD, LIST, begun, page_of, send, signed_in, text_of
from tests.batches import work
from tests.factories import make_customer, make_series


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def browser(boss: User) -> Client:
    return signed_in(boss)


def test_a_file_is_checked_first_and_then_started(browser: Client, boss: User) -> None:
    batch = begun(browser, dry_run="on", source_activity="Diwali", reason="Spring", notes="gold")
    work()

    page = text_of(browser.get(page_of(batch)))
    assert "waiting for its start" in page
    assert "Issue 3 coupons close Cancel 3 get one · 1 does not Rows 4" in page
    assert "progressbar" not in browser.get(page_of(batch)).content.decode()
    assert not Coupon.objects.exists()

    browser.post(f"{LIST}{batch.pk}/steer/start/")
    work()

    page = text_of(browser.get(page_of(batch)))
    assert "done 100%" in page
    assert "Asked for 4 Issued 3 Refused 1 Took 1 second" in page
    assert "100%: 3 done, 1 refused" in browser.get(page_of(batch)).content.decode()
    assert "Row 5 · mobile: 4711" in page
    origin = Coupon.objects.first().origin
    assert (origin.user, origin.source_activity) == (boss, "Diwali")
    assert (origin.reason, origin.notes) == ("Spring", "gold")
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "Begun.",
        "Start.",
    ]


def test_coupons_go_to_the_customers_of_a_filter(browser: Client) -> None:
    make_customer(mobile="1")
    ann = make_customer(email="ann@example.com")
    chosen = {"withEmail": "on", "registeredFrom": "2020-05-01T10:00"}

    answer = send(browser, series=[make_series().pk], audience="everybody", **chosen)
    work()

    batch = Batch.objects.get()
    assert answer.status_code == 302
    # Without being asked: nobody can know how many they are.
    assert batch.state == State.CHECKED
    assert not Coupon.objects.exists()
    words = "For everybody registered since 1 May 2020, 10:00 and with an e-mail address"
    assert words in text_of(browser.get(page_of(batch)))

    browser.post(f"{LIST}{batch.pk}/steer/start/")
    work()

    assert Coupon.objects.get().customer == ann


@pytest.mark.parametrize(
    ("rows", "audience", "words"),
    [
        ("", "", "Say who gets them."),
        ("", "file", "Pick the file of customers."),
        ("", "all", "Select a valid choice"),
        ("mobile\n1\n", "", "Say who gets them."),
        ("mobile\n1\n", "everybody", "You have picked a file, too."),
    ],
)
def test_a_file_that_was_forgotten_does_not_mean_everybody(
    browser: Client, rows: str, audience: str, words: str
) -> None:
    make_customer()

    answer = send(browser, rows, series=[make_series().pk], audience=audience)

    assert words in text_of(answer)
    assert not Batch.objects.exists()


@pytest.mark.parametrize(("query", "chosen"), [("kind=ISSUE&series=7", "file"), ("", None)])
def test_the_page_of_a_series_leads_to_a_file(browser: Client, query: str, chosen: Any) -> None:
    page = browser.get(f"{ADD}?{query}")

    assert (page.context["form"]["audience"].value() or None) == chosen


def test_customers_and_codes_come_from_files(browser: Client) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    named = [
        ("CODES", "Added", "Added codes as CSV"),
        ("CUSTOMERS", "Saved", "Saved customers as CSV"),
    ]

    send(browser, "mobile,name\n4711,Ann\n", kind="CUSTOMERS")
    send(browser, "code\nA1\nA2\n", kind="CODES", series=[series.pk])
    work()

    assert Customer.objects.get().mobile == "4711"
    assert set(Coupon.objects.values_list("code", flat=True)) == {"A1", "A2"}
    for kind, figure, download in named:
        page = text_of(browser.get(page_of(Batch.objects.get(kind=kind))))
        assert f"{figure} {Batch.objects.get(kind=kind).total}" in page
        assert download in page


@pytest.mark.parametrize(
    ("rows", "fields", "words"),
    [
        ("mobile\n1\n", {}, "Pick at least one series."),
        ("mobile\n1\n", {"series": ["4711"]}, "Coupon Series ID is invalid"),
        ("mobile\n1\n", {"series": ["x"]}, "Pick a series from the list."),
        ("mobile\n1\n", {"series": ["9" * 30]}, "Pick a series from the list."),
        ("code\nA\n", {"kind": "CODES"}, "Pick the one series that the codes are for."),
        ("", {"kind": "CUSTOMERS"}, "A file is needed."),
        ("number\n1\n", {"series": True}, "No column says who the customers are."),
        ("code\nA\n", {"kind": "CODES", "series": True}, "This series does not take codes."),
        ("\0", {"series": True}, "neither UTF-8 text nor XLSX"),
        ("mobile\n1\n", {"series": True, "count": "501"}, "less than or equal to 500"),
        ("mobile\n1\n", {"kind": "X"}, "Select a valid choice"),
        ("mobile\n1\n", {"series": True, "notes": "x" * 251}, "at most 250 characters"),
        ("mobile\n1\n", {"series": True, "notes": "x\0"}, "Null characters are not allowed."),
    ],
)
def test_it_says_in_the_form_what_is_wrong(
    browser: Client, rows: str, fields: dict[str, Any], words: str
) -> None:
    if fields.get("series") is True:
        fields = fields | {"series": [make_series().pk]}

    answer = send(browser, rows, **fields)

    assert answer.status_code == 200
    assert words in text_of(answer)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("kind", ["ISSUE", "CUSTOMERS"])
def test_a_file_may_not_be_larger_than_the_api_takes(
    browser: Client, settings: Any, kind: str
) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000

    answer = send(browser, "mobile\n" + "1\n" * 2_000, kind=kind, series=[make_series().pk])

    assert "The upload is too large: at most 2000 bytes" in text_of(answer)
    assert "A file is needed." not in text_of(answer)
    assert not Batch.objects.exists()


def test_the_same_file_is_taken_again_only_if_that_is_meant(browser: Client) -> None:
    series = make_series()
    send(browser, "mobile\n1\n", series=[series.pk])

    again = send(browser, "mobile\n1\n", series=[series.pk])
    meant = send(browser, "mobile\n1\n", series=[series.pk], force="on")

    [first, _] = Batch.objects.order_by("pk")
    assert "This file was sent before, as batch" in text_of(again)
    assert "tick “Send it once more”" in text_of(again)
    assert f'href="{page_of(first)}"' in again.content.decode()
    assert 'name="force"' in again.content.decode()
    assert 'name="force"' not in browser.get(ADD).content.decode()
    assert meant.status_code == 302
    assert Batch.objects.count() == 2


def test_the_list_shows_how_far_each_batch_is(browser: Client) -> None:
    begun(browser)
    work()
    begun(browser)

    page = text_of(browser.get(LIST))

    assert "done 3 of 4 1 Series" in page
    assert "waiting for a worker 0 of 4 0 Series" in page


def test_the_list_names_two_series_and_says_how_many_more(browser: Client) -> None:
    series = [make_series(description=name).pk for name in ("Diwali", "Holi", "Onam", "Pongal")]
    send(browser, "mobile\n1\n", series=series)
    send(browser, "mobile\n2\n", kind="CUSTOMERS")

    page = text_of(browser.get(LIST))

    assert "0 of 4 0 Diwali, Holi and 2 more" in page
    assert "0 of 1 0 –" in page


def test_the_list_as_a_file_tells_what_came_of_each_batch(browser: Client) -> None:
    begun(browser)
    work()
    begun(browser)

    content = b"".join(browser.get(f"{LIST}export/").streaming_content).decode("utf-8-sig")

    rows = csv.DictReader(io.StringIO(content, newline=""))
    assert [(row["total"], row["issued"], row["refused"]) for row in rows] == [
        ("4", "0", "0"),
        ("4", "3", "1"),
    ]


def test_a_warning_about_the_file_stands_above_the_button_that_begins_it(browser: Client) -> None:
    send(browser, "mobile\n9.2E+11\n", series=[make_series().pk], dry_run="on")
    work()

    page = text_of(browser.get(page_of(Batch.objects.get())))

    assert page.index("A spreadsheet has shortened long numbers") < page.index("Start anyway")


def test_it_takes_as_many_queries_for_many_batches_as_for_one(browser: Client) -> None:
    begun(browser, 1)
    few = queries_of(browser)
    for _ in range(5):
        begun(browser, 1)

    assert queries_of(browser) == few


def queries_of(browser: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        browser.get(LIST)
    return len(queries)


def test_the_page_has_nothing_that_the_content_security_policy_forbids(browser: Client) -> None:
    batch = begun(browser)
    work()

    for address in (LIST, ADD, page_of(batch)):
        content = browser.get(address).content.decode()
        inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", content)
        assert inline == []
        assert not re.search(r"\son\w+=", content)
