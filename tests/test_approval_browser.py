"""Approvals in a real browser: one asks, another decides, on a desk and on a phone."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from batches import revoking
from series.models import Series
from tests.approvals import APPROVING, ASKING, begun, browser_of, issued, person
from tests.batches import work
from tests.browser import opened, overflows
from tests.factories import make_series

# Not the menu of a person of that name; before it stands the name of an icon.
APPROVE = re.compile(r"\bApprove$")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _little_is_too_much(settings: Any) -> None:
    settings.APPROVAL_SIZE, settings.APPROVAL_VALUE = 3, Decimal(1000)


@pytest.fixture
def asker() -> User:
    return person("asker", *ASKING)


@pytest.fixture
def approver() -> Client:
    return browser_of(person("approver", *APPROVING))


@pytest.fixture
def diwali() -> Series:
    return make_series(description="Diwali 500 off")


def elsewhere(call: Callable[[], Any]) -> None:
    """In a thread of its own: the browser's loop runs in this one."""

    def call_and_leave() -> None:
        call()
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(call_and_leave).result()


def carry_out() -> None:
    revoking.turn(clock=timezone.now, seconds=60)


def open_from_home(page: Page, wish: str) -> None:
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Waiting for your approval")).to_be_visible()
    page.get_by_role("link", name=wish).click()


def test_a_second_person_starts_the_batch_that_the_first_has_checked(
    live_server: LiveServer,
    chromium: str,
    asker: User,
    approver: Client,
    diwali: Series,
    now: datetime,
) -> None:
    batch = begun(5, now=now, user=asker, series_ids=[diwali.pk], dry_run=True)
    work()

    with opened(chromium, live_server.url, browser_of(asker), phone=False) as page:
        page.goto(f"/admin/batches/batch/{batch.pk}/change/")
        expect(page.get_by_text("To start it, a second person has to approve it")).to_be_visible()
        page.get_by_role("button", name="Ask for approval").click()
        expect(page.get_by_text("You asked for it yourself")).to_be_visible()
        expect(page.get_by_role("button", name=APPROVE)).to_have_count(0)
        assert not overflows(page)

    with opened(chromium, live_server.url, approver, phone=False) as page:
        open_from_home(page, "Issue 5 coupons")
        expect(page.get_by_role("heading", name="waits for the approval")).to_be_visible()
        assert not overflows(page)
        page.get_by_role("button", name=APPROVE).click()
        expect(page.get_by_text("Approved by approver on")).to_be_visible()
        expect(page.get_by_text("waiting for a worker")).to_be_visible()
        elsewhere(work)
        expect(page.locator("[data-figure=issued]")).to_have_text("5")


def test_a_second_person_declines_one_revocation_and_approves_the_next(
    live_server: LiveServer,
    chromium: str,
    asker: User,
    approver: Client,
    diwali: Series,
    now: datetime,
) -> None:
    issued(diwali, 4, now=now)
    address = f"/admin/series/series/{diwali.pk}/overview/"
    for verb in ("Decline", "Approve"):
        with opened(chromium, live_server.url, browser_of(asker), phone=True) as page:
            page.goto(address)
            page.get_by_role("link", name="Revoke unredeemed").click()
            expect(page.get_by_text("A second person has to approve it first")).to_be_visible()
            assert not overflows(page)
            page.get_by_role("button", name="Ask for approval").click()
            expect(page.get_by_role("button", name="Withdraw")).to_be_visible()

        with opened(chromium, live_server.url, approver, phone=True, dark=True) as page:
            open_from_home(page, "Revoke 4 coupons at most: Diwali 500 off")
            assert not overflows(page)
            if verb == "Decline":
                page.get_by_label("Reason, if you decline").fill("Wait for the audit")
            page.get_by_role("button", name=verb).click()
            expect(page.get_by_text(f"{verb}d by approver on").first).to_be_visible()

    elsewhere(carry_out)
    with opened(chromium, live_server.url, browser_of(asker), phone=True) as page:
        page.goto(address)
        expect(page.get_by_role("heading", name="approved, 4 were revoked")).to_be_visible()
        expect(page.get_by_text("Wait for the audit")).to_be_visible()
