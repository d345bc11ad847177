"""Who may decide about what waits, and what then is done: once, whole, and on record."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from batches import deciding, levers, services
from batches.approval_models import Approval, Decision
from batches.approvals import Asker
from batches.models import Batch, State
from couponadmin.errors import CouponError
from series.models import Series
from tests.approvals import begun, person, waiting
from tests.batches import work
from tests.factories import make_series

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_are_too_many(settings: Any) -> None:
    settings.APPROVAL_SIZE = 1


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(CouponError) as refused:
        call()
    assert refused.value.status == 409
    return refused.value.message


def logged() -> list[tuple[str, str]]:
    return list(LogEntry.objects.order_by("id").values_list("user__username", "change_message"))


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_approves_or_declines_what_they_began(now: datetime, superuser: bool) -> None:
    ann = person("ann", "batches.approve")
    User.objects.filter(pk=ann.pk).update(is_superuser=superuser)
    begun(2, now=now, user=ann)
    approval_id = waiting().pk

    approve = refusal(lambda: deciding.approve(approval_id, user=ann, now=now))
    decline = refusal(lambda: deciding.decline(approval_id, user=ann, reason="-", now=now))

    assert approve == decline == "You asked for this yourself, so somebody else has to decide"
    assert (waiting().decided_by, Batch.objects.get().state) == (None, State.WAITING)


def test_who_made_a_batch_cannot_approve_that_a_colleague_starts_it(now: datetime) -> None:
    ann, bob, cleo = (person(name) for name in ("ann", "bob", "cleo"))
    batch = begun(2, now=now, user=ann, dry_run=True)
    work()
    services.start(batch.pk, now=now, asker=Asker(bob.pk))
    approval_id = waiting().pk

    for own in (ann, bob):
        refusal(lambda own=own: deciding.approve(approval_id, user=own, now=now))
        assert not Approval.objects.not_of(own.pk).exists()
    assert Approval.objects.not_of(cleo.pk).exists()
    deciding.approve(approval_id, user=cleo, now=now)

    assert Batch.objects.get().state == State.QUEUED


def test_the_database_knows_that_it_takes_two(now: datetime) -> None:
    ann = person("ann")
    begun(2, now=now, user=ann)
    decided = {"decided_at": now, "closed_at": now}

    for wrong in (
        {"decision": Decision.APPROVED, "decided_by": ann, **decided},
        {"decision": Decision.DECLINED, "decided_by": None, **decided},
        {"decision": Decision.APPROVED, "decided_by": person("bea"), "closed_at": now},
        {"series": make_series()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.update(**wrong)
    assert waiting().decided_at is None


def test_request_approval_and_decline_are_on_record(now: datetime) -> None:
    ann, bea = person("ann"), person("bea")
    begun(2, now=now, user=ann)
    deciding.approve(waiting().pk, user=bea, now=now)
    begun(3, now=now, user=ann)
    deciding.decline(waiting().pk, user=bea, reason="twice this week", now=now)

    assert logged() == [
        ("ann", "Asked for approval: issue the coupons. 2 coupons are more than 1."),
        ("bea", "Approved: issue the coupons. 2 coupons are more than 1."),
        ("ann", "Asked for approval: issue the coupons. 3 coupons are more than 1."),
        ("bea", "Declined: issue the coupons. 3 coupons are more than 1. Why: twice this week"),
    ]


def test_what_was_decided_or_cancelled_cannot_be_approved(now: datetime) -> None:
    ann, bea, cleo = (person(name) for name in ("ann", "bea", "cleo"))
    for end in (
        lambda pk, batch: deciding.approve(pk, user=bea, now=now),
        lambda pk, batch: deciding.decline(pk, user=bea, reason="-", now=now),
        lambda pk, batch: services.cancel(batch.pk, now=now, asker=Asker(ann.pk)),
    ):
        batch = begun(2, now=now, user=ann)
        approval_id = waiting().pk
        end(approval_id, batch)
        state = Batch.objects.get(pk=batch.pk).state

        words = refusal(lambda pk=approval_id: deciding.approve(pk, user=cleo, now=now))

        approval = Approval.objects.get(pk=approval_id)
        assert words == f"This was {approval.decision} already, by {approval.decided_by}"
        assert Batch.objects.get(pk=batch.pk).state == state


def test_a_batch_that_is_gone_without_its_approval_is_not_begun(now: datetime) -> None:
    batch = begun(2, now=now, user=person("ann"))
    Batch.objects.update(state=State.CANCELLED)

    words = refusal(lambda: deciding.approve(waiting().pk, user=person("bea"), now=now))

    assert words == "The batch is cancelled: there is nothing to approve any more"
    assert Batch.objects.get(pk=batch.pk).state == State.CANCELLED


@pytest.mark.parametrize(
    ("columns", "worth", "passes"),
    [
        ({"discount_value": Decimal(500)}, "", True),
        ({"discount_value": Decimal(400)}, "", True),
        ({"discount_value": Decimal(501)}, "2 coupons worth up to 1,002 now", False),
        (
            {"discount_type": "PERC", "discount_value": Decimal(20)},
            "2 coupons worth an unknown amount now",
            False,
        ),
    ],
)
def test_nobody_approves_more_than_they_could_read(
    now: datetime, columns: dict[str, Any], worth: str, passes: bool
) -> None:
    begun(2, now=now, user=person("ann"))
    Series.objects.update(**columns)
    bea, approval_id = person("bea"), waiting().pk

    if passes:
        deciding.approve(approval_id, user=bea, now=now)
        return
    words = refusal(lambda: deciding.approve(approval_id, user=bea, now=now))
    assert f"{worth}, 2 coupons worth up to 1,000 then" in words
    assert Batch.objects.get().state == State.WAITING


def test_what_nobody_could_value_has_no_figure_either_when_it_is_approved(
    now: datetime, settings: Any
) -> None:
    settings.APPROVAL_VALUE = 100
    percentage = make_series(discount_type="PERC", discount_value=Decimal(20))
    begun(2, now=now, user=person("ann"), series_ids=[percentage.pk])
    Series.objects.update(discount_type="ABS", discount_value=Decimal(999_999))

    words = refusal(lambda: deciding.approve(waiting().pk, user=person("bea"), now=now))

    assert "2 coupons worth up to 1,999,998 now, 2 coupons worth an unknown amount then" in words
    assert Batch.objects.get().state == State.WAITING


def test_switched_off_while_it_waits_it_still_waits_and_can_be_approved(
    now: datetime, settings: Any
) -> None:
    begun(2, now=now, user=person("ann"))
    settings.APPROVAL_SIZE = None
    work()
    assert Batch.objects.get().state == State.WAITING

    deciding.approve(waiting().pk, user=person("bea"), now=now)
    work()

    assert Batch.objects.get().state == State.DONE


def test_coupons_of_a_batch_are_revoked_when_that_is_approved(now: datetime, settings: Any) -> None:
    settings.APPROVAL_SIZE = None
    batch = begun(2, now=now)
    work()
    settings.APPROVAL_SIZE = 1
    batch = Batch.objects.get(pk=batch.pk)
    ann = person("ann")

    said = levers.revoke_coupons(batch, now=now, asker=Asker(ann.pk))
    assert said == "A second person has to approve it first: 2 coupons are more than 1."
    batch.origin.refresh_from_db()
    assert batch.origin.revoked_at is None

    deciding.approve(waiting().pk, user=person("bea"), now=now)
    batch.origin.refresh_from_db()
    assert batch.origin.revoked_at == now
