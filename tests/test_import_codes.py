from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Batch
from batches.progress import beat
from issuance.models import Coupon
from tests.batches import begin, counts, finished, lines, shown, upload, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK = 3


@pytest.fixture
def series(db: None) -> Any:
    return make_series(client_handling_type="DISC_CODE_PIN")


def codes_of(series: Any) -> str:
    return f"/v2/coupon/series/{series.pk}/codes"


def reasons(caller: Caller, batch: dict[str, Any]) -> list[tuple[int, int]]:
    found = lines(caller, batch["id"])
    return [(line["line"], line["errors"][0]["code"]) for line in found]


def test_it_stores_codes_that_are_then_issued(series_api: Caller, series: Any) -> None:
    batch = finished(series_api, "Coupon Code\n aa-1 \nBB-2\n", path=codes_of(series))

    assert counts(batch) == (2, 2, 0)
    assert set(Coupon.objects.values_list("code", "customer")) == {("AA-1", None), ("BB-2", None)}
    series.refresh_from_db()
    assert series.num_uploaded_total == 2
    customer = {"id": make_customer().pk}
    issued = series_api.post("/v2/coupon/issue", {"seriesId": series.pk, "customer": customer})
    assert issued.json()["code"] == "AA-1"


def test_it_tells_repeats_in_the_file_from_codes_that_were_there(
    series_api: Caller, series: Any
) -> None:
    other = make_series(client_handling_type="GENERIC", generic_code="GENERIC1")
    finished(series_api, "code\nOLD\n", path=codes_of(series))
    rows = "code\nA\na\nOLD\nB\nC\nA\ngeneric1\nD\nb\n"

    batch = finished(series_api, rows, path=codes_of(series))

    assert counts(batch) == (9, 4, 5)
    assert reasons(series_api, batch) == [(2, 716), (3, 409), (6, 716), (7, 409), (9, 716)]
    [message] = [
        line["errors"][0]["message"] for line in lines(series_api, batch["id"], after=6, limit=1)
    ]
    assert message == f"This code exists already, in series {other.pk}"
    series.refresh_from_db()
    assert series.num_uploaded_total == 5
    assert Coupon.objects.filter(series=series).count() == 5


def test_a_repeat_is_known_even_when_the_code_was_issued_meanwhile(
    series_api: Caller, series: Any
) -> None:
    batch_id = begin(series_api, "code\nA\nB\nC\n", codes_of(series))
    work()
    customer = {"id": make_customer().pk}
    series_api.post("/v2/coupon/issue", {"seriesId": series.pk, "customer": customer})
    Batch.objects.get(pk=batch_id).chunks.create(first=4, lines=1, sent="a\n")
    Batch.objects.filter(pk=batch_id).update(state="running", lines=4, total=4)

    work()

    assert counts(shown(series_api, batch_id)) == (4, 3, 1)
    assert [line["errors"][0]["code"] for line in lines(series_api, batch_id)] == [716]


def test_codes_that_were_issued_are_looked_up_together(
    series_api: Caller, series: Any, settings: Any
) -> None:
    rows = "code\n" + "".join(f"A{n}\n" for n in range(6))
    finished(series_api, rows, path=codes_of(series))
    for _ in range(6):
        customer = {"id": make_customer().pk}
        series_api.post("/v2/coupon/issue", {"seriesId": series.pk, "customer": customer})
    settings.BATCH_CHUNK = 100
    batch_id = begin(series_api, f"{rows}A7\n", codes_of(series))

    with CaptureQueriesContext(connection) as queries:
        work()

    asked = [query["sql"] for query in queries if "jsonb" in query["sql"]]
    assert len([sql for sql in asked if sql.lstrip().startswith("SELECT")]) == 1
    assert counts(shown(series_api, batch_id)) == (7, 1, 6)
    assert {code for _, code in reasons(series_api, shown(series_api, batch_id))} == {409}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "no code"),
        ("1.2E+09", "spreadsheet has shortened"),
        ("9,87E+11", "spreadsheet has shortened"),
        ("TWO WORDS", "without blanks"),
        ("X" * 101, "up to 100 characters"),
        ("A\x07B", "without blanks"),
        ("ß" * 60, "up to 100 characters"),
    ],
)
def test_it_refuses_what_is_no_code(series_api: Caller, series: Any, code: str, words: str) -> None:
    batch = finished(series_api, f'code,note\n"{code}",x\nGOOD,\n', path=codes_of(series))

    assert counts(batch) == (2, 1, 1)
    [line] = lines(series_api, batch["id"])
    assert (line["line"], line["errors"][0]["code"]) == (1, 756)
    assert words in line["errors"][0]["message"]
    assert list(Coupon.objects.values_list("code", flat=True)) == ["GOOD"]


def numbered(last: int) -> str:
    return "code\n" + "".join(f"{n}\n" for n in range(1, last + 1))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("code\n1.2E+09\nA\n", "Cells that look like 1.2E+09: 1."),
        ("code\n" + "9123456789\n" * 4 + "123456789\n", "shorter than the usual 10: 1."),
        (numbered(200), "shorter than the usual 3: 99."),
        ("code\n0123\n4567\n89\n", "4 digits begin with 0, and 1 have fewer"),
        ("code\n0123\n123\n456\n789\n", "4 digits begin with 0, and 3 have fewer"),
        ("ABC-1\nABC-2\n", "first row was taken for data, because no column is named code."),
    ],
)
def test_it_warns_of_what_a_spreadsheet_has_damaged(
    series_api: Caller, series: Any, rows: str, words: str
) -> None:
    answer = upload(series_api, codes_of(series), rows)

    assert any(words in warning for warning in answer.json()["warnings"])


@pytest.mark.parametrize(
    "rows",
    [
        "code\n" + "12345678\n1234567\n123456\n" * 5,
        "code\n" + "12345678\n" * 6 + "1234567\n" * 2,
        "code\n0123\n4567\n",
        "code\n0123\nA-1\n",
        "code\nABC\n",
    ],
    ids=["three lengths", "two lengths", "one length", "letters beside", "letters"],
)
def test_it_does_not_warn_of_codes_that_may_be_meant_so(
    series_api: Caller, series: Any, rows: str
) -> None:
    beat("worker@host", now=timezone.now())

    assert upload(series_api, codes_of(series), rows).json()["warnings"] == []


@pytest.mark.parametrize(
    ("make", "code"),
    [(lambda: make_series().pk, 756), (lambda: 4711, 707), (lambda: 2**80, 707)],
    ids=["generated codes", "unknown", "absurd"],
)
def test_it_refuses_a_series_that_takes_no_codes(series_api: Caller, make: Any, code: int) -> None:
    answer = upload(series_api, f"/v2/coupon/series/{make()}/codes", "code\nA\n")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code
    assert not Batch.objects.exists()


def test_it_needs_write_access_to_the_series(client_api: Caller, series: Any) -> None:
    assert upload(client_api, codes_of(series), "code\nA\n").status_code == 403
    assert not Coupon.objects.exists()
