"""Approvals in the admin: what the pages say, to whom they give buttons, and what those do."""

from datetime import date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from batches import deciding
from batches.approval_models import Approval
from batches.models import Batch, State
from couponadmin import roles
from issuance.models import Coupon
from tests import approvals
from tests.approvals import (
    APPROVING,
    ASKING,
    BECAUSE,
    SEEING,
    begun,
    browser_of,
    decide,
    overview,
    person,
    verbs,
    waiting,
)
from tests.batch_pages import LIST, page_of, send, text_of
from tests.batches import csv_of, work
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
ann, bea, two_are_too_many = approvals.ann, approvals.bea, approvals.two_are_too_many


def test_a_batch_that_waits_says_what_for_who_asked_and_who_may_decide(
    ann: User, bea: Client
) -> None:
    browser = browser_of(ann)
    rows = csv_of([["mobile"], [make_customer().mobile], [make_customer().mobile]])
    send(browser, rows, series=[make_series().pk])
    batch = Batch.objects.get()

    own, others = browser.get(page_of(batch)), bea.get(page_of(batch))

    assert batch.state == State.WAITING
    for page in (own, others):
        assert "Issue 2 coupons: waits for the approval of a second person" in text_of(page)
        assert f"It needs approval because {BECAUSE}. Asked for by ann on" in text_of(page)
    assert "You asked for it yourself" in text_of(own)
    assert verbs(browser, page_of(batch)) == set()
    assert verbs(bea, page_of(batch)) == {"approve", "decline"}
    assert "/steer/cancel/" in own.content.decode()
    assert "/steer/" not in others.content.decode()
    looker = browser_of(person("lou", *SEEING))
    assert "Somebody who may approve has to decide." in text_of(looker.get(page_of(batch)))
    assert verbs(looker, page_of(batch)) == set()
    assert "waiting for approval" in text_of(bea.get(LIST))


def test_approve_begins_the_batch(ann: User, bea: Client, now: datetime) -> None:
    batch = begun(2, now=now, user=ann)

    answer = decide(bea, waiting(), "approve")
    work()

    assert answer.redirect_chain[-1][0] == page_of(batch)
    assert "Approved. The batch begins as soon as a worker is free." in text_of(answer)
    assert Coupon.objects.count() == 2
    page = text_of(bea.get(page_of(batch)))
    assert "Issue 2 coupons: approved" in page
    assert "Approved by bea on" in page
    assert "was approved already, by bea" in text_of(
        decide(bea, Approval.objects.get(), "decline", reason="-")
    )


@pytest.mark.parametrize("reason", ["", "  ", "x" * 251, "a\0b", None])
def test_decline_needs_a_reason(ann: User, bea: Client, now: datetime, reason: str | None) -> None:
    begun(2, now=now, user=ann)
    sent = {} if reason is None else {"reason": reason}

    answer = decide(bea, waiting(), "decline", **sent)

    assert "Say why you decline it" in text_of(answer)
    assert (waiting().reason, Batch.objects.get().state) == ("", State.WAITING)


def test_decline_cancels_the_batch_and_says_why(ann: User, bea: Client, now: datetime) -> None:
    batch = begun(2, now=now, user=ann)

    decide(bea, waiting(), "decline", reason="Too dear <b>for</b> May")

    page = browser_of(ann).get(page_of(batch))
    assert "Declined by bea: Too dear &lt;b&gt;for&lt;/b&gt; May" in page.content.decode()
    assert Batch.objects.get().state == State.CANCELLED


def test_whoever_has_not_the_permission_decides_nothing(ann: User, now: datetime) -> None:
    begun(2, now=now, user=ann)
    address = f"/admin/approvals/{waiting().pk}"
    stranger = browser_of(person("sam", *ASKING))

    for verb in ("approve", "decline"):
        assert stranger.post(f"{address}/{verb}/", {"reason": "-"}).status_code == 403
        assert stranger.get(f"{address}/{verb}/").status_code == 405
        assert Client().post(f"{address}/{verb}/").status_code == 302
    assert browser_of(person("bo", *APPROVING)).post(f"{address}/withdraw/").status_code == 403
    assert waiting().decided_at is None


def test_nobody_approves_by_address_what_is_their_own(ann: User, now: datetime) -> None:
    boss = User.objects.create_superuser("boss")
    for each in (ann, boss):
        begun(2, now=now, user=each)
        approval = Approval.objects.filter(asked_by=each).get()

        answer = decide(browser_of(each), approval, "approve")

        assert "You asked for this yourself" in text_of(answer)
    assert Approval.objects.waiting().count() == 2


