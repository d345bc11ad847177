"""The page of a batch in a real browser: upload, look at what would happen, start, watch."""

from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.batches import csv_of, work
from tests.browser import elsewhere, opened, overflows
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/admin/batches/batch/add/"


def test_a_marketer_sends_a_file_and_watches_the_bar(
    live_server: LiveServer, chromium: str, admin_client: Client, tmp_path: Path
) -> None:
    make_series(description="Diwali 500 off")
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(9)), ["4711"]])
    file = tmp_path / "gold members.csv"
    file.write_text(rows)

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        page.locator(".select2-selection").click()
        page.keyboard.type("Diwali")
        page.locator(".select2-results__option", has_text="Diwali 500 off").first.click()
        page.get_by_label("The customers in a file").check()
        page.set_input_files("[name=file]", file)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("being checked")).to_be_visible()
        expect(page.locator("[data-trouble]")).to_contain_text("No worker is running")

        elsewhere(work)
        expect(page.get_by_text("waiting for its start")).to_be_visible()
        expect(page.get_by_text("What would happen")).to_be_visible()
        page.get_by_role("button", name="Issue 9 coupons").click()
        expect(page.get_by_text("waiting for a worker")).to_be_visible()
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", "0")

        elsewhere(work)
        expect(page.get_by_text("100%")).to_be_visible()
        expect(bar).to_have_attribute("aria-valuenow", "100")
        expect(page.locator("[data-figure=issued]")).to_have_text("9")
        expect(page.locator("[data-figure=refused]")).to_have_text("1")
        with page.expect_download() as download:
            page.get_by_role("link", name="Refused as CSV").click()
        assert '"4711","701",' in download.value.path().read_text()


def test_the_form_asks_only_for_what_is_to_be_done(
    live_server: LiveServer, chromium: str, admin_client: Client, tmp_path: Path
) -> None:
    make_series(description="Diwali 500 off")
    file = tmp_path / "rows.csv"
    file.write_text("mobile\n1\n")

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        series = page.locator(".select2-selection")
        until = page.get_by_label("Registered until")
        expect(series).to_be_visible()
        expect(page.locator("[name=file]")).to_be_hidden()
        page.get_by_label("The customers in a file").check()
        page.set_input_files("[name=file]", file)
        expect(until).to_be_hidden()
        page.get_by_label("Everybody who fits").check()
        expect(until).to_be_visible()
        expect(page.get_by_label("Check first")).to_be_hidden()
        page.locator("[name=kind]").select_option("CUSTOMERS")
        expect(series).to_be_hidden()
        expect(page.get_by_text("Whoever is here already is updated.")).to_be_visible()

        # The file that was left for everybody is not sent.
        page.locator("[name=kind]").select_option("ISSUE")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("Pick at least one series.")).to_be_visible()
        expect(page.get_by_text("You have picked a file, too.")).to_have_count(0)


def test_the_pages_fit_on_a_phone(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    with opened(chromium, live_server.url, admin_client, phone=True, dark=True) as page:
        page.goto(ADD)
        assert not overflows(page)
