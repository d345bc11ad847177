"""POST /v2/coupon/series/{id}/holders: coupons that are out already come to their holders."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from batches import deciding, revoking
from batches.approval_models import Approval
from batches.models import Batch, State
from couponadmin.clients import create_client
from couponadmin.roles import DEFAULT_ACCESS, SERIES_WRITE
from customers.models import Customer
from issuance.models import Coupon
from marketing import levers as series_levers
from outbox.models import Event, Kind
from series.models import Series, SeriesDay
from series.tallies import fold_tallies
from tests.approvals import browser_of, person
from tests.batch_pages import page_of, send, signed_in, text_of
from tests.batches import begin, counts, csv_of, finished, lines, shown, upload, work
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series
from tests.receiver import make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK = 3


@pytest.fixture
def ann() -> Customer:
    return make_customer(mobile="919800000001", email="ann@example.com", external_id="A-1")


@pytest.fixture
def bob() -> Customer:
    return make_customer(mobile="919800000002")


@pytest.fixture
def series() -> Series:
    return make_series(valid_till_date=date(2035, 12, 31))


def holders_of(series: Series) -> str:
    return f"/v2/coupon/series/{series.pk}/holders"


def moved(caller: Caller, series: Series, rows: str, **fields: Any) -> dict[str, Any]:
    return finished(caller, rows, path=holders_of(series), **fields)


def reasons(caller: Caller, batch: dict[str, Any]) -> dict[int, int]:
    """The number of each refused line."""
    return {line["line"]: line["errors"][0]["code"] for line in lines(caller, batch["id"])}


def message(caller: Caller, batch: dict[str, Any]) -> str:
    [line] = lines(caller, batch["id"])
    return str(line["errors"][0]["message"])


def holdings(series: Series) -> dict[str, str | None]:
    """Code -> the mobile number of who holds it."""
    coupons = Coupon.objects.filter(series=series).select_related("customer")
    return {it.code: it.customer and it.customer.mobile for it in coupons}


def test_each_coupon_is_its_holders_and_is_like_any_other(
    series_api: Caller, ann: Customer, bob: Customer, series: Series
) -> None:
    rows = (
        "Coupon Code,mobile,issuedOn,validTill\n"
        " old-1 ,+91 98000 00001,2026-03-01,2030-06-30\n"
        "OLD-2,919800000002,2026-03-02T10:30:00+05:30,\n"
    )

    batch = moved(series_api, series, rows, sourceActivity="move")

    assert counts(batch) == (2, 2, 0)
    assert (batch["created"], batch["existing"]) == (2, 0)
    first, second = Coupon.objects.order_by("code")
    assert (first.code, first.customer, first.shared) == ("OLD-1", ann, False)
    assert first.issued_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert first.expires_at == datetime(2030, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert (second.code, second.customer) == ("OLD-2", bob)
    assert second.issued_at == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert second.expires_at == datetime(2035, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert first.origin == second.origin == Batch.objects.get().origin
    assert first.origin.source_activity == "move"
    issued = lines(series_api, batch["id"], state="issued")
    assert issued[0]["coupons"] == [
        {"code": "OLD-1", "couponId": first.pk, "seriesId": series.pk},
    ]


@pytest.mark.parametrize(
    ("identifier", "header", "text"),
    [
        ("MOBILE", "mobile", "919800000001"),
        ("EMAIL", "email", "Ann@Example.com"),
        ("EXTERNAL_ID", "loyalty id", "A-1"),
        ("EXTERNAL_ID", "customer", "A-1"),
        ("USER_ID", "customerId", None),
        ("USER_ID", "id", None),
        (None, "userId", None),
        (None, "email", "ann@example.com"),
    ],
)
def test_the_holder_is_named_by_any_identifier(
    series_api: Caller,
    ann: Customer,
    series: Series,
    identifier: str | None,
    header: str,
    text: str | None,
) -> None:
    fields = {"customerIdentifier": identifier} if identifier else {}

    batch = moved(series_api, series, f"code,{header}\nA,{text or ann.pk}\n", **fields)

    assert counts(batch) == (1, 1, 0)
    assert Coupon.objects.get().customer == ann


@pytest.mark.parametrize(
    ("header", "identifier"),
    [("customerId", ""), ("mobile", ""), ("customerId", "USER_ID"), ("customer", "USER_ID")],
)
def test_a_column_id_beside_the_holders_is_the_coupons(
    series_api: Caller, ann: Customer, bob: Customer, series: Series, header: str, identifier: str
) -> None:
    holder = bob.mobile if header == "mobile" else bob.pk
    fields = {"customerIdentifier": identifier} if identifier else {}

    moved(series_api, series, f"id,couponCode,{header}\n{ann.pk},A,{holder}\n", **fields)

    assert holdings(series) == {"A": bob.mobile}


@pytest.mark.parametrize(
    ("rows", "fields", "words"),
    [
        ("number,mobile\nA,1\n", {}, "No column is named code"),
        ("code\nA\n", {"customerIdentifier": "MOBILE"}, "No column is named mobile"),
        ("A,919800000001\n", {"customerIdentifier": "MOBILE"}, "No column is named code"),
        ("code,who\nA,1\n", {}, "No column says who holds the coupons"),
        ("id,couponCode,customer\n1,A,B-1\n", {}, "A column id is taken for the coupon's"),
        ("code,mobile\n", {}, "file: There are no rows"),
        ("code,mobile\nA,1\n", {"customerIdentifier": "SHOE_SIZE"}, "customerIdentifier"),
    ],
)
def test_a_file_without_code_or_holder_is_refused(
    series_api: Caller, series: Series, rows: str, fields: dict[str, str], words: str
) -> None:
    answer = upload(series_api, holders_of(series), rows, **fields)

    assert answer.status_code == 400
    assert words in answer.json()["errors"][0]["message"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        (",919800000001", 756, "code: There is no code"),
        ("1.2E+09,919800000001", 756, "code: This is a number that a spreadsheet"),
        ("A,4711", 701, "customer could not be found"),
        ("A,", 701, "customer could not be found"),
        ("A,919800000001,09/05/2026", 756, "issuedOn: Write it like"),
        ("A,919800000001,2026-02-30", 756, "issuedOn: Write it like"),
        ("A,919800000001,2999-01-01", 756, "issuedOn: It lies in the future"),
        ("A,919800000001,1899-12-30", 756, "issuedOn: It lies before 1970"),
        ("A,919800000001,0001-01-01", 756, "issuedOn: It lies before 1970"),
        ("A,919800000001,,soon", 756, "validTill: Write it like"),
        ("A,919800000001,2026-03-02,2026-03-01", 756, "validTill: It lies before the day"),
        ("A,919800000001,,2026-03-01", 756, "is today unless issuedOn says another"),
        ("A,919800000001,,2036-01-01", 691, "validTill: It lies after the last day"),
        ("A,919800000001,,9999-12-31", 691, "validTill: It lies after the last day"),
        ("A,919800000001,,,2026-04-01", 711, "redeemedOn: A coupon that was used"),
    ],
)
def test_it_names_the_column_that_is_wrong(
    series_api: Caller, ann: Customer, series: Series, cells: str, code: int, words: str
) -> None:
    rows = f"code,mobile,issuedOn,validTill,redeemedOn\n{cells}\nGOOD,919800000001\n"

    batch = moved(series_api, series, rows)

    assert counts(batch) == (2, 1, 1)
    assert reasons(series_api, batch) == {1: code}
    assert words in message(series_api, batch)
    assert holdings(series) == {"GOOD": ann.mobile}


@pytest.mark.parametrize(
    ("terms", "issued", "end"),
    [
        (
            {"expiry_strategy_type": "DAYS", "expiry_strategy_value": 30},
            "2026-03-01",
            (2026, 3, 31),
        ),
        ({"expiry_strategy_type": "MONTHS_END"}, "2026-03-01", (2026, 4, 30)),
        ({"valid_till_date": None}, "2026-03-01", None),
    ],
)
def test_without_an_end_of_its_own_it_ends_as_if_issued_here_on_that_day(
    series_api: Caller,
    ann: Customer,
    terms: dict[str, Any],
    issued: str,
    end: tuple[int, int, int] | None,
) -> None:
    series = make_series(**terms)

    moved(series_api, series, f"code,mobile,issuedOn\nA,{ann.mobile},{issued}\n")

    expected = end and datetime(*end, 23, 59, 59, tzinfo=UTC)
    assert Coupon.objects.get().expires_at == expected


def test_codes_that_are_here_are_told_from_repeats_in_the_file(
    series_api: Caller, ann: Customer, bob: Customer, series: Series
) -> None:
    other = make_coupon(code="OTHER", customer=ann)
    make_coupon(code="HERS", series=series, customer=ann)
    make_coupon(code="HIS", series=series, customer=bob)
    make_coupon(code="VOID", series=series, customer=ann, revoked_at=datetime.now(UTC))
    lost = make_origin(revoked_at=datetime.now(UTC))
    make_coupon(code="LOST", series=series, customer=ann, origin=lost)
    codes = ["OTHER", "HERS", "HIS", "VOID", "LOST", "NEW", "new", "hers", "NEW2", "NEW"]
    rows = csv_of([["code", "mobile"], *([code, ann.mobile] for code in codes)])

    batch = moved(series_api, series, rows)

    assert counts(batch) == (10, 4, 6)
    assert (batch["created"], batch["existing"]) == (2, 2)
    expected = {1: 409, 3: 409, 4: 660, 5: 660, 7: 716, 10: 716}
    assert reasons(series_api, batch) == expected
    found = [line["errors"][0]["message"] for line in lines(series_api, batch["id"])]
    assert found[0] == f"This code exists already, in series {other.series_id}"
    assert found[1] == "This code is another customer's"
    assert Coupon.objects.filter(series=series, origin=Batch.objects.get().origin).count() == 2


def test_a_repeat_with_another_holder_gives_the_coupon_to_one_of_them(
    series_api: Caller, ann: Customer, bob: Customer, series: Series
) -> None:
    rows = f"code,mobile\nA,{ann.mobile}\nB,{ann.mobile}\na,{bob.mobile}\nb,{bob.mobile}\n"

    batch = moved(series_api, series, rows)

    assert reasons(series_api, batch) == {3: 716, 4: 716}
    assert holdings(series) == {"A": ann.mobile, "B": ann.mobile}


def test_the_same_file_twice_changes_nothing(
    series_api: Caller, ann: Customer, bob: Customer
) -> None:
    series = make_series(max_create=4)
    rows = f"code,mobile\nA,{ann.mobile}\nB,{bob.mobile}\nC,{ann.mobile}\nD,{bob.mobile}\n"
    moved(series_api, series, rows)
    before = list(Coupon.objects.order_by("pk").values())

    refused = upload(series_api, holders_of(series), rows)
    again = moved(series_api, series, rows, force="true")

    assert refused.status_code == 409
    assert counts(again) == (4, 4, 0)
    assert (again["created"], again["existing"]) == (0, 4)
    assert list(Coupon.objects.order_by("pk").values()) == before
    series.refresh_from_db()
    assert series.num_issued == 4


def test_no_limit_of_issuing_refuses_what_is_out_but_it_counts_from_then_on(
    series_api: Caller, ann: Customer
) -> None:
    excluding = make_coupon(customer=ann).series
    series = make_series(
        min_days_between_vouchers=5, mutual_exclusive_series_ids=[excluding.pk], max_create=9
    )
    rows = f"code,mobile\nA,{ann.mobile}\nB,{ann.mobile}\n"

    batch = moved(series_api, series, rows)

    assert counts(batch) == (2, 2, 0)
    body = {"seriesId": series.pk, "count": 1, "customer": {"mobile": ann.mobile}}
    answer = series_api.post("/v2/coupon/issue/multiple", body).json()
    assert answer["errors"][0]["code"] == 709


def test_max_create_is_kept_and_the_rest_can_be_tried_again(
    series_api: Caller, ann: Customer
) -> None:
    series = make_series(max_create=4, num_issued=2)
    rows = csv_of([["code", "mobile"], *([f"C{n}", ann.mobile] for n in range(5))])

    batch = moved(series_api, series, rows)

    assert counts(batch) == (5, 2, 3)
    assert reasons(series_api, batch) == {3: 5001, 4: 5001, 5: 5001}
    series.refresh_from_db()
    assert series.num_issued == 4
    Series.objects.filter(pk=series.pk).update(max_create=7)
    series_api.post(f"/v2/coupon/batches/{batch['id']}/retry")
    work()
    assert counts(shown(series_api, batch["id"])) == (5, 5, 0)
    assert len(holdings(series)) == 5


def test_a_free_code_of_the_series_is_handed_to_its_holder(
    series_api: Caller, ann: Customer, bob: Customer
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", num_uploaded_total=4)
    free = [make_free_code(series, code) for code in ("A", "B", "C")]
    withdrawn = make_free_code(series, "D")
    Coupon.objects.filter(pk=withdrawn.pk).update(revoked_at=datetime.now(UTC))
    rows = f"code,mobile\nb,{ann.mobile}\nD,{ann.mobile}\nNEW,{bob.mobile}\nB,{bob.mobile}\n"

    batch = moved(series_api, series, rows)

    assert reasons(series_api, batch) == {2: 660, 4: 716}
    expected = {"A": None, "B": ann.mobile, "C": None, "D": None, "NEW": bob.mobile}
    assert holdings(series) == expected
    assert Coupon.objects.get(code="B").pk == free[1].pk
    fold_tallies()
    series.refresh_from_db()
    assert (series.num_uploaded_total, series.num_issued) == (5, 2)


def test_a_series_that_is_over_takes_none_until_it_is_prolonged(
    series_api: Caller, ann: Customer
) -> None:
    series = make_series(valid_till_date=date(2026, 1, 31))
    rows = f"code,mobile\nA,{ann.mobile}\n"

    batch = moved(series_api, series, rows)

    assert reasons(series_api, batch) == {1: 713}
    assert not Coupon.objects.exists()
    Series.objects.filter(pk=series.pk).update(valid_till_date=date(2035, 1, 31))
    series_api.post(f"/v2/coupon/batches/{batch['id']}/retry")
    work()
    assert holdings(series) == {"A": ann.mobile}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: make_series(client_handling_type="GENERIC", generic_code="ALL").pk, 756),
        (lambda: 4711, 707),
        (lambda: 2**80, 707),
    ],
    ids=["one shared code", "unknown", "absurd"],
)
def test_it_refuses_a_series_that_can_take_none(
    series_api: Caller, make: Callable[[], int], code: int
) -> None:
    path = f"/v2/coupon/series/{make()}/holders"

    answer = upload(series_api, path, "code,mobile\nA,1\n")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code
    assert not Batch.objects.exists()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Los_Angeles"])
@pytest.mark.parametrize("terms", [{}, {"max_create": 10}], ids=["no cap", "a cap"])
def test_counters_and_days_are_those_of_the_coupons(
    series_api: Caller, settings: Any, ann: Customer, zone: str, terms: dict[str, Any]
) -> None:
    settings.TIME_ZONE = zone
    series = make_series(**terms)
    dates = ["2026-03-01", "2026-03-01T23:59:59", "2026-03-02", "2026-04-01T20:00:00Z", ""]
    rows = [[f"C{n}", ann.mobile, text] for n, text in enumerate(dates)]

    moved(series_api, series, csv_of([["code", "mobile", "issuedOn"], *rows]))

    fold_tallies()
    series.refresh_from_db()
    latest = Coupon.objects.latest("issued_at")
    assert series.num_issued == 5
    assert series.latest_issued_at == latest.issued_at
    days = dict(SeriesDay.objects.values_list("day", "issued"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (issued_at AT TIME ZONE %s)::date, count(*) FROM issuance_coupon GROUP BY 1",
            [zone],
        )
        assert days == dict(cursor.fetchall())
    assert days[date(2026, 3, 1)] == 2


def test_no_webhook_hears_of_a_coupon_but_of_the_end_of_the_batch(
    series_api: Caller, ann: Customer, series: Series
) -> None:
    make_endpoint("https://shop.example.org/hook")

    moved(series_api, series, f"code,mobile\nA,{ann.mobile}\n")

    assert list(Event.objects.values_list("kind", flat=True)) == [Kind.BATCH_FINISHED]


def test_it_is_redeemed_by_its_holder_and_by_nobody_else(
    series_api: Caller, ann: Customer, bob: Customer, series: Series
) -> None:
    rows = [["A", ann.mobile, "", ""], ["OVER", ann.mobile, "2026-01-01", "2026-01-31"]]
    header = ["code", "mobile", "issuedOn", "validTill"]
    moved(series_api, series, csv_of([header, *rows]))

    def redeem(code: str, customer: Customer) -> Any:
        body = {
            "redemptionRequestList": [{"code": code}],
            "billAmount": 2000,
            "user": {"mobile": customer.mobile},
        }
        return series_api.post("/v2/coupon/redeem", body)

    assert redeem("A", bob).json()["errors"][0]["code"] == 703
    assert redeem("OVER", ann).json()["errors"][0]["code"] == 713
    assert redeem(" a ", ann).status_code == 200
    assert redeem("A", ann).json()["errors"][0]["code"] == 711


@pytest.mark.parametrize("terms", [{}, {"max_create": 3}], ids=["no cap", "a cap"])
def test_a_dry_run_says_what_then_happens(
    series_api: Caller, ann: Customer, bob: Customer, terms: dict[str, int]
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", num_uploaded_total=1, **terms)
    make_free_code(series, "FREE")
    make_coupon(code="HERS", series=series, customer=ann)
    make_coupon(code="HIS", series=series, customer=bob)
    codes = ["HERS", "HIS", "FREE", "N1", "", "N2", "n1", "N3", "N4", "hers"]
    rows = [[code, ann.mobile] for code in codes] + [["N5", "4711"]]
    batch_id = begin(
        series_api,
        csv_of([["code", "mobile"], *rows]),
        path=holders_of(series),
        dryRun="true",
    )
    work()
    before = Coupon.objects.count()

    foreseen = shown(series_api, batch_id)["dryRun"]
    series_api.post(f"/v2/coupon/batches/{batch_id}/start")
    work()

    done = shown(series_api, batch_id)
    assert before == 3
    assert (foreseen["rows"], foreseen["issued"], foreseen["refused"]) == counts(done)
    assert foreseen["created"] == done["created"] == (3 if terms else 5)
    assert foreseen["repeats"] == 1
    assert {it["code"]: it["count"] for it in foreseen["reasons"]} == {
        it["code"]: it["count"] for it in done["reasons"]
    }


def test_it_takes_as_many_statements_for_many_as_for_two(
    series_api: Caller, settings: Any, ann: Customer
) -> None:
    settings.BATCH_CHUNK = 1000
    found = []
    for number in (2, 200):
        series = make_series(max_create=500)
        rows = [[f"C{number}-{n}", ann.mobile, "2026-03-01"] for n in range(number)]
        begin(
            series_api,
            csv_of([["code", "mobile", "issuedOn"], *rows]),
            path=holders_of(series),
        )
        with CaptureQueriesContext(connection) as queries:
            work()
        found.append(len(queries))

    assert found[0] == found[1]
    assert Coupon.objects.count() == 202


def test_the_levers_of_the_batch_move_all_that_came_with_it(
    series_api: Caller, ann: Customer, series: Series
) -> None:
    here = make_coupon(code="HERS", series=series, customer=ann)
    batch = moved(series_api, series, f"code,mobile\nHERS,{ann.mobile}\nNEW,{ann.mobile}\n")

    answer = series_api.post(f"/v2/coupon/batches/{batch['id']}/coupons/revoke")

    assert answer.status_code == 200
    body = f"/v2/customers/coupons?mobile={ann.mobile}&status=UNREDEEMED"
    [customer] = series_api.get(body).json()["entity"]["customers"]
    assert [it["code"] for it in customer["coupons"]] == [here.code]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_refused_and_issued_can_be_had_as_files(
    series_api: Caller, ann: Customer, series: Series, form: str
) -> None:
    batch = moved(series_api, series, f"code,mobile\nA,{ann.mobile}\nB,4711\n")
    path = f"/v2/coupon/batches/{batch['id']}/lines?format={form}"

    refused = b"".join(series_api.get(f"{path}&state=refused").streaming_content)
    issued = b"".join(series_api.get(f"{path}&state=issued").streaming_content)

    if form == "csv":
        assert b'"B","4711","701","The customer could not be found' in refused
        header, row = issued.decode("utf-8-sig").splitlines()
        assert header.endswith('"couponCode","couponId","seriesId","validTillDateTime"')
        assert row.startswith(f'"A","{ann.mobile}","A",')
    assert refused
    assert issued


def test_a_large_move_waits_for_a_second_person(
    series_api: Caller, settings: Any, ann: Customer, series: Series
) -> None:
    settings.APPROVAL_SIZE = 1

    batch = moved(series_api, series, f"code,mobile\nA,{ann.mobile}\nB,{ann.mobile}\n")

    assert batch["state"] == "waiting"
    assert "2 coupons are more than 1" in batch["warnings"][0]
    assert not Coupon.objects.exists()


def test_revoking_a_series_spares_what_came_after_it_was_asked_for(
    series_api: Caller, settings: Any, ann: Customer, series: Series, now: datetime
) -> None:
    settings.APPROVAL_SIZE = 1
    rows = "code,mobile,issuedOn\n{},919800000001,2026-03-01\n"
    moved(series_api, series, rows.format("BEFORE"))
    make_coupon(code="HERE", series=series, customer=ann, issued_at=now - timedelta(days=1))
    asker, other = (User.objects.create_user(name) for name in ("ann", "bea"))
    asked = timezone.now()
    series_levers.ask_to_revoke(series, because="2", user_id=asker.pk, now=asked)
    moved(series_api, series, rows.format("AFTER"))

    deciding.approve(Approval.objects.get().pk, user=other, now=timezone.now())
    while revoking.turn(clock=timezone.now, seconds=60):
        pass

    left = Coupon.objects.filter(revoked_at=None).values_list("code", flat=True)
    assert list(left) == ["AFTER"]


@pytest.mark.parametrize(
    ("role", "lacks"),
    [(DEFAULT_ACCESS, "series.change_series"), (SERIES_WRITE, "issuance.add_coupon")],
)
def test_it_needs_write_access_to_the_series_and_to_issue(
    now: datetime, ann: Customer, series: Series, role: str, lacks: str
) -> None:
    groups = Group.objects.filter(name=role)
    caller = Caller(*create_client("till", groups=groups, rate_per_minute=0, now=now))

    answer = upload(caller, holders_of(series), f"code,mobile\nA,{ann.mobile}\n")

    assert answer.status_code == 403
    assert f"lacks the permission {lacks}" in answer.json()["errors"][0]["message"]
    assert not Batch.objects.exists()


def test_to_steer_it_needs_both_too(
    series_api: Caller, client_api: Caller, ann: Customer, series: Series
) -> None:
    rows = f"code,mobile\nA,{ann.mobile}\n"
    batch_id = begin(series_api, rows, path=holders_of(series), dryRun="true")
    work()

    answer = client_api.post(f"/v2/coupon/batches/{batch_id}/start")

    assert answer.status_code == 403
    assert Batch.objects.get().state == State.CHECKED


@pytest.mark.parametrize("only", ["series.change_series", "issuance.add_coupon"])
def test_in_the_admin_it_needs_both_too(
    series_api: Caller, ann: Customer, series: Series, only: str
) -> None:
    rows = f"code,mobile\nA,{ann.mobile}\n"
    batch_id = begin(series_api, rows, path=holders_of(series), dryRun="true")
    work()
    seeing = ("series.view_series", "issuance.view_coupon")
    browser = browser_of(person("carl", only, *seeing))

    begun = send(browser, rows, kind="HOLDERS", series=[series.pk], identifier="MOBILE")
    started = browser.post(f"/admin/batches/batch/{batch_id}/steer/start/")
    overview = text_of(browser.get(reverse("series_overview", args=[series.pk])))

    assert "Select a valid choice" in text_of(begun)
    assert started.status_code == 403
    assert "Move coupons here" not in overview
    assert Batch.objects.get().state == State.CHECKED


def test_somebody_moves_them_in_the_admin(
    ann: Customer, series: Series, django_user_model: Any
) -> None:
    browser = signed_in(django_user_model.objects.create_superuser("boss"))
    rows = f"code,mobile\nA,{ann.mobile}\nB,4711\n"

    without = send(browser, rows, kind="HOLDERS")
    answer = send(browser, rows, kind="HOLDERS", series=[series.pk], identifier="MOBILE")
    work()

    assert "Pick the one series that the coupons are of." in text_of(without)
    assert answer.status_code == 302
    page = text_of(browser.get(page_of(Batch.objects.get())))
    assert "Moved here 1 of them new 1 Refused 1" in page
    assert "All coupons of this batch" in page
    assert holdings(series) == {"A": ann.mobile}


def test_the_page_of_a_series_leads_there_unless_its_code_is_shared(
    series: Series, django_user_model: Any
) -> None:
    browser = signed_in(django_user_model.objects.create_superuser("boss"))
    shared = make_series(client_handling_type="GENERIC", generic_code="ALL")

    pages = [
        text_of(browser.get(reverse("series_overview", args=[it.pk]))) for it in (series, shared)
    ]

    assert ["Move coupons here" in page for page in pages] == [True, False]
