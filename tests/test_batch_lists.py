import csv
import hashlib
import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batches import exports
from batches.models import Download
from issuance.models import Coupon
from series.models import Series
from tests.batches import BATCHES, csv_of, finished, lines, shown, upload, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series

# A list is written from a snapshot of its own, so what it shows must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK = 3


def download(caller: Caller, batch_id: int, state: str, format: str) -> bytes:
    answer = caller.get(f"{BATCHES}/{batch_id}/lines?state={state}&format={format}")
    assert answer.status_code == 200, answer.content
    assert f"batch-{batch_id}-{state}.{format}" in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet(content: bytes) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def test_it_shows_lines_a_page_at_a_time(client_api: Caller) -> None:
    customers = [make_customer() for _ in range(4)]
    sent = [customers[0].mobile, "x1", customers[1].mobile, customers[2].mobile, "x2", "x3"]
    rows = csv_of([["name", "mobile"], *(["Ann", mobile] for mobile in sent)])
    series = make_series()
    batch_id = finished(client_api, rows, seriesId=series.pk)["id"]

    page = client_api.get(f"{BATCHES}/{batch_id}/lines?state=refused&limit=2").json()
    rest = client_api.get(f"{BATCHES}/{batch_id}/lines?limit=2&after={page['next']}").json()
    end = client_api.get(f"{BATCHES}/{batch_id}/lines?after={rest['next']}").json()
    issued = lines(client_api, batch_id, state="issued", after=1, limit=2)

    assert [(line["line"], line["sent"]["mobile"]) for line in page["lines"]] == [
        (2, "x1"),
        (5, "x2"),
    ]
    assert page["lines"][0]["sent"] == {"name": "Ann", "mobile": "x1"}
    assert page["lines"][0]["errors"][0]["code"] == 701
    assert [line["line"] for line in rest["lines"]] == [6]
    assert end == {"lines": [], "next": None}
    assert [line["line"] for line in issued] == [3, 4]
    [coupon] = issued[0]["coupons"]
    assert Coupon.objects.get(pk=coupon["couponId"]).customer == customers[1]


def test_a_page_reads_only_the_chunks_that_have_its_lines(client_api: Caller) -> None:
    ann = make_customer()
    series = make_series(is_multiple_vouchers_per_user_allowed=True)
    sent = ["x1", *[ann.mobile] * 28, "x2"]
    rows = csv_of([["mobile"], *([mobile] for mobile in sent)])
    batch_id = finished(client_api, rows, seriesId=series.pk)["id"]

    with CaptureQueriesContext(connection) as queries:
        refused = lines(client_api, batch_id, state="refused")

    read = [query["sql"] for query in queries if '"batches_chunk"."sent"' in query["sql"]]
    assert [(line["line"], line["sent"]["mobile"]) for line in refused] == [(1, "x1"), (30, "x2")]
    assert len(read) == 2
    assert not [sql for sql in read if '"results"' in sql]


