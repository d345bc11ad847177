"""Several at once, in real threads, and workers that are killed: it is done once, or it waits."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from batches import deciding, levers, revoking, services
from batches.approval_models import Approval, Decision
from batches.approvals import Asker
from batches.models import Batch, State
from couponadmin.errors import CouponError
from issuance.models import Coupon
from marketing import levers as series_levers
from outbox.models import Event, Kind
from series.models import Series
from tests.approvals import begun, issued, person, waiting
from tests.batches import work
from tests.factories import make_series
from tests.receiver import make_endpoint
from tests.waiting import transactions_that_wait, wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)
SET_UP = """
import sys
import couponadmin.wsgi
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from batches import deciding, revoking
connection.settings_dict["NAME"] = sys.argv[1]
"""
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.fixture(autouse=True)
def _two_are_too_many(settings: Any) -> None:
    settings.APPROVAL_SIZE = 1


def tried(call: Callable[[], Any]) -> str:
    """Empty if it was done, or the sentence that refuses it."""
    try:
        call()
    except CouponError as refusal:
        return refusal.message
    return ""


def trying(function: Callable[..., Any], *args: Any, **options: Any) -> Callable[[], str]:
    return partial(tried, partial(function, *args, now=timezone.now(), **options))


def test_of_many_approvers_one_is_first(at_once: AtOnce, now: datetime) -> None:
    begun(2, now=now, user=person("ann"))
    approval_id = waiting().pk
    people = [person(f"boss{number}") for number in range(8)]

    said = at_once([trying(deciding.approve, approval_id, user=each) for each in people])

    assert said.count("") == 1
    winner = Approval.objects.get().decided_by
    assert set(said) == {"", f"This was approved already, by {winner}"}
    assert LogEntry.objects.filter(change_message__startswith="Approved").count() == 1
    assert Batch.objects.get().state == State.QUEUED


@pytest.mark.parametrize("round_", range(5))
def test_approved_declined_and_cancelled_at_once_ends_in_one_of_them(
    at_once: AtOnce, now: datetime, round_: int
) -> None:
    make_endpoint("https://shop.example.org/hook")
    ann, bea, cleo = (person(name) for name in ("ann", "bea", "cleo"))
    batch = begun(2, now=now, user=ann)
    approval_id = waiting().pk
    calls = [
        trying(deciding.approve, approval_id, user=bea),
        trying(deciding.decline, approval_id, user=cleo, reason="-"),
        trying(services.cancel, batch.pk, asker=Asker(ann.pk)),
    ]

    said = at_once(calls[round_ % 3 :] + calls[: round_ % 3])
    work()

    approval, batch = Approval.objects.get(), Batch.objects.get()
    ended = Event.objects.filter(kind=Kind.BATCH_FINISHED)
    assert approval.decision != Decision.WAITING
    # An approved batch may be cancelled as any other: only then were two of the three done.
    assert said.count("") == 1 or (approval.decision, batch.state) == ("approved", "cancelled")
    assert (Coupon.objects.count() == 2) is (batch.state == State.DONE)
    assert ended.count() == 1


def test_starting_and_cancelling_at_once_leaves_nothing_that_waits_for_nothing(
    at_once: AtOnce, now: datetime
) -> None:
    ann = Asker(person("ann").pk)
    for _ in range(5):
        batch = begun(2, now=now, user=None, dry_run=True)
        work()

        at_once([trying(verb, batch.pk, asker=ann) for verb in (services.start, services.cancel)])

        assert Batch.objects.get(pk=batch.pk).state == State.CANCELLED
        assert not Approval.objects.waiting().exists()


def test_of_many_who_ask_one_is_stored(at_once: AtOnce, now: datetime, settings: Any) -> None:
    settings.APPROVAL_SIZE = None
    batch = begun(2, now=now)
    work()
    settings.APPROVAL_SIZE = 1
    batch = Batch.objects.get(pk=batch.pk)

    said = at_once([trying(levers.revoke_coupons, batch)] * 8)

    assert said.count("") == 1
    assert Approval.objects.count() == 1


def approved_series(count: int, *, now: datetime) -> Series:
    series, ann = make_series(), person("ann")
    issued(series, count, now=now)
    series_levers.ask_to_revoke(series, because="many", user_id=ann.pk, now=now)
    deciding.approve(waiting().pk, user=User.objects.create_superuser("bea"), now=now)
    return series


def test_several_workers_revoke_each_coupon_once(
    at_once: AtOnce, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revoking, "AT_ONCE", 3)
    make_endpoint("https://shop.example.org/hook")
    approved_series(20, now=now)

    def carry_out() -> None:
        while Approval.objects.to_carry_out().exists():
            revoking.turn(clock=timezone.now, seconds=60)

    at_once([carry_out] * 4)

    assert Approval.objects.get().done == 20
    assert Coupon.objects.exclude(revoked_at=None).count() == 20
    assert Event.objects.filter(kind=Kind.REVOKED).count() == 20


def killed_while_it_waits(code: str) -> None:
    """Runs it in a process of its own, which is killed when it wants to write into the history."""
    database = connection.settings_dict["NAME"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE django_admin_log IN SHARE MODE")
        process = subprocess.Popen([sys.executable, "-c", SET_UP + code, database])
        try:
            wait_for_locks(patience=60)
        finally:
            process.kill()
            assert process.wait(60) == -signal.SIGKILL
    wait_until(lambda: not transactions_that_wait())


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "The process did not come to the lock."
        time.sleep(0.02)


def test_a_worker_that_is_killed_leaves_no_step_half_done(now: datetime) -> None:
    approved_series(5, now=now)

    killed_while_it_waits("revoking.AT_ONCE = 2; revoking.turn(clock=timezone.now, seconds=60)")

    approval = Approval.objects.get()
    assert (approval.done, approval.closed_at) == (4, None)
    assert Coupon.objects.exclude(revoked_at=None).count() == 4
    revoking.turn(clock=timezone.now, seconds=60)
    approval.refresh_from_db()
    assert (approval.done, bool(approval.closed_at)) == (5, True)
    assert Coupon.objects.exclude(revoked_at=None).count() == 5


def test_an_approver_who_is_killed_half_way_leaves_it_waiting(now: datetime) -> None:
    begun(2, now=now, user=person("ann"))
    bea, approval_id = person("bea"), waiting().pk

    killed_while_it_waits(
        f"deciding.approve({approval_id}, user=User.objects.get(pk={bea.pk}), now=timezone.now())"
    )
    assert (waiting().pk, Batch.objects.get().state) == (approval_id, State.WAITING)

    deciding.approve(approval_id, user=bea, now=now)
    assert Batch.objects.get().state == State.QUEUED