def test_unknown_addresses_are_not_found(bea: Client, ann: User, now: datetime) -> None:
    begun(2, now=now, user=ann)

    for tail in (f"{waiting().pk}/explode/", "4711/approve/", f"{10**30}/approve/"):
        assert bea.post(f"/admin/approvals/{tail}").status_code == 404


def test_a_dry_run_says_that_its_start_will_ask(ann: User, now: datetime) -> None:
    batch, browser = begun(2, now=now, user=ann, dry_run=True), browser_of(ann)
    work()
    sentence = f"To start it, a second person has to approve it: {BECAUSE}."
    page = text_of(browser.get(page_of(batch)))
    assert sentence in page
    assert "Ask for approval close Cancel" in page
    assert "Issue 2 coupons" not in page

    browser.post(f"{LIST}{batch.pk}/steer/start/")

    page = text_of(browser.get(page_of(batch)))
    assert "waits for the approval of a second person" in page
    assert sentence not in page
    assert waiting().asked_by == ann


def test_whoever_approves_sees_what_the_coupons_are_worth_and_how_many_there_will_be(
    ann: User, bea: Client, now: datetime
) -> None:
    series = make_series(description="Diwali", valid_till_date=date(2099, 11, 30))
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(2)), ["4711"]])
    send(browser_of(ann), rows, series=[series.pk], dry_run="on")
    work()
    batch = Batch.objects.get()
    browser_of(ann).post(f"{LIST}{batch.pk}/steer/start/")

    page, home = text_of(bea.get(page_of(batch))), text_of(bea.get("/admin/"))

    assert "Issue 2 coupons: waits for the approval of a second person" in page
    assert "They are worth at most 1,500. 3 were asked for. When it was checked, 2 would" in page
    assert "Diwali: 500 off the bill, until 30 Nov 2099 at the latest." in page
    assert "2 get one · 1 does not" in page
    assert f"Issue 2 coupons: {batch} worth at most 1,500, asked for by ann" in home
    decide(bea, waiting(), "approve")
    assert "500 off the bill, until" not in text_of(bea.get(page_of(batch)))


def test_what_nobody_knows_the_worth_of_is_said_to_be_so(
    ann: User, bea: Client, now: datetime
) -> None:
    series = make_series(discount_type="PERC", discount_value=20, discount_upto=None)
    batch = begun(2, now=now, user=ann, series_ids=[series.pk])

    assert "worth nobody knows how much" in text_of(bea.get(page_of(batch)))


def test_home_lists_what_waits_for_this_person(ann: User, bea: Client, now: datetime) -> None:
    batch = begun(2, now=now, user=ann)
    begun(1, now=now, user=ann)

    mine, hers = text_of(bea.get("/admin/")), text_of(browser_of(ann).get("/admin/"))

    assert f"Waiting for your approval Issue 2 coupons: {batch}" in mine
    assert "Waiting for your approval" not in hers
    looker = browser_of(person("lou", *SEEING))
    assert "Waiting for your approval" not in text_of(looker.get("/admin/"))


def test_the_ready_made_role_can_approve_and_begin_nothing(ann: User, now: datetime) -> None:
    user = person("app")
    user.groups.add(Group.objects.get(name=roles.APPROVER))
    batch = begun(2, now=now, user=ann)
    browser = browser_of(user)

    assert verbs(browser, page_of(batch)) == {"approve", "decline"}
    assert browser.get(f"{LIST}add/").status_code == 403
    assert decide(browser, waiting(), "approve").status_code == 200
    assert Batch.objects.get().state == State.QUEUED


def test_off_means_that_no_page_speaks_of_approval(
    admin_client: Client, now: datetime, settings: Any
) -> None:
    settings.APPROVAL_SIZE = settings.APPROVAL_VALUE = None
    series = make_series()
    batch = begun(2, now=now, series_ids=[series.pk])
    checked = begun(2, now=now, series_ids=[series.pk], dry_run=True)
    work()

    for address in (
        "/admin/",
        overview(series),
        overview(series, "revoke"),
        page_of(batch),
        page_of(checked),
    ):
        assert "approv" not in text_of(admin_client.get(address)).lower()
    admin_client.post(overview(series, "revoke"), {"after": 0, "done": 0})
    assert Coupon.objects.exclude(revoked_at=None).count() == 2
    assert not Approval.objects.exists()


def test_pages_read_no_more_when_more_waits(
    ann: User, bea: Client, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        begun(2, now=now, user=ann)
    batch = Batch.objects.latest("pk")
    deciding.withdraw(batch.approvals.get().pk, user=ann, now=now)
    bea.get("/admin/")

    with django_assert_max_num_queries(30):
        page = bea.get("/admin/")
    assert text_of(page).count("Issue 2 coupons") == 5
