"""A campaign from its first idea to its figures, as a marketer sees it, with a worker that runs."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from couponadmin import roles
from couponadmin.embedded.process import Process
from couponadmin.models import OrgEntity
from issuance.models import Coupon
from series.models import Series, SeriesDay
from tests.batches import csv_of
from tests.browser import elsewhere, opened, picture
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.people import signed_in_as
from tests.test_batch_workers import url_of_database

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 5_000
# So small that there is something to watch on a fast machine, too.
CHUNK = 8
CUSTOMERS = """
INSERT INTO customers_customer (first_name, last_name, mobile, fields, registered_at, updated_at)
SELECT 'Customer', n::text, '9198' || (20000000 + n), '{}', now(), now()
FROM generate_series(1, %s) AS n
"""
# The clock is in it, so that figures are folded as everywhere.
WORKER = "celery -A couponadmin worker --beat --queues bulk,quick --pool solo"
PATIENCE = 60_000


@pytest.fixture
def marketer(db: None) -> Client:
    """Somebody of marketing, signed in."""
    return signed_in_as(roles.MARKETING, "marketing")


@pytest.fixture
def _worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A process as `make run` starts it, on the database of the test."""
    monkeypatch.setenv("DATABASE_URL", url_of_database())
    monkeypatch.setenv("COUPON_VAR", str(settings.COUPON_VAR))
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    schedule = ["--schedule", str(tmp_path / "schedule")]
    command = (sys.executable, "-m", *WORKER.split(), *schedule)
    process = Process("worker", command, tmp_path / "worker.log", cwd=settings.BASE_DIR)
    process.start()
    yield
    process.stop()


@pytest.fixture
def _past() -> None:
    """What happened before, so that charts have something to show."""
    welcome = make_series(description="Welcome, 100 off", num_issued=61_000, num_redeemed=20_800)
    summer = make_series(
        description="Summer, 15% off", max_create=50_000, num_issued=47_400, num_redeemed=9_100
    )
    today = date.today()
    SeriesDay.objects.bulk_create(
        SeriesDay(
            series=series,
            day=today - timedelta(days=ago),
            issued=most - 23 * (7 * ago % 31),
            redeemed=most // 3 - 7 * (5 * ago % 29),
        )
        for series, most in ((welcome, 1_900), (summer, 1_300))
        for ago in range(1, 30)
    )


@pytest.mark.usefixtures("_past", "_worker")
def test_a_diwali_campaign(
    live_server: LiveServer,
    chromium: str,
    marketer: Client,
    client_api: Caller,
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.BATCH_CHUNK = CHUNK
    OrgEntity.objects.create(type="STORE", code="mg-road", name="MG Road")
    make_customer(first_name="Gold", last_name="Member", mobile="919812345678")
    make_customer(first_name="Silver", last_name="Member", mobile="919812345679")
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [ROWS])
    file = tmp_path / "gold members.csv"
    rows = ([f"9198{20_000_000 + n}"] for n in range(1, ROWS + 1))
    file.write_text(csv_of([["mobile"], *rows, ["98-TWO-1"], ["4711"]]))

    with opened(chromium, live_server.url, marketer) as page:
        make_the_series(page)
        issue_to_one(page, client_api)
        send_the_file(page, file)
        mend_what_was_refused(page, tmp_path)
        look_at_the_figures(page)

    series = Series.objects.get(description="Diwali, 20% off")
    assert Coupon.objects.filter(series=series).count() == ROWS + 2


def make_the_series(page: Page) -> None:
    """By its form, with a look at what customers will get."""
    page.goto("/admin/")
    page.get_by_role("link", name="New series").click()
    page.fill("[name=description]", "Diwali, 20% off")
    page.select_option("[name=discount_type]", "PERC")
    page.fill("[name=discount_value]", "20")
    page.fill("[name=discount_upto]", "200")
    page.fill("[name=coupon_prefix]", "DIW-")
    page.fill("[name=valid_till_date]", f"{date.today().year + 1}-11-30")
    page.fill(
        "[name=sms_template]",
        "Happy Diwali, {{first_name}}! 20% off with {{voucher_code}}, till {{expiry_date}}.",
    )
    message = page.locator(".series-message").first
    expect(message).to_contain_text("Happy Diwali, marketing! 20% off with DIW-")
    expect(page.locator("[data-preview=messages]")).to_contain_text("1 SMS")
    expect(page.locator("[data-preview=note]")).to_contain_text("Practically impossible to guess")
    page.locator("[name=description]").scroll_into_view_if_needed()
    picture(page, "series")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/overview/")


