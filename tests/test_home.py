"""The first page of the admin."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Batch, Chunk, WorkerHeartbeat
from batches.permissions import PERMISSIONS
from couponadmin import roles
from couponadmin.roles import permissions_named
from couponadmin.times import local_date
from marketing import figures
from series.models import Series, SeriesDay, Tally
from tests.factories import make_series
from tests.people import signed_in_as

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 9)


def home(client: Client) -> dict[str, Any]:
    response = client.get("/admin/")
    assert response.status_code == 200
    return response.context["home"]


def figure(page: dict[str, Any], name: str) -> str:
    return {card[0]: card[1] for card in page["cards"]}[name]


def test_an_empty_shop_says_what_to_do_next(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert "Nothing was issued yet. Open a series" in page
    assert "Nothing is running. Send many coupons" in page
    assert "New series" in page


def test_it_shows_the_kept_counters(admin_client: Client) -> None:
    make_series(num_issued=1_500, num_redeemed=300)
    make_series(num_issued=500, num_redeemed=200, valid_till_date=date(2020, 1, 1))

    page = home(admin_client)

    assert figure(page, "Issued") == "2,000"
    assert figure(page, "Redeemed") == "500"
    assert figure(page, "Redemption rate") == "25.0%"
    assert figure(page, "Live series") == "1"
    assert figure(page, "Outstanding value") == "600,000"


@pytest.mark.parametrize(
    ("columns", "worth", "open_ended"),
    [
        ({"discount_value": Decimal(10)}, 70, False),
        ({"discount_value": Decimal(10), "num_redeemed": 12}, 0, False),
        ({"discount_type": "PERC", "discount_value": 20, "discount_upto": 50}, 350, False),
        ({"discount_type": "PERC", "discount_value": 20}, 0, True),
        ({"discount_value": 10, "valid_till_date": date(2026, 5, 8)}, 0, False),
        ({"discount_value": 10, "valid_till_date": None}, 70, False),
    ],
)
def test_what_is_outstanding(columns: dict[str, Any], worth: int, open_ended: bool) -> None:
    make_series(**{"num_issued": 10, "num_redeemed": 3} | columns)

    totals = figures.totals(today=TODAY)

    assert (totals.outstanding, totals.open_ended) == (worth, open_ended)


def test_a_rate_needs_coupons(admin_client: Client) -> None:
    assert figure(home(admin_client), "Redemption rate") == "–"


def test_a_large_figure_is_rounded_and_told_in_full_beside(admin_client: Client) -> None:
    make_series(num_issued=82_674_800, num_redeemed=999_999)

    page = admin_client.get("/admin/").content.decode()

    assert '<dd title="82,674,800"><a href="/admin/issuance/coupon/">82.7 million</a></dd>' in page
    assert ">999,999</a></dd>" in page


def test_every_day_is_in_the_chart() -> None:
    series, other = make_series(), make_series()
    for one, day, issued in (
        (series, TODAY, 3),
        (other, TODAY, 4),
        (series, TODAY - timedelta(days=29), 5),
        (series, TODAY - timedelta(days=30), 6),
    ):
        SeriesDay.objects.create(series=one, day=day, issued=issued, redeemed=1)

    days = figures.per_day(today=TODAY)

    assert len(days) == 30
    assert days[0] == (date(2026, 4, 10), 5, 1)
    assert days[-1] == (TODAY, 7, 2)
    assert sum(day.issued for day in days) == 12
    assert figures.per_day_of(other, today=TODAY)[-1].issued == 4


def test_top_series_come_first() -> None:
    small, large, idle = make_series(), make_series(), make_series()
    SeriesDay.objects.create(series=small, day=TODAY, issued=1)
    SeriesDay.objects.create(series=large, day=TODAY, issued=9, redeemed=2)
    SeriesDay.objects.create(series=idle, day=TODAY, issued=0, redeemed=5)

    found = [
        (row["series_id"], row["issued_sum"], row["redeemed_sum"])
        for row in figures.top_series(today=TODAY)
    ]

    assert found == [(large.pk, 9, 2), (small.pk, 1, 0)]


@pytest.mark.parametrize(
    ("last_day", "soon"),
    [
        (date(2026, 5, 8), False),
        (date(2026, 5, 9), True),
        (date(2026, 5, 23), True),
        (date(2026, 5, 24), False),
        (None, False),
    ],
)
def test_what_ends_soon(last_day: date | None, soon: bool) -> None:
    make_series(valid_till_date=last_day)

    assert bool(figures.ending_soon(today=TODAY)) is soon


@pytest.mark.parametrize(
    ("days", "when"), [(0, "today"), (1, "tomorrow"), (5, "in 5 days"), (14, "in 14 days")]
)
def test_what_ends_soon_says_how_soon(
    admin_client: Client, now: datetime, days: int, when: str
) -> None:
    last_day = local_date(now) + timedelta(days=days)
    make_series(valid_till_date=last_day)

    assert f"{last_day.year}, {when}</span>" in admin_client.get("/admin/").content.decode()


def test_top_series_have_their_rate(admin_client: Client, now: datetime) -> None:
    SeriesDay.objects.create(series=make_series(), day=local_date(now), issued=80, redeemed=20)

    page = admin_client.get("/admin/").content.decode()

    assert "80 issued, 20 redeemed (25.0%)" in page


def test_what_was_checked_waits_for_whoever_may_start_it(
    client: Client, django_user_model: type[User], now: datetime
) -> None:
    make: Any = Batch.objects.create
    batch = make(kind="ISSUE", state="checked", file_name="gold.csv", lines=8, created_at=now)
    make(kind="ISSUE", state="done", file_name="silver.csv", lines=8, created_at=now)
    user = django_user_model.objects.create_user("ann", is_staff=True)
    client.force_login(user)

    user.user_permissions.set(permissions_named("series.view_series", "issuance.view_coupon"))
    assert "Waiting for your start" not in client.get("/admin/").content.decode()
    user.user_permissions.set(permissions_named("series.view_series", *PERMISSIONS["ISSUE"]))
    page = client.get("/admin/").content.decode()

    assert "Waiting for your start" in page
    assert f"/admin/batches/batch/{batch.pk}/change/" in page
    assert "gold.csv" in page
    assert "silver.csv" not in page


@pytest.mark.parametrize(
    ("role", "has_box"),
    [(roles.SUPPORT, True), (roles.STORE_MANAGER, True), (roles.MARKETING, False)],
)
def test_who_is_asked_about_codes_has_a_box_for_them(db: None, role: str, has_box: bool) -> None:
    page = signed_in_as(role, "ann").get("/admin/").content.decode()

    assert ("Which coupon, or whose?" in page) is has_box


def test_figures_lead_to_what_they_count(admin_client: Client) -> None:
    leads = {card.name: card.url for card in home(admin_client)["cards"]}

    assert leads["Issued"] == "/admin/issuance/coupon/"
    assert leads["Redeemed"] == "/admin/redemption/redemption/"
    assert leads["Live series"] == "/admin/series/series/?status=live"


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        ({"max_create": 100, "num_issued": 89}, None),
        ({"max_create": 100, "num_issued": 90}, (10, 100)),
        ({"max_create": None, "num_issued": 90}, None),
        ({"max_create": 0}, None),
        ({"client_handling_type": "DISC_CODE_PIN", "max_create": 0}, None),
        ({"max_create": 100, "num_issued": 99, "valid_till_date": date(2026, 5, 8)}, None),
        ({"client_handling_type": "DISC_CODE_PIN", "num_uploaded_total": 0}, (0, 0)),
        (
            {"client_handling_type": "DISC_CODE_PIN", "num_uploaded_total": 50, "num_issued": 46},
            (4, 50),
        ),
        (
            {
                "client_handling_type": "DISC_CODE_PIN",
                "num_uploaded_total": 500,
                "max_create": 20,
                "num_issued": 19,
            },
            (1, 20),
        ),
    ],
)
def test_what_is_running_low(columns: dict[str, Any], left: tuple[int, int] | None) -> None:
    make_series(**columns)

    found = [(series.left, series.whole) for series in figures.running_low(today=TODAY)]

    assert found == ([left] if left else [])


def test_a_pool_without_codes_is_told_in_words(admin_client: Client) -> None:
    make_series(client_handling_type="DISC_CODE_PIN")

    page = admin_client.get("/admin/").content.decode()

    assert "no uploaded codes" in page
    assert "0 of 0" not in page


def test_the_figures_are_as_of_the_oldest_that_is_not_folded(now: datetime) -> None:
    assert figures.as_of(now=now) == now

    late = now - timedelta(minutes=7)
    Tally.objects.create(series=make_series(), at=late, issued=1)

    assert figures.as_of(now=now) == late


def test_coupons_that_were_issued_elsewhere_do_not_make_the_figures_old(now: datetime) -> None:
    past = now - timedelta(days=900)
    Tally.objects.create(series=make_series(), at=past, told_at=now, issued=1)

    assert figures.as_of(now=now + timedelta(seconds=9)) == now


def test_it_warns_when_no_worker_runs(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert "No worker is running, so files wait. Nothing is lost" in page
    assert "celery" not in page

    WorkerHeartbeat.objects.create(name="one", beat_at=timezone.now())

    assert "No worker is running" not in admin_client.get("/admin/").content.decode()


def test_running_batches_have_bars(admin_client: Client, now: datetime) -> None:
    batch = Batch.objects.create(kind="ISSUE", state="running", lines=8, total=8, created_at=now)
    Chunk.objects.create(batch=batch, first=1, lines=2, sent="", done_at=now, issued=2)
    Batch.objects.create(kind="ISSUE", state="done", lines=8, total=8, created_at=now)

    page = home(admin_client)

    assert [each["progress"].percent for each in page["batches"]] == [25]
    assert page["batches"][0]["url"] == f"/admin/batches/batch/{batch.pk}/change/"


def test_it_counts_no_coupons(admin_client: Client) -> None:
    make_series(num_issued=5)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        home(admin_client)

    asked = [query["sql"] for query in queries if "issuance_coupon" in query["sql"]]
    assert asked == []


def test_the_chart_ends_today_in_the_zone_of_the_server(admin_client: Client) -> None:
    today = local_date(datetime.now(UTC))

    series = make_series()
    SeriesDay.objects.create(series=series, day=today, issued=1)

    assert f'"labels": ["{today:%d} {today:%b}", ' in home(admin_client)["chart"]


def test_the_days_of_a_series_begin_with_its_first_one(now: datetime) -> None:
    today = local_date(now)
    series = make_series(created_at=now - timedelta(days=4))
    assert len(figures.per_day_of(series, today=today)) == 5

    SeriesDay.objects.create(series=series, day=today - timedelta(days=9), issued=1)
    assert len(figures.per_day_of(series, today=today)) == 10

    Series.objects.update(created_at=now - timedelta(days=400))
    series.refresh_from_db()
    assert len(figures.per_day_of(series, today=today)) == 30


def test_the_days_of_a_series_have_what_is_not_folded_yet(now: datetime) -> None:
    series, today = make_series(), local_date(now)
    SeriesDay.objects.create(series=series, day=today, issued=1, redeemed=1)
    Tally.objects.create(series=series, at=now, issued=49_900)
    Tally.objects.create(series=series, at=now, redeemed=2, counted=True)
    Tally.objects.create(series=make_series(), at=now, issued=7)

    assert figures.per_day_of(series, today=today) == [(today, 49_901, 3)]


def test_who_may_not_see_series_gets_the_list_of_pages(
    client: Client, django_user_model: type[User]
) -> None:
    user = django_user_model.objects.create_user("till", is_staff=True)
    user.user_permissions.set(permissions_named("customers.view_customer"))
    client.force_login(user)

    response = client.get("/admin/")

    assert response.status_code == 200
    assert "home" not in response.context
    assert "/admin/customers/customer/" in response.content.decode()


def test_the_bars_can_be_asked_for_alone(admin_client: Client, now: datetime) -> None:
    for number in (7, 8):
        Batch.objects.create(
            kind="ISSUE", state="running", series_ids=[number], lines=8, total=8, created_at=now
        )

    def bars(query: str) -> int:
        response = admin_client.get(f"/admin/running/{query}")
        assert response.status_code == 200
        return response.content.decode().count('role="progressbar"')

    assert bars("") == 2
    assert bars("?series=7") == 1
    assert bars("?series=9") == 0
    assert bars("?series=x") == 2
    assert bars(f"?series={10**30}") == 2


def test_bars_need_the_permission_to_see_coupons(
    client: Client, django_user_model: type[User]
) -> None:
    user = django_user_model.objects.create_user("till", is_staff=True)
    user.user_permissions.set(permissions_named("series.view_series"))
    client.force_login(user)

    assert client.get("/admin/running/").status_code == 403
    assert "Running batches" not in client.get("/admin/").content.decode()
