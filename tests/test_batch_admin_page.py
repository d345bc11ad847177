import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import Batch, Download
from batches.progress import beat
from tests.batch_pages import ADD, LIST, begun, helper, page_of, send, signed_in, text_of
from tests.batches import csv_of, work
from tests.factories import make_series


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def browser(boss: User) -> Client:
    return signed_in(boss)


def test_it_says_that_no_worker_is_running_only_when_that_matters(browser: Client) -> None:
    assert "No worker is running" not in text_of(browser.get(LIST))
    batch = begun(browser)
    for address in (LIST, page_of(batch)):
        assert "No worker is running" in text_of(browser.get(address))

    beat("worker@host", now=timezone.now())

    assert "No worker is running" not in text_of(browser.get(page_of(batch)))


def test_the_bar_asks_how_far_it_is(browser: Client) -> None:
    batch = begun(browser)
    work()

    answer = browser.get(f"{LIST}{batch.pk}/progress/").json()

    assert (answer["state"], answer["percent"]) == ("done", 100)
    assert (answer["issued"], answer["refused"], answer["trouble"]) == (3, 1, "")
    assert (answer["goodShare"], answer["refusedShare"]) == (75, 25)
    assert answer["told"] == "100%: 3 done, 1 refused"


def test_buttons_are_there_when_they_make_sense(browser: Client) -> None:
    batch = begun(browser)
    assert verbs(browser, batch) == {"pause", "cancel"}

    browser.post(f"{LIST}{batch.pk}/steer/pause/")
    assert verbs(browser, batch) == {"resume", "cancel"}

    browser.post(f"{LIST}{batch.pk}/steer/resume/")
    work()
    assert verbs(browser, batch) == {"retry"}

    answer = browser.post(f"{LIST}{batch.pk}/steer/pause/", follow=True)
    assert "too late, or too early, to pause it" in text_of(answer)


def verbs(browser: Client, batch: Batch) -> set[str]:
    return set(re.findall(r"/steer/(\w+)/", browser.get(page_of(batch)).content.decode()))


def test_levers_move_all_coupons_of_the_batch(browser: Client) -> None:
    batch = begun(browser)
    work()
    pull = f"{LIST}{batch.pk}/coupons"

    browser.post(f"{pull}/pause/")
    assert "none can be redeemed" in text_of(browser.get(page_of(batch)))
    browser.post(f"{pull}/release/")
    year = timezone.now().year + 1
    browser.post(f"{pull}/extend/", {"until": f"{year}-06-30T12:00"})
    batch.origin.refresh_from_db()
    assert (batch.origin.paused_at, batch.origin.expires_at.year) == (None, year)
    browser.post(f"{pull}/revoke/")
    assert "were revoked on" in text_of(browser.get(page_of(batch)))
    again = browser.post(f"{pull}/revoke/", follow=True)
    assert "are revoked" in text_of(again)
    words = browser.post(f"{pull}/extend/", {"until": "soon"}, follow=True)
    assert "Give a date and a time." in text_of(words)


@pytest.mark.django_db(transaction=True)
def test_lists_are_downloaded_and_recorded(browser: Client, boss: User) -> None:
    batch = begun(browser)
    work()

    answer = browser.get(f"{LIST}{batch.pk}/download/refused/csv/")
    content = b"".join(answer.streaming_content)

    assert b'"4711","701",' in content
    record = Download.objects.get()
    assert (record.user, record.rows) == (boss, 1)
    assert record.sha256[:12] in text_of(browser.get(page_of(batch)))


def test_unknown_addresses_are_not_found(browser: Client) -> None:
    batch = begun(browser)

    for tail in ("steer/explode/", "coupons/explode/"):
        assert browser.post(f"{LIST}{batch.pk}/{tail}").status_code == 404
    for tail in ("download/all/csv/", "download/refused/pdf/"):
        assert browser.get(f"{LIST}{batch.pk}/{tail}").status_code == 404
    assert browser.get(f"{LIST}4711/progress/").status_code == 404
    assert browser.get(f"{LIST}4711/change/").status_code == 302
    assert browser.get(f"{LIST}{batch.pk}/steer/pause/").status_code == 405


def test_who_may_only_look_cannot_do_anything(browser: Client) -> None:
    batch = begun(browser)
    work()
    looker = helper("issuance.view_coupon")

    page = looker.get(page_of(batch)).content.decode()

    assert "/steer/" not in page
    assert "/coupons/" not in page
    for tail in ("steer/retry/", "coupons/revoke/"):
        assert looker.post(f"{LIST}{batch.pk}/{tail}").status_code == 403
    assert looker.get(ADD).status_code == 403
    assert send(looker, "mobile\n1\n", series=[make_series().pk]).status_code == 403


def test_who_may_begin_one_kind_is_offered_that_kind_only(db: None) -> None:
    issuer = helper("issuance.view_coupon", "issuance.add_coupon")

    page = text_of(issuer.get(ADD))
    answer = send(issuer, "mobile\n1\n", kind="CUSTOMERS")

    assert "Issue coupons to customers" in page
    assert "Create or update customers" not in page
    assert "Select a valid choice" in text_of(answer)
    assert not Batch.objects.exists()


def test_who_may_nothing_does_not_see_batches(browser: Client) -> None:
    batch = begun(browser)
    stranger = helper("customers.view_customer")

    for address in (LIST, page_of(batch), f"{LIST}{batch.pk}/progress/"):
        assert stranger.get(address).status_code == 403


def test_of_what_was_refused_it_shows_the_last_lines_in_their_order(browser: Client) -> None:
    mobiles = [f"4711{number}" for number in range(7)]
    send(browser, csv_of([["mobile"], *([it] for it in mobiles)]), series=[make_series().pk])
    work()

    page = text_of(browser.get(page_of(Batch.objects.get())))

    assert re.findall(r"4711\d", page) == mobiles[2:]