def issue_to_one(page: Page, till: Caller) -> None:
    """To a customer by phone number, who goes shopping at once."""
    page.get_by_label("To one customer").fill("+91 98123-45678")
    page.keyboard.press("Enter")
    said = page.get_by_text("Issued to Gold Member: DIW-")
    expect(said).to_be_visible()
    code = said.inner_text().split(": ")[1].split(",")[0]
    bill = {
        "redemptionRequestList": [{"code": code}],
        "billAmount": 500,
        "transactionNumber": "T1",
        "user": {"mobile": "919812345678"},
    }
    assert elsewhere(lambda: till.post("/v2/coupon/redeem", bill)).status_code == 200


def send_the_file(page: Page, file: Path) -> None:
    """Checked first, then started; the bar moves to its end by itself."""
    page.get_by_role("link", name="send a file of customers").click()
    expect(page.locator("[name=kind]")).to_have_value("ISSUE")
    expect(page.locator(".select2-selection__choice")).to_contain_text("Diwali, 20% off")
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("What would happen")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Nobody is known by that number")).to_be_visible()
    picture(page, "batch-check", height=600)

    page.get_by_role("button", name=f"Issue {ROWS:,} coupons").click()
    seen = watched(page)
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert [percent for percent in seen if 0 < percent < 100], f"the bar did not move: {seen}"
    expect(page.locator("[data-figure=issued]")).to_have_text(f"{ROWS:,}")
    expect(page.locator("[data-figure=refused]")).to_have_text("2")


def watched(page: Page) -> list[int]:
    """What the bar says until the batch is done, each value once."""
    seen = [0]
    bar = page.get_by_role("progressbar")
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.locator("[data-state=done]").is_visible():
        assert time.monotonic() < deadline, f"the batch does not come to its end: {seen}"
        percent = int(bar.get_attribute("aria-valuenow") or 0)
        if percent != seen[-1]:
            seen.append(percent)
        if 40 < percent < 100:
            picture(page, "batch-running", height=420)
    return [*seen, int(bar.get_attribute("aria-valuenow") or 0)]


def mend_what_was_refused(page: Page, place: Path) -> None:
    """The refused rows come as a file; put right, they are sent as they are."""
    picture(page, "batch-refused", height=780)
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused as CSV").click()
    refused = download.value.path().read_text("utf-8-sig")
    mended = place / "mended.csv"
    mended.write_text(refused.replace("98-TWO-1", "919812345679"))
    page.goto("/admin/series/series/")
    page.get_by_role("link", name="Diwali, 20% off").click()
    page.get_by_role("link", name="send a file of customers").click()
    page.set_input_files("[name=file]", mended)
    page.uncheck("[name=dry_run]")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("[data-state=done]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-figure=issued]")).to_have_text("1")


def look_at_the_figures(page: Page) -> None:
    """On the page of the series and at home, as soon as they are added up."""
    page.goto("/admin/series/series/")
    page.get_by_role("link", name="Diwali, 20% off").click()
    cards = page.locator(".home-cards")
    expect(cards).to_contain_text(f"Issued {ROWS + 2:,}")
    expect(cards).to_contain_text("Redeemed 1")
    expect(page.get_by_text("gold members.csv")).to_be_visible()
    picture(page, "series-page")
    home = page.locator(".home-box", has_text="Top series of 30 days")
    deadline = datetime.now(UTC) + timedelta(milliseconds=PATIENCE)
    page.goto("/admin/")
    while f"{ROWS + 2:,} issued" not in home.inner_text():
        assert datetime.now(UTC) < deadline, "the figures are not added up"
        time.sleep(0.5)
        page.reload()
    expect(home).to_contain_text("Diwali, 20% off")
    expect(page.get_by_text("No worker is running")).to_be_hidden()
    picture(page, "home")
    page.emulate_media(color_scheme="dark")
    page.reload()
    picture(page, "home-dark")
