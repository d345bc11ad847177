"""Who took rows of batches out of the system: in the log, and in a list of its own."""

import csv
import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from batches.models import Batch, Download
from couponadmin import roles
from tests.batch_pages import page_of, text_of
from tests.batches import BATCHES, finished
from tests.conftest import Caller
from tests.factories import make_series
from tests.people import signed_in_as

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/batches/download/"


@pytest.fixture
def batch(client_api: Caller) -> Batch:
    told = finished(client_api, "mobile\n4711\n4712\n", seriesId=make_series().pk)
    return Batch.objects.get(pk=told["id"])


def take(browser: Client, batch: Batch, **options: Any) -> bytes:
    answer = browser.get(f"/admin/batches/batch/{batch.pk}/download/refused/xlsx/", **options)
    return b"".join(answer.streaming_content)


def test_what_a_person_takes_stands_in_the_log(admin_client: Client, batch: Batch) -> None:
    take(admin_client, batch)

    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("admin", str(batch.pk))
    assert entry.change_message == "Refused downloaded as XLSX."
    assert "Refused downloaded as XLSX." in text_of(
        admin_client.get(page_of(batch).replace("change", "history"))
    )


def test_what_cannot_be_taken_is_not_in_the_log(admin_client: Client, batch: Batch) -> None:
    Batch.objects.update(started_at=None)

    answer = admin_client.get(f"/admin/batches/batch/{batch.pk}/download/refused/csv/")

    assert answer.status_code == 302
    assert not LogEntry.objects.exists()
    assert not Download.objects.exists()


def test_one_list_has_what_people_and_clients_took(
    admin_client: Client, client_api: Caller, batch: Batch
) -> None:
    take(admin_client, batch)
    answer = client_api.get(f"{BATCHES}/{batch.pk}/lines?state=refused&format=csv")
    b"".join(answer.streaming_content)
    by_client, by_person = Download.objects.all()

    page = text_of(admin_client.get(LIST))
    told = b"".join(admin_client.get(f"{LIST}export/").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(told, newline="")))
    of_client = text_of(admin_client.get(f"{LIST}?client__id__exact={client_api.client.pk}"))
    of_batch = text_of(admin_client.get(f"{LIST}?q={batch.pk}"))
    nothing = text_of(admin_client.get(f"{LIST}?q={batch.pk + 1}"))

    for record in (by_client, by_person):
        assert record.sha256[:12] in page
        assert record.sha256[:12] in of_batch
        assert record.sha256[:12] not in nothing
    assert by_client.sha256[:12] in of_client
    assert by_person.sha256[:12] not in of_client
    assert [(row["user"], row["client"], row["batchId"]) for row in rows] == [
        ("", str(client_api.client), str(batch.pk)),
        ("admin", "", str(batch.pk)),
    ]
    assert [(row["content"], row["format"], row["rows"]) for row in rows] == [
        ("refused", "csv", "2"),
        ("refused", "xlsx", "2"),
    ]
    assert rows[0]["sha256"] == by_client.sha256


def test_a_download_can_be_looked_at_and_nothing_more(admin_client: Client, batch: Batch) -> None:
    take(admin_client, batch)
    record = Download.objects.get()

    page = admin_client.get(f"{LIST}{record.pk}/change/")
    changed = admin_client.post(f"{LIST}{record.pk}/change/", {"rows": 7})
    deleted = admin_client.post(f"{LIST}{record.pk}/delete/", {"post": "yes"})

    assert record.sha256 in text_of(page)
    assert (changed.status_code, deleted.status_code) == (403, 403)
    assert Download.objects.get().rows == 2


def test_downloads_are_for_those_who_may_read_the_log(db: None) -> None:
    marketing = signed_in_as(roles.MARKETING, "marketing")

    assert marketing.get(LIST).status_code == 403
    assert marketing.get(f"{LIST}export/").status_code == 403
    assert LIST not in marketing.get("/admin/").content.decode()


def test_the_sidebar_leads_there(admin_client: Client) -> None:
    assert f'href="{LIST}"' in admin_client.get("/admin/").content.decode()
