"""Revocations in the admin that wait for a second person: of a series, and of a batch."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.approval_models import Approval, Decision
from issuance.models import Coupon
from tests import approvals
from tests.approvals import (
    BECAUSE,
    begun,
    browser_of,
    decide,
    issued,
    overview,
    verbs,
    waiting,
)
from tests.batch_pages import LIST, page_of, text_of
from tests.batches import work
from tests.factories import make_series

pytestmark = pytest.mark.django_db
ann, bea, two_are_too_many = approvals.ann, approvals.bea, approvals.two_are_too_many


def test_revoking_a_series_is_asked_for_and_its_page_shows_what_became_of_it(
    ann: User, bea: Client, now: datetime
) -> None:
    series, browser = make_series(), browser_of(ann)
    issued(series, 2, now=now)
    question = text_of(browser.get(overview(series, "revoke")))
    assert f"A second person has to approve it first: {BECAUSE}." in question
    assert "Ask for approval" in question

    asked = browser.post(overview(series, "revoke"), {"after": 0, "done": 0}, follow=True)
    again = browser.post(overview(series, "revoke"), {"after": 0, "done": 0}, follow=True)

    assert f"A second person has to approve it first: {BECAUSE}." in text_of(asked)
    assert "waits for approval already" in text_of(again)
    assert not Coupon.objects.exclude(revoked_at=None).exists()
    assert verbs(browser, overview(series)) == {"withdraw"}
    assert verbs(bea, overview(series)) == {"approve", "decline"}
    answer = decide(bea, waiting(), "approve")
    assert "Approved. The coupons are being revoked." in text_of(answer)
    assert "approved, being carried out (0 so far)" in text_of(answer)


def test_a_wish_is_taken_back(ann: User, now: datetime) -> None:
    series, browser = make_series(), browser_of(ann)
    issued(series, 2, now=now)
    browser.post(overview(series, "revoke"), {"after": 0, "done": 0})

    answer = decide(browser, waiting(), "withdraw")

    assert "Revoke 2 coupons at most: withdrawn" in text_of(answer)
    assert Approval.objects.get().decision == Decision.WITHDRAWN
    assert not Coupon.objects.exclude(revoked_at=None).exists()


def test_a_step_in_the_middle_is_no_way_around(ann: User, now: datetime) -> None:
    series = make_series()
    first, _ = issued(series, 2, now=now)

    browser_of(ann).post(overview(series, "revoke"), {"after": first.pk - 1, "done": 5})

    assert not Coupon.objects.exclude(revoked_at=None).exists()
    assert waiting().size == 2


def test_the_lever_of_a_batch_asks_too(
    ann: User, bea: Client, now: datetime, settings: Any
) -> None:
    settings.APPROVAL_SIZE = settings.APPROVAL_VALUE = None
    batch, browser = begun(2, now=now), browser_of(ann)
    work()
    settings.APPROVAL_SIZE, settings.APPROVAL_VALUE = 1, Decimal(900)
    assert f"A second person has to approve it first: {BECAUSE}." in text_of(
        browser.get(page_of(batch))
    )

    browser.post(f"{LIST}{batch.pk}/coupons/revoke/")
    assert "Revoke 2 coupons at most: waits for" in text_of(browser.get(page_of(batch)))
    decide(bea, waiting(), "approve")

    assert "were revoked on" in text_of(browser.get(page_of(batch)))