@pytest.mark.parametrize("state", ["refused", "issued"])
def test_a_list_holds_one_chunk_at_a_time_behind_a_pooler_too(
    client_api: Caller, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    sent = [it for n in range(6) for it in (make_customer().mobile, f"x{n}")]
    rows = csv_of([["mobile"], *([mobile] for mobile in sent)])
    batch_id = finished(client_api, rows, seriesId=make_series().pk)["id"]

    with CaptureQueriesContext(connection) as queries:
        content = table(download(client_api, batch_id, state, "csv"))
        shown_lines = lines(client_api, batch_id, state=state, limit=1)

    read = [query["sql"] for query in queries if '"batches_chunk"."sent"' in query["sql"]]
    assert [row[0] for row in content[1:]] == sent[state == "refused" :: 2]
    assert len(shown_lines) == 1
    assert len(read) >= 5
    assert all("LIMIT 1" in sql for sql in read)


def test_refused_rows_come_as_they_were_sent_with_the_reason_beside(client_api: Caller) -> None:
    ann = make_customer()
    rows = f'Name;Mobile number\nAnn;{ann.mobile}\n"Cid; the\nsecond";4711\nBob;;late\nDan\n'
    series = make_series()
    batch_id = finished(client_api, rows, seriesId=series.pk, customerIdentifier="MOBILE")["id"]

    header, *refused = table(download(client_api, batch_id, "refused", "csv"))

    assert header[:4] == ["Name", "Mobile number", "refusalCode", "refusalReason"]
    assert [row[:3] for row in refused] == [
        ["Cid; the\nsecond", "4711", "701"],
        ["Bob", "", "701"],
        ["Dan", "", "701"],
    ]
    assert refused[1][-1] == "late"


def test_the_refused_rows_can_be_mended_and_sent_again(client_api: Caller) -> None:
    series, ann = make_series(), make_customer()
    rows = csv_of([["mobile", "name"], [ann.mobile, "=Ann"], ["+4711", "=1+1"]])
    first = finished(client_api, rows, seriesId=series.pk)
    list_of_refused = download(client_api, first["id"], "refused", "csv")
    assert b'"\'+4711","\'=1+1",' in list_of_refused
    make_customer(mobile="4711")

    second = finished(client_api, list_of_refused, seriesId=series.pk)

    assert (second["total"], second["issued"], second["refused"]) == (1, 1, 0)
    assert Coupon.objects.values("customer").distinct().count() == Coupon.objects.count() == 2


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_list_is_a_formula(client_api: Caller, name: str) -> None:
    rows = csv_of([["mobile", "name"], ["4711", name]])
    batch_id = finished(client_api, rows, seriesId=make_series().pk)["id"]

    text = table(download(client_api, batch_id, "refused", "csv"))
    book = openpyxl.load_workbook(
        io.BytesIO(download(client_api, batch_id, "refused", "xlsx")), read_only=False
    )

    assert text[1][1] == "'" + name
    cell = book.active.cell(2, 2)
    assert cell.data_type == "s"


def test_issued_codes_come_as_text_in_csv_and_xlsx(client_api: Caller) -> None:
    customers = [make_customer(mobile=f"00{n}") for n in range(7)]
    series = make_series(alpha_numeric=False, random_code_length=12)
    rows = csv_of([["mobile"], *([it.mobile] for it in customers)])
    batch_id = finished(client_api, rows, seriesId=series.pk)["id"]

    written = table(download(client_api, batch_id, "issued", "csv"))
    calculated = sheet(download(client_api, batch_id, "issued", "xlsx"))

    assert written == calculated
    header, *issued = written
    assert header == ["mobile", "couponCode", "couponId", "seriesId", "validTillDateTime"]
    assert [row[0] for row in issued] == [it.mobile for it in customers]
    assert {row[1] for row in issued} == set(Coupon.objects.values_list("code", flat=True))


def test_issued_coupons_end_where_all_other_pages_say(client_api: Caller) -> None:
    year = date.today().year + 1
    series = make_series(expiry_strategy_type="DAYS", expiry_strategy_value=0)
    other = make_series(expiry_strategy_type="SERIES_EXPIRY")
    rows = csv_of([["mobile"], [make_customer().mobile]])
    prolonged = finished(client_api, rows, seriesId=series.pk)["id"]
    cut = finished(client_api, rows, seriesId=other.pk)["id"]
    until = {"validTill": f"{year}-06-30T12:00:00Z"}
    assert client_api.put(f"{BATCHES}/{prolonged}/coupons/expiry", until).status_code == 200
    Series.objects.filter(pk=other.pk).update(valid_till_date=date(year, 3, 1))

    ends = [
        table(download(client_api, batch_id, "issued", "csv"))[1][-1]
        for batch_id in (prolonged, cut)
    ]

    assert ends == [f"{year}-06-30T12:00:00Z", f"{year}-03-01T23:59:59Z"]


def test_a_list_that_is_too_long_for_a_book_is_had_as_csv(
    client_api: Caller, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_BOOK_ROWS", 2)
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(3)), ["x"], ["y"]])
    batch_id = finished(client_api, rows, seriesId=make_series().pk)["id"]

    refused = client_api.get(f"{BATCHES}/{batch_id}/lines?state=issued&format=xlsx")

    assert refused.status_code == 400
    assert "Take it as CSV" in refused.json()["errors"][0]["message"]
    assert not Download.objects.exists()
    assert len(sheet(download(client_api, batch_id, "refused", "xlsx"))) == 3
    assert len(table(download(client_api, batch_id, "issued", "csv"))) == 4
    page = admin_client.get(f"/admin/batches/batch/{batch_id}/change/").content.decode()
    assert "Issued as CSV" in page
    assert "Issued as XLSX" not in page


def test_every_list_is_recorded_with_its_rows_and_its_checksum(client_api: Caller) -> None:
    rows = "mobile\n" + "".join(f"{n}\n" for n in range(10))
    batch_id = finished(client_api, rows, seriesId=make_series().pk)["id"]

    content = download(client_api, batch_id, "refused", "csv")

    record = Download.objects.get()
    assert (record.batch_id, record.content, record.format) == (batch_id, "refused", "csv")
    assert record.client == client_api.client
    assert record.rows == 10 == len(table(content)) - 1
    assert record.sha256 == hashlib.sha256(content).hexdigest()


def test_a_list_that_was_broken_off_stays_without_a_checksum(
    client_api: Caller, settings: Any
) -> None:
    settings.BATCH_CHUNK = 1_000
    rows = "mobile\n" + "".join(f"{n}\n" for n in range(3_000))
    batch_id = finished(client_api, rows, seriesId=make_series().pk)["id"]
    answer = client_api.get(f"{BATCHES}/{batch_id}/lines?format=csv")

    next(iter(answer.streaming_content))
    answer.close()

    record = Download.objects.get()
    assert (record.rows, record.sha256) == (None, "")


def test_a_list_stays_complete_while_a_retry_changes_its_rows(
    client_api: Caller, settings: Any, at_once: Any
) -> None:
    settings.BATCH_CHUNK = 1_000
    rows = "mobile\n" + "".join(f"{n}\n" for n in range(3_000))
    batch_id = finished(client_api, rows, seriesId=make_series().pk)["id"]
    [make_customer(mobile=str(n)) for n in range(2_000, 2_005)]
    steps = [lambda: client_api.post(f"{BATCHES}/{batch_id}/retry"), work]

    blocks = client_api.get(f"{BATCHES}/{batch_id}/lines?format=csv").streaming_content
    first = next(blocks)
    at_once([lambda: [step() for step in steps]])
    content = first + b"".join(blocks)

    assert len(table(content)) == 3_001
    assert shown(client_api, batch_id)["refused"] == 2_995


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=1001", "after=-1", "format=pdf"])
def test_it_refuses_a_query_that_makes_no_sense(client_api: Caller, query: str) -> None:
    answer = upload(client_api, BATCHES, "mobile\n1\n", seriesId=make_series().pk)

    page = client_api.get(f"{BATCHES}/{answer.json()['id']}/lines?{query}")

    assert page.status_code == 400
    assert page.json()["errors"][0]["code"] == 756
