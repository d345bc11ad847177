"""Lists in a real browser: what is done with the rows that they show, and where there is none."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from batches.models import Batch
from couponadmin import roles
from tests.batches import work
from tests.browser import elsewhere, opened, picture
from tests.factories import make_customer, make_series
from tests.people import signed_in_as

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = "/admin/customers/customer/"


@pytest.fixture
def marketer(db: None) -> Client:
    """Somebody of marketing, signed in."""
    return signed_in_as(roles.MARKETING, "marketing")


def test_coupons_for_the_customers_of_a_filtered_list(
    live_server: LiveServer, chromium: str, marketer: Client
) -> None:
    make_series(description="Diwali, 20% off")
    for n, name in enumerate(("Gold", "Silver", "Bronze", "Copper")):
        mobile = f"91981230000{n}" if n % 2 else None
        make_customer(first_name=name, email=f"{name.lower()}@example.com", mobile=mobile)
    make_customer(first_name="Arjun", mobile="919812345678")

    with opened(chromium, live_server.url, marketer) as page:
        page.goto(f"{CUSTOMERS}?email=yes")
        expect(page.locator("#result_list")).not_to_contain_text("Arjun")
        picture(page, "customers", height=560)
        with page.expect_download() as download:
            page.get_by_role("link", name="Export").click()
        assert "gold@example.com" in download.value.path().read_text()

        page.get_by_role("link", name="Issue coupons to these").click()
        expect(page.get_by_text("Customers: 4")).to_be_visible()
        search(page, "Diwali")
        page.get_by_label("Campaign or reason").fill("Diwali by e-mail")
        page.get_by_role("button", name="Check what would happen").click()
        elsewhere(work)
        expect(page.get_by_text("What would happen")).to_be_visible()
        page.get_by_role("button", name="Issue 4 coupons").click()
        elsewhere(work)
        expect(page.locator("[data-state=done]")).to_be_visible()
        expect(page.locator("[data-figure=issued]")).to_have_text("4")


def test_coupons_for_the_customers_who_are_ticked(
    live_server: LiveServer, chromium: str, marketer: Client
) -> None:
    make_series(description="Diwali, 20% off")
    for name in ("Gold", "Silver", "Bronze"):
        make_customer(first_name=name)

    with opened(chromium, live_server.url, marketer) as page:
        page.goto(CUSTOMERS)
        for name in ("Gold", "Bronze"):
            page.locator("tr", has_text=name).locator("[name=_selected_action]").check()
        page.locator("[name=action]").select_option("issue_to_selected")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("Customers: 2")).to_be_visible()
        search(page, "Diwali")
        page.get_by_role("button", name="Check what would happen").click()
        elsewhere(work)
        expect(page.get_by_text("What would happen")).to_be_visible()

    assert Batch.objects.get().lines == 2


def search(page: Page, text: str) -> None:
    """Pick the series that is found first."""
    page.locator(".select2-selection").click()
    page.keyboard.type(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def test_an_empty_list_says_what_to_do_next(
    live_server: LiveServer, chromium: str, marketer: Client
) -> None:
    with opened(chromium, live_server.url, marketer) as page:
        page.goto("/admin/series/series/")
        expect(page.get_by_text("No series yet")).to_be_visible()
        page.get_by_role("link", name="Add series").last.click()
        expect(page.locator("[name=description]")).to_be_visible()

        page.goto(f"{CUSTOMERS}?q=nobody%40example.com")
        expect(page.get_by_text("Nothing was found for “nobody@example.com”.")).to_be_visible()
        page.get_by_role("link", name="Show all").last.click()
        expect(page.get_by_text("No customers yet")).to_be_visible()


def test_a_keyboard_reaches_past_the_menu_the_filters_and_the_way_out(
    live_server: LiveServer, chromium: str, marketer: Client
) -> None:
    make_customer(first_name="Gold")

    with opened(chromium, live_server.url, marketer) as page:
        page.goto(CUSTOMERS)
        page.locator("body").focus()
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip the menu")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('#content').contains(document.activeElement)")

        page.get_by_role("button", name="Filters").press("Enter")
        expect(page.get_by_role("button", name="Apply Filters")).to_be_visible()
        page.keyboard.press("Escape")

        account = page.get_by_role("button", name="marketing")
        expect(account).to_have_attribute("aria-expanded", "false")
        account.press("Enter")
        expect(account).to_have_attribute("aria-expanded", "true")
        expect(page.get_by_role("link", name="Change password")).to_be_visible()
        page.keyboard.press("Escape")
        expect(account).to_have_attribute("aria-expanded", "false")
        account.press("Enter")
        page.get_by_role("button", name="Log out").press("Enter")
        expect(page.get_by_text("Log in again")).to_be_visible()


def test_on_a_phone_a_row_is_a_card_of_a_few_lines(
    live_server: LiveServer, chromium: str, marketer: Client
) -> None:
    make_customer(first_name="Gold", email="gold@example.com", mobile="919812300001")

    with opened(chromium, live_server.url, marketer, phone=True) as page:
        page.goto(CUSTOMERS)
        row, box = (page.locator(f"tr.data-row {part}").first for part in ("th", "input"))
        assert page.locator("tr.data-row").bounding_box()["height"] < 140
        # What it is called comes first, the box to tick it stands beside it.
        assert row.bounding_box()["x"] < box.bounding_box()["x"]
