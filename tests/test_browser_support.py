"""What a support agent does in a day, in a real browser."""

import re
from base64 import b32decode

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django_otp.oath import totp
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from couponadmin import roles
from issuance.models import Coupon
from tests.browser import opened, overflows, picture
from tests.coupons import make_coupon, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse"
CUSTOMERS, COUPONS = "/admin/customers/customer/", "/admin/issuance/coupon/"
WOULD_IT_WORK = f"{COUPONS}would-it-work/"


@pytest.fixture
def agent(client: Client) -> Client:
    """Somebody of the help desk, signed in."""
    roles.make_missing_groups()
    person = User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    person.groups.set(Group.objects.filter(name=roles.SUPPORT))
    client.force_login(person)
    return client


def test_a_code_read_over_the_phone(live_server: LiveServer, chromium: str, agent: Client) -> None:
    diwali_coupon()

    with opened(chromium, live_server.url, agent) as page:
        page.goto(COUPONS)
        page.locator("#searchbar").fill(" diwali4711 ")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Issued to Gold Member")).to_be_visible()
        expect(page.get_by_role("img", name="QR code of DIWALI4711")).to_be_visible()
        expect(page.get_by_role("img", name="Code 128 of DIWALI4711")).to_be_visible()
        picture(page, "coupon", height=800)

        # Not the one of the menu: the button of the page brings the code along.
        page.get_by_role("link", name="Would it work?").last.click()
        expect(page.get_by_text("Yes, if the bill is 1,000 or more.")).to_be_visible()
        page.get_by_label("Bill").fill("300")
        page.get_by_role("button", name="Look").click()
        expect(page.get_by_text("No, it would not work.")).to_be_visible()
        expect(page.get_by_text("It takes at least 1,000.")).to_be_visible()
        picture(page, "would-it-work", height=700)


def diwali_coupon() -> Coupon:
    """Of a customer with a name, for bills of a certain size."""
    series = make_series(description="Diwali, 500 off", min_bill_amount=1000)
    customer = make_customer(first_name="Gold", last_name="Member")
    origin = make_origin(source_activity="Diwali", reason="Gold member for three years")
    return make_coupon(code="DIWALI4711", series=series, customer=customer, origin=origin)


def test_a_coupon_for_a_customer_who_calls(
    live_server: LiveServer, chromium: str, agent: Client
) -> None:
    make_customer(first_name="Tom", mobile="11223569865")
    make_series(description="Sorry for the delay")

    with opened(chromium, live_server.url, agent) as page:
        page.goto(CUSTOMERS)
        page.locator("#searchbar").fill("+1 122-356 98 65")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No coupons yet.")).to_be_visible()
        page.get_by_role("link", name="Issue a coupon").click()
        page.locator(".select2-selection").click()
        page.keyboard.type("delay")
        page.locator(".select2-results__option", has_text="Sorry for the delay").click()
        page.get_by_label("Reason").fill("late delivery")
        page.get_by_role("button", name="Issue").click()
        expect(page.get_by_text("Issued: ")).to_be_visible()
        expect(page.locator(".coupon-list")).to_contain_text("Sorry for the delay")

    assert Coupon.objects.get().origin.reason == "late delivery"


def test_two_records_that_are_one_person(
    live_server: LiveServer, chromium: str, agent: Client
) -> None:
    tom = make_customer(first_name="Tom", mobile="11223569865")
    make_coupon(code="OFTWIN", customer=make_customer(email="tom@example.com"))

    with opened(chromium, live_server.url, agent) as page:
        page.goto(f"{CUSTOMERS}{tom.pk}/change/")
        page.get_by_role("link", name="Merge").click()
        page.get_by_label("The other record").fill("TOM@example.com")
        page.get_by_role("button", name="Show what will happen").click()
        expect(page.get_by_text("1 coupon moves here")).to_be_visible()
        expect(page.get_by_text("There is no way back.")).to_be_visible()
        page.get_by_role("button", name="Merge").click()
        expect(page.get_by_text("is one with this now")).to_be_visible()
        expect(page.get_by_role("link", name="OFTWIN")).to_be_visible()
        expect(page.locator("[name=email]")).to_have_value("tom@example.com")


def test_a_second_factor_turned_on_and_asked_for(
    live_server: LiveServer, chromium: str, agent: Client
) -> None:
    with opened(chromium, live_server.url, agent) as page:
        page.goto("/admin/auth/user/second-factor/")
        key = page.locator(".coupon-key").inner_text()
        page.get_by_label("Code").fill(code_of(key, at=0))
        page.get_by_role("button", name="Turn it on").click()
        expect(page.locator(".coupon-codes li")).to_have_count(10)

        page.context.clear_cookies()
        page.goto("/admin/")
        sign_in(page)
        expect(page.get_by_text("Enter the code from your authenticator app, too.")).to_be_visible()
        page.get_by_label("Code").fill(code_of(key, at=1))
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile("/admin/$"))


def code_of(key: str, *, at: int) -> str:
    """The code of a key, `at` half minutes from now."""
    return f"{totp(b32decode(key), t0=-30 * at):06}"


def sign_in(page: Page) -> None:
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_fit_on_a_phone(
    live_server: LiveServer, chromium: str, agent: Client, dark: bool
) -> None:
    coupon, usual = make_coupon(code="A" * 50), diwali_coupon()
    pages = [
        f"{COUPONS}{coupon.pk}/change/",
        f"{COUPONS}{coupon.pk}/print_one/",
        f"{WOULD_IT_WORK}?code={coupon.code}",
        f"{CUSTOMERS}{coupon.customer_id}/change/",
        f"{CUSTOMERS}{coupon.customer_id}/issue_coupons/",
        f"{CUSTOMERS}{coupon.customer_id}/merge/",
        "/admin/auth/user/second-factor/",
    ]

    with opened(chromium, live_server.url, agent, phone=True, dark=dark) as page:
        for address in pages:
            page.goto(address)
            assert not overflows(page), address
        page.goto(f"{COUPONS}{usual.pk}/change/")
        if not dark:
            picture(page, "coupon-phone")
