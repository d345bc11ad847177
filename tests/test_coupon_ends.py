"""Who moved the end of a coupon: told on its page, as far as histories and the log know it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Batch
from couponadmin.clients import create_client
from couponadmin.times import end_of_day
from issuance.models import Coupon
from series.services import update_series
from tests.coupons import make_coupon, make_origin
from tests.factories import make_series

pytestmark = pytest.mark.django_db
NEW_YEAR, EASTER = date(2030, 1, 1), date(2030, 4, 21)


def moves(client: Client, coupon: Coupon) -> list[tuple[str, str]]:
    page = client.get(f"/admin/issuance/coupon/{coupon.pk}/change/")
    events = page.context_data["events"]
    return [(each.title, each.by) for each in events if each.icon == "event_repeat"]


@pytest.fixture
def coupon(now: Any) -> Coupon:
    """Ends with its series."""
    series = make_series(valid_till_date=NEW_YEAR, expiry_strategy_type="SERIES_EXPIRY")
    early = now - timedelta(days=1)
    return make_coupon(series=series, issued_at=early, expires_at=end_of_day(NEW_YEAR))


def test_extended_with_its_series(admin_client: Client, admin_user: User, coupon: Coupon) -> None:
    form = {"valid_till_date": "2030-04-21", "coupons": "on"}

    admin_client.post(f"/admin/series/series/{coupon.series_id}/extend/", form)

    assert Coupon.objects.get().expires_at == end_of_day(EASTER)
    assert moves(admin_client, coupon) == [("Extended to 21 Apr 2030", admin_user.username)]


def test_a_series_whose_end_was_moved_without_its_coupons(
    admin_client: Client, coupon: Coupon, now: Any
) -> None:
    shop, _ = create_client("Web shop", groups=[], now=now)
    for hours, day in ((1, EASTER), (2, date(2029, 12, 31))):
        later = now + timedelta(hours=hours)
        update_series(coupon.series_id, {"valid_till_date": day}, now=later, client=shop)

    assert moves(admin_client, coupon) == [
        ("Its series was extended to 21 Apr 2030", "Web shop"),
        ("Its series was shortened to 31 Dec 2029", "Web shop"),
    ]


def test_what_was_moved_before_it_was_issued_is_no_part_of_its_life(
    admin_client: Client, coupon: Coupon, now: Any
) -> None:
    update_series(coupon.series_id, {"valid_till_date": EASTER}, now=now)
    assert moves(admin_client, coupon)

    Coupon.objects.update(issued_at=now + timedelta(hours=1))

    assert moves(admin_client, coupon) == []


def test_extended_with_its_batch(admin_client: Client, admin_user: User, now: Any) -> None:
    batch = Batch.objects.create(kind="ISSUE", state="done", created_at=now)
    prolonged = make_origin(batch_key=str(batch.pk), expires_at=end_of_day(EASTER))
    series = make_series(valid_till_date=None)
    short, endless, long = (
        make_coupon(series=series, origin=prolonged, expires_at=end)
        for end in (end_of_day(NEW_YEAR), None, end_of_day(date(2031, 1, 1)))
    )
    LogEntry.objects.log_actions(admin_user.pk, [batch], CHANGE, "Extend all coupons.")

    assert moves(admin_client, short) == [
        ("Extended to 21 Apr 2030, with its batch", admin_user.username)
    ]
    assert moves(admin_client, endless) == moves(admin_client, long) == []
