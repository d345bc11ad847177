"""What an approved revocation of a series takes of moved coupons: those that were here when it was
asked for, whatever became of their batch meanwhile."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches import deciding, engine, revoking
from batches.approval_models import Approval
from batches.models import Batch
from issuance.models import Coupon
from marketing import levers as series_levers
from series.models import Series
from tests.batches import BATCHES, begin, finished, work
from tests.conftest import Caller
from tests.coupons import make_free_code
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
MOVED = "code,mobile,issuedOn\n{},919800000001,2026-03-01\n"
LATER = "LATE,919800000002,2026-03-01\n"


@pytest.fixture(autouse=True)
def _rules(settings: Any) -> None:
    settings.BATCH_CHUNK = 1


def asked(series: Series) -> Approval:
    asker = User.objects.create_user("ann")
    series_levers.ask_to_revoke(series, because="2", user_id=asker.pk, now=timezone.now())
    return Approval.objects.get()


def approved(approval: Approval) -> set[str]:
    """The codes that are revoked after somebody else approved."""
    deciding.approve(approval.pk, user=User.objects.create_user("bea"), now=timezone.now())
    while revoking.turn(clock=timezone.now, seconds=60):
        pass
    return set(Coupon.objects.exclude(revoked_at=None).values_list("code", flat=True))


def path_of(series: Series) -> str:
    return f"/v2/coupon/series/{series.pk}/holders"


@pytest.mark.parametrize(("state", "verb"), [("done", "retry"), ("failed", "resume")])
def test_a_batch_that_is_tried_again_after_the_asking_hides_none_of_its_coupons(
    series_api: Caller, state: str, verb: str
) -> None:
    series = make_series()
    make_customer(mobile="919800000001")
    batch = finished(series_api, MOVED.format("A") + LATER, path=path_of(series))
    Batch.objects.update(state=state)
    approval = asked(series)
    make_customer(mobile="919800000002")

    answer = series_api.post(f"{BATCHES}/{batch['id']}/{verb}")
    work()
    series_api.post(f"{BATCHES}/{batch['id']}/retry")
    work()

    assert answer.status_code == 200
    assert Coupon.objects.count() == 2
    assert approved(approval) == {"A"}


def test_of_a_batch_at_work_when_it_was_asked_what_was_done_by_then_is_revoked(
    series_api: Caller,
) -> None:
    series = make_series()
    for number in (1, 2):
        make_customer(mobile=f"91980000000{number}")
    begin(series_api, MOVED.format("A") + LATER, path=path_of(series))
    batch = Batch.objects.select_related("origin").get()
    engine.serve(batch, now=timezone.now())
    assert engine.run_chunk(batch, now=timezone.now())

    approval = asked(series)
    work()

    assert Coupon.objects.count() == 2
    assert approved(approval) == {"A"}


def test_a_free_code_that_is_handed_over_after_the_asking_is_spared(series_api: Caller) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", num_uploaded_total=1)
    make_customer(mobile="919800000001")
    make_free_code(series, "FREE")
    finished(series_api, MOVED.format("A"), path=path_of(series))
    approval = asked(series)

    finished(series_api, MOVED.format("FREE"), path=path_of(series))

    assert Coupon.objects.get(code="FREE").customer is not None
    assert approved(approval) == {"A"}


def test_what_was_asked_for_before_such_numbers_were_kept_is_carried_out(
    series_api: Caller,
) -> None:
    series = make_series()
    make_customer(mobile="919800000001")
    finished(series_api, MOVED.format("A"), path=path_of(series))
    approval = asked(series)
    Approval.objects.update(newest=None)

    finished(series_api, MOVED.format("B"), path=path_of(series))

    assert approved(approval) == {"A"}
