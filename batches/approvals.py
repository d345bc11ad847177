"""What needs a second person before it is done, and asking for one.

Off unless a limit is set: APPROVAL_SIZE counts coupons, APPROVAL_VALUE is money.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import IntegrityError, models, transaction
from django.db.models import Max, Sum

from batches.approval_models import Approval, Decision, Deed
from batches.models import WITH_COUPONS, Batch, State
from couponadmin.errors import CouponError, ErrorCode
from issuance.models import Coupon
from series.models import DiscountType, Series
from series.readers import number

ASKED = "Asked for approval: {}. {}."
ASKED_ALREADY = "This waits for approval already, or is being carried out"
WAITS = "A second person has to approve it first: {}."
# No more coupons come of them, unless what was refused is tried again.
ENDED = (State.DONE, State.CANCELLED)


class Asker(NamedTuple):
    """Who asks: a person, or an API client."""

    user_id: int | None = None
    client_id: int | None = None


class Weight(NamedTuple):
    """How many coupons, and what one use of each takes off a bill at most; None: nobody knows."""

    size: int
    value: Decimal | None


NOBODY = Asker()


def is_on() -> bool:
    """Whether anything needs approval at all."""
    return settings.APPROVAL_SIZE is not None or settings.APPROVAL_VALUE is not None


def why(weight: Weight) -> str:
    """Does it need approval? Why, in words; empty: no."""
    reasons = [why_by_size(weight.size), why_by_value(weight)]
    return ", and ".join(filter(None, reasons))


def why_by_size(size: int) -> str:
    most = settings.APPROVAL_SIZE
    if most is None or size <= most:
        return ""
    return f"{size:,} {'coupon is' if size == 1 else 'coupons are'} more than {most:,}"


def why_by_value(weight: Weight) -> str:
    most = settings.APPROVAL_VALUE
    if most is None or not weight.size:
        return ""
    if weight.value is None:
        return "what they are worth is unknown: a percentage without a limit"
    if weight.value <= most:
        return ""
    return f"they are worth up to {number(weight.value):,}, more than {number(most):,}"


def worth(series: Series) -> Decimal | None:
    """The most that one use of a coupon takes off a bill; None where a percentage has no limit."""
    if series.discount_type == DiscountType.ABS:
        return series.discount_value
    return series.discount_upto or None


def worths_of(batch: Batch) -> list[Decimal] | None:
    """What a coupon of each of its series is worth, in order; None where one of them is unknown."""
    series = Series.objects.in_bulk(batch.series_ids)
    worths = [worth(series[pk]) if pk in series else None for pk in batch.series_ids]
    known = [amount for amount in worths if amount is not None]
    return known if len(known) == len(worths) else None


def weight_of_run(batch: Batch) -> Weight:
    """All that the batch asks for."""
    worths, each = worths_of(batch), batch.lines * batch.count
    return Weight(batch.total, None if worths is None else sum(worths, Decimal()) * each)


def weight_of_issued(batch: Batch) -> Weight:
    """What the batch issued, or may issue yet, each as if it were of its best series."""
    worths, size = worths_of(batch), batch.total
    if batch.state in ENDED:
        size = batch.chunks.aggregate(Sum("issued", default=0))["issued__sum"]
    return Weight(size, None if worths is None else max(worths, default=Decimal()) * size)


def why_run(batch: Batch) -> str:
    """As `why`, of a batch that would be begun."""
    return why(weight_of_run(batch)) if is_on() and batch.kind in WITH_COUPONS else ""


def why_revoke(batch: Batch) -> str:
    """As `why`, of revoking all coupons of a batch."""
    return why(weight_of_issued(batch)) if is_on() and batch.kind in WITH_COUPONS else ""


def hold(batch: Batch, asker: Asker, *, now: datetime) -> None:
    """In the transaction that queued the batch: lets it wait instead, if it needs approval."""
    if because := why_run(batch):
        batch.state = State.WAITING
        batch.save(update_fields=["state"])
        ask(Deed.RUN, batch, weight_of_run(batch), because, asker, now=now)


def ask(
    deed: Deed, about: models.Model, weight: Weight, because: str, asker: Asker, *, now: datetime
) -> str:
    """Stores that a second person is asked, and says so; 756 (409) if one is asked already."""
    try:
        with transaction.atomic():
            Approval.objects.create(
                deed=deed,
                **{about._meta.model_name: about},
                size=weight.size,
                value=weight.value,
                because=because,
                newest=newest_coupon(),
                asked_at=now,
                asked_by_id=asker.user_id,
                asked_by_client_id=asker.client_id,
            )
            log(asker.user_id, about, ASKED.format(deed.label, because.capitalize()))
    except IntegrityError as error:
        raise CouponError(ErrorCode.INPUT, ASKED_ALREADY, status=409) from error
    return WAITS.format(because)


def newest_coupon() -> int:
    """The id of the system's last coupon; 0: there is none."""
    return Coupon.objects.aggregate(newest=Max("pk", default=0))["newest"]


def withdraw_run(batch_id: int, asker: Asker, *, now: datetime) -> None:
    """Nobody is asked any more whether the batch may begin: it is being cancelled."""
    waiting = Approval.objects.waiting().filter(batch_id=batch_id, deed=Deed.RUN)
    waiting.update(
        decision=Decision.WITHDRAWN, decided_at=now, closed_at=now, decided_by_id=asker.user_id
    )


def told(batch: Batch) -> list[str]:
    """What there is to say about the approval that a batch waits for, or will need."""
    if batch.state == State.WAITING:
        waiting = batch.approvals.waiting().filter(deed=Deed.RUN)
        return [WAITS.format(approval.because) for approval in waiting]
    because = why_run(batch) if batch.state == State.CHECKED else ""
    return [WAITS.format(because)] if because else []


def log(user_id: int | None, about: models.Model, sentence: str) -> None:
    """In the history of the batch or series, where a person did it."""
    if user_id is not None:
        LogEntry.objects.log_actions(user_id, [about], CHANGE, sentence, single_object=True)
