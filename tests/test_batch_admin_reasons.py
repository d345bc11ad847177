"""Why lines were refused, as people read it: plain words, what to do, and the row to look at."""

from datetime import date

import pytest
from django.test import Client

from batches.models import Batch, Kind
from batches.next_steps import explained
from issuance.models import Coupon
from tests.batch_pages import LIST, helper, page_of, send, text_of
from tests.batches import csv_of, shown, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
UNKNOWN = "Nobody is known by that number, address or id 701"
CREATE = "/admin/batches/batch/add/?kind=CUSTOMERS"


def checked(browser: Client, rows: str, **fields: object) -> Batch:
    """A batch of that file, after its dry run."""
    send(browser, rows, dry_run="on", **fields)
    work()
    return Batch.objects.latest("pk")


def unknown(count: int) -> str:
    return csv_of([["mobile", "name"], *([f"4711{n:02}", f"N{n}"] for n in range(count))])


def test_a_reason_says_what_it_means_and_what_to_do(admin_client: Client) -> None:
    send(admin_client, unknown(1), series=[make_series().pk])
    work()
    batch = Batch.objects.get()

    page = admin_client.get(page_of(batch))

    assert f"{UNKNOWN} Put these rows right, or create the customers." in text_of(page)
    assert "Then press “Retry what was refused”. Row 2 · mobile: 471100 · name: N0" in text_of(page)
    assert f'href="{CREATE}"' in page.content.decode()
    assert "Please check mobile" not in text_of(page)


def test_a_way_that_somebody_may_not_go_is_not_offered(admin_client: Client) -> None:
    send(admin_client, unknown(1), series=[make_series().pk])
    work()

    page = helper("issuance.view_coupon").get(page_of(Batch.objects.get()))

    assert UNKNOWN in text_of(page)
    assert CREATE not in page.content.decode()


def test_the_dry_run_shows_the_first_rows_of_each_reason(
    admin_client: Client, client_api: Caller
) -> None:
    held = make_series(is_multiple_vouchers_per_user_allowed=False)
    ann = make_customer(mobile="919812345678")
    send(admin_client, f"mobile\n{ann.mobile}\n", series=[held.pk])
    work()

    rows = f"mobile,name\n{ann.mobile},Ann\n" + unknown(7).partition("\n")[2]
    batch = checked(admin_client, rows, series=[held.pk])

    page = text_of(admin_client.get(page_of(batch)))
    assert "Row 3 · mobile: 471100 · name: N0" in page
    assert "Row 7 · mobile: 471104 · name: N4" in page
    assert "Row 8" not in page
    assert "709 Usually nothing. Row 2 · mobile: 919812345678 · name: Ann" in page
    assert "If you do it before the start, they are not refused." in page
    assert "examples" not in shown(client_api, batch.pk)["dryRun"]


@pytest.mark.parametrize(
    ("kind", "rows", "words"),
    [
        ("CUSTOMERS", "Mobile no,n\nx1,A\n", "Row 2 · Mobile no: x1 · n: A — Mobile no: A mobile"),
        ("CODES", "code\nA B\n", "756 The examples say what. Put it right, and send these rows"),
        ("CODES", "code\nA\nA\n", "716 Nothing: one of these rows got it. Row 3 · code: A"),
        ("CODES", "A\nA\n", "Row 2 · code: A"),
        ("HOLDERS", "code,mobile\nA,4711\n", f"{UNKNOWN} Put these rows right"),
    ],
)
def test_each_kind_has_its_own_reasons_before_the_start_and_after_it(
    admin_client: Client, kind: str, rows: str, words: str
) -> None:
    uploaded = {"client_handling_type": "DISC_CODE_PIN"} if kind == "CODES" else {}
    batch = checked(admin_client, rows, kind=kind, series=[make_series(**uploaded).pk])

    assert words in text_of(admin_client.get(page_of(batch)))
    admin_client.post(f"{LIST}{batch.pk}/steer/start/")
    work()
    assert words in text_of(admin_client.get(page_of(batch)))


def test_who_was_not_in_a_file_has_no_row(admin_client: Client) -> None:
    ann = make_customer()
    over = make_series(valid_till_date=date(2020, 1, 1))
    send(admin_client, series=[over.pk], audience="everybody")
    work()

    page = admin_client.get(page_of(Batch.objects.get()))

    words = "713 Let it last longer. Extend . If you do it before the start, they are not refused."
    assert f"{words} customer id: {ann.pk}" in text_of(page)
    assert f'href="/admin/series/series/{over.pk}/extend/"' in page.content.decode()


def test_a_link_to_one_series_is_left_out_where_there_are_several(admin_user: object) -> None:
    one = Batch(kind=Kind.ISSUE, series_ids=[7])
    two = Batch(kind=Kind.ISSUE, series_ids=[7, 8])

    [of_one] = explained(one, {5005: 1}, admin_user)
    [of_two] = explained(two, {5005: 1}, admin_user)

    assert of_one["url"] == "/admin/batches/batch/add/?kind=CODES&series=7"
    assert of_two["url"] == ""


@pytest.mark.django_db(transaction=True)
def test_refused_rows_can_be_taken_away_before_the_start(
    admin_client: Client, client_api: Caller
) -> None:
    ann = make_customer()
    rows = f"mobile,name\n{ann.mobile},Ann\n" + unknown(2).partition("\n")[2]
    batch = checked(admin_client, rows, series=[make_series().pk])
    address = f"{LIST}{batch.pk}/download/refused/csv/"

    assert f'href="{address}"' in admin_client.get(page_of(batch)).content.decode()
    content = b"".join(admin_client.get(address).streaming_content).decode("utf-8-sig")

    [header, *refused] = content.splitlines()
    assert header.startswith('"mobile","name","refusalCode"')
    assert [line.split(",")[:3] for line in refused] == [
        ['"471100"', '"N0"', '"701"'],
        ['"471101"', '"N1"', '"701"'],
    ]
    # As documented there is nothing for API clients before the start, and no list of issued.
    api = client_api.get(f"/v2/coupon/batches/{batch.pk}/lines?state=refused&format=csv")
    assert api.status_code == 409
    issued = admin_client.get(f"{LIST}{batch.pk}/download/issued/csv/", follow=True)
    assert "has not been started yet" in text_of(issued)

    admin_client.post(f"{LIST}{batch.pk}/steer/start/")
    work()
    assert Coupon.objects.get().customer == ann
    assert not batch.chunks.exclude(finding=None).exists()
