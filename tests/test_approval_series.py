"""Revoking what is left of a series once it is approved: what was meant, once, by the workers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from batches import deciding, revoking, tasks
from batches.approval_models import Approval, Deed
from couponadmin.errors import CouponError
from issuance.models import Coupon
from marketing import levers as series_levers
from series.models import Series
from tests.approvals import issued, person, waiting
from tests.factories import make_series

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_are_too_many(settings: Any) -> None:
    settings.APPROVAL_SIZE = 1


def carry_out() -> None:
    while revoking.turn(clock=timezone.now, seconds=60):
        pass


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(CouponError) as refused:
        call()
    assert refused.value.status == 409
    return refused.value.message


def logged() -> list[tuple[str, str]]:
    return list(LogEntry.objects.order_by("id").values_list("user__username", "change_message"))


def asked_to_revoke(series: Series, user: User, *, now: datetime) -> Approval:
    because = series_levers.why_revoke(series)
    series_levers.ask_to_revoke(series, because=because, user_id=user.pk, now=now)
    return waiting()


def test_a_series_is_revoked_as_it_was_when_that_was_asked_for(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revoking, "AT_ONCE", 2)
    ann, series, other = person("ann"), make_series(), make_series()
    meant = issued(series, 5, now=now)
    Coupon.objects.filter(pk=meant[0].pk).update(redemption_count=1)
    issued(other, 1, now=now)
    approval = asked_to_revoke(series, ann, now=now)
    assert (approval.deed, approval.size, approval.value) == (Deed.REVOKE_SERIES, 4, 2000)
    later = issued(series, 1, now=now + timedelta(seconds=1))
    carry_out()
    assert not Coupon.objects.exclude(revoked_at=None).exists()

    deciding.approve(approval.pk, user=person("bea"), now=now)
    assert not Coupon.objects.exclude(revoked_at=None).exists()
    carry_out()

    revoked = Coupon.objects.exclude(revoked_at=None)
    assert {coupon.pk for coupon in revoked} == {coupon.pk for coupon in meant[1:]}
    assert later[0] not in revoked
    approval.refresh_from_db()
    assert (approval.done, bool(approval.closed_at)) == (4, True)
    assert logged()[-1] == ("bea", "Revoked, as approved: 4 unredeemed coupons.")
    carry_out()
    assert len(logged()) == 3


def test_the_workers_that_do_batches_do_it(now: datetime) -> None:
    ann, series = person("ann"), make_series()
    issued(series, 2, now=now)
    deciding.approve(asked_to_revoke(series, ann, now=now).pk, user=person("bea"), now=now)

    tasks.work()

    assert Coupon.objects.exclude(revoked_at=None).count() == 2


def test_a_series_is_asked_about_once_until_that_is_over(now: datetime) -> None:
    ann, series = person("ann"), make_series()
    issued(series, 2, now=now)
    first = asked_to_revoke(series, ann, now=now)

    words = refusal(lambda: asked_to_revoke(series, ann, now=now))
    assert words == "This waits for approval already, or is being carried out"
    deciding.withdraw(first.pk, user=ann, now=now)

    assert asked_to_revoke(series, ann, now=now) != first
    assert Coupon.objects.filter(revoked_at=None).count() == 2
