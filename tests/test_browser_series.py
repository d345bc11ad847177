"""The pages about series in a real browser: what people see, click and type."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from batches.models import Batch, Chunk
from couponadmin.models import OrgEntity
from issuance.asks import Ask, Purpose
from issuance.models import Coupon
from issuance.services import issue
from series.models import Series
from tests.browser import elsewhere, opened, overflows, pick
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/admin/series/series/add/"


def field(page: Page, column: str) -> Locator:
    return page.locator(f".field-{column}")


def unfold(page: Page, part: str) -> None:
    """As somebody does who looks for a part of the form."""
    parts = page.get_by_role("navigation", name="Parts of the form")
    parts.get_by_role("button", name=part).click()


def test_fields_are_shown_when_they_apply(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        expect(field(page, "generic_code")).to_be_hidden()
        expect(field(page, "expiry_strategy_value")).to_be_hidden()
        expect(field(page, "discount_upto")).to_be_hidden()
        expect(field(page, "is_prefix_enabled")).to_be_hidden()
        expect(field(page, "max_vouchers_per_user")).to_be_hidden()

        page.select_option("[name=client_handling_type]", "GENERIC")
        page.select_option("[name=expiry_strategy_type]", "DAYS")
        page.select_option("[name=discount_type]", "PERC")
        unfold(page, "Issue limits")
        page.check("[name=is_multiple_vouchers_per_user_allowed]")

        expect(field(page, "generic_code")).to_be_visible()
        expect(field(page, "expiry_strategy_value")).to_be_visible()
        expect(field(page, "discount_upto")).to_be_visible()
        expect(field(page, "max_vouchers_per_user")).to_be_visible()
        expect(field(page, "random_code_length")).to_be_hidden()
        expect(field(page, "do_not_resend_existing_voucher")).to_be_hidden()

        page.select_option("[name=client_handling_type]", "DISC_CODE")
        page.fill("[name=coupon_prefix]", "DIW-")
        expect(field(page, "is_prefix_enabled")).to_be_visible()


def test_a_diwali_series_without_reading_json(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    store = OrgEntity.objects.create(type="STORE", code="s1", name="Main street")
    other = make_series(description="Welcome")

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        page.fill("[name=description]", "Diwali, 20% off")
        page.select_option("[name=discount_type]", "PERC")
        page.fill("[name=discount_value]", "20")
        page.select_option("[name=client_handling_type]", "GENERIC")
        page.fill("[name=generic_code]", "FORGOTTEN")
        page.select_option("[name=client_handling_type]", "DISC_CODE")
        page.fill("[name=coupon_prefix]", "diw-")
        unfold(page, "Issue limits")
        pick(page, "mutual_exclusive_series_ids", "Welcome")
        unfold(page, "Where and when")
        pick(page, "redemption_org_entity_details", "Main street")
        page.get_by_role("button", name="Weekend").click()
        page.get_by_label("09–10").check()
        page.fill("[name=sms_template]", "Happy Diwali! {{voucher_code}}")
        expect(page.locator("[data-preview=code]")).to_contain_text("DIW-")
        expect(page.locator("[data-preview=note]")).to_contain_text("Practically impossible")
        expect(page.locator(".series-message").first).to_contain_text("Happy Diwali! DIW-")
        expect(page.locator("[data-preview=warnings]")).to_contain_text("The series has no end")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/overview/")

    made = Series.objects.get(description="Diwali, 20% off")
    assert made.mutual_exclusive_series_ids == [other.pk]
    assert made.redemption_org_entity_details == [
        {"redemptionOrgEntityType": "STORE", "orgEntityId": store.pk}
    ]
    assert made.redemption_range == {"dom": [], "dow": [6, 7], "hours": [9]}
    assert (made.generic_code, made.coupon_prefix) == (None, "DIW-")


def test_a_wrong_field_in_a_closed_section_is_shown(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        page.fill("[name=description]", "Ten off")
        page.fill("[name=discount_value]", "10")
        page.locator("summary", has_text="Rarely needed").click()
        page.fill("[name=custom_property_map]", "no equals sign")
        page.get_by_role("button", name="Save", exact=True).click()

        wrong = field(page, "custom_property_map").locator(".errorlist")
        expect(wrong).to_contain_text("Each line needs a name, = and a value")
        expect(wrong).to_be_in_viewport()
        expect(page.locator("[name=custom_property_map]")).to_be_focused()

    assert not Series.objects.exists()


def test_a_part_that_is_folded_up_says_what_is_set_in_it(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    OrgEntity.objects.create(type="STORE", code="s1", name="Main street")

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        part = page.locator("details", has=page.locator(".field-min_bill_amount"))
        expect(part.locator(".series-set")).to_have_text("Nothing set")
        expect(page.locator("[name=min_bill_amount]")).to_be_hidden()
        part.locator("summary").click()
        page.fill("[name=min_bill_amount]", "1000")
        pick(page, "redemption_org_entity_details", "Main street")
        page.get_by_role("button", name="Weekend").click()
        part.locator("summary").click()
        expect(part.locator(".series-set")).to_have_text(
            "Only at these places: Main street (store s1), Only at these times, "
            "Bill of at least: 1000"
        )


def test_the_map_of_the_form_marks_what_is_wrong(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        page.fill("[name=description]", "Ten off")
        page.fill("[name=discount_value]", "10")
        unfold(page, "Issue limits")
        page.fill("[name=max_create]", "-5")
        page.get_by_role("button", name="Save", exact=True).click()

        parts = page.get_by_role("navigation", name="Parts of the form").get_by_role("button")
        expect(parts.filter(has_text="to put right")).to_have_text(["Issue limits (to put right)"])
        expect(page.locator("[name=max_create]")).to_be_visible()


def test_what_is_filled_in_by_a_click(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(ADD)
        page.fill("[name=sms_template]", "Hello ")
        field(page, "sms_template").get_by_role("button", name="First name").click()
        expect(page.locator("[name=sms_template]")).to_have_value("Hello {{first_name}}")
        expect(page.locator(".series-message").first).to_have_text("Hello admin")

        last_day = page.locator("[name=valid_till_date]")
        today = date.fromisoformat(last_day.get_attribute("data-last-day") or "")
        field(page, "valid_till_date").get_by_role("button", name="+30 days").click()
        expect(last_day).to_have_value(str(today + timedelta(days=30)))
        field(page, "valid_till_date").get_by_role("button", name="End of month").click()
        end = date.fromisoformat(last_day.input_value())
        assert today < end <= today + timedelta(days=31)
        assert (end + timedelta(days=1)).day == 1


def test_rare_deeds_are_found_with_the_keyboard(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    series = make_series()

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(f"/admin/series/series/{series.pk}/overview/")
        expect(page.get_by_role("link", name="Extend")).to_be_hidden()
        page.locator("summary", has_text="More").press("Enter")
        page.get_by_role("link", name="Extend").press("Enter")
        expect(page.get_by_role("heading", name="Until when shall it go on?")).to_be_visible()


def test_issuing_to_one_customer_by_phone_number(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    series = make_series()
    make_customer(mobile="919812345678")

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto("/admin/series/series/")
        page.get_by_role("link", name=series.description).click()
        page.get_by_label("To one customer").fill("+91 98123-45678")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Issued to")).to_be_visible()
        expect(page.locator("canvas.chart")).to_be_visible()
        expect(page.get_by_text("1 coupon was issued")).to_be_visible()

    assert Coupon.objects.get().customer.mobile == "919812345678"


def test_revoking_goes_on_by_itself_until_all_is_done(
    live_server: LiveServer,
    chromium: str,
    admin_client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("marketing.levers.AT_ONCE", 1)
    monkeypatch.setattr("marketing.levers.STEPS_PER_REQUEST", 1)
    series = make_series()
    asks = [Ask(series.pk, make_customer().pk) for _ in range(3)]
    issue(asks, now=datetime.now(UTC), purpose=Purpose())

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(f"/admin/series/series/{series.pk}/overview/")
        page.get_by_role("link", name="Revoke unredeemed").click()
        page.get_by_role("button", name="Revoke 3 coupons").click()
        expect(page.get_by_text("Revoked: 3 coupons.")).to_be_visible()

    assert not Coupon.objects.filter(revoked_at=None).exists()


def test_the_bar_of_a_running_batch_moves_to_its_end(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    now = datetime.now(UTC)
    batch = Batch.objects.create(kind="ISSUE", state="running", lines=4, total=4, created_at=now)
    chunk = Chunk.objects.create(batch=batch, first=1, lines=4, sent="")

    def work() -> None:
        Chunk.objects.filter(pk=chunk.pk).update(done_at=datetime.now(UTC), issued=4)

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto("/admin/")
        bar = page.get_by_role("progressbar", name=str(batch))
        expect(bar).to_have_attribute("aria-valuenow", "0")
        elsewhere(work)
        expect(bar).to_have_attribute("aria-valuenow", "100")
        expect(page.get_by_text("100%: 4 issued")).to_be_visible()


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_every_page_fits_its_window(
    live_server: LiveServer, chromium: str, admin_client: Client, phone: bool, dark: bool
) -> None:
    one = f"/admin/series/series/{make_series(max_create=10, num_issued=9).pk}"
    pages = ["/admin/", ADD, f"{one}/change/", f"{one}/history/"]
    pages += [f"{one}/overview/", f"{one}/extend/", f"{one}/revoke/"]

    with opened(chromium, live_server.url, admin_client, phone=phone, dark=dark) as page:
        for path in pages:
            page.goto(path)
            assert not overflows(page), path
            assert page.locator("html").get_attribute("class") == ("dark" if dark else "")


def test_a_version_in_the_history_opens_without_an_error(
    live_server: LiveServer, chromium: str, admin_client: Client
) -> None:
    series = make_series()
    url = f"/admin/series/series/{series.pk}/history/{series.history.get().pk}/"

    with opened(chromium, live_server.url, admin_client) as page:
        page.goto(url)
        expect(page.get_by_role("link", name="All versions")).to_be_visible()
