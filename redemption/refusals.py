"""The log of what tills were refused, for the help desk: compact, and forgotten after a while."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

import orjson

from couponadmin.api import as_json
from couponadmin.errors import ErrorCode
from redemption import shapes
from redemption.asks import Outcome, Visit
from redemption.models import Refusal
from redemption.shapes import Json

KEPT_DAYS = 30
SENTENCES = {code.number: code.sentence for code in ErrorCode}


def log(outcomes: Iterable[Outcome], visit: Visit, *, now: datetime) -> None:
    """Store a row for each code with reasons of its own, in one statement."""
    rows = [row(outcome, visit, now) for outcome in outcomes if has_own_reason(outcome)]
    if rows:
        Refusal.objects.bulk_create(rows)


def has_own_reason(outcome: Outcome) -> bool:
    return any(reason.code != ErrorCode.BATCH_MATE for reason in outcome.reasons)


def row(outcome: Outcome, visit: Visit, now: datetime) -> Refusal:
    unknown = outcome.coupon_id is None
    return Refusal(
        at=now,
        client_id=visit.client_id,
        till_id=visit.till_id,
        customer_id=visit.customer_id,
        coupon_id=outcome.coupon_id,
        series=outcome.series,
        code_hash=hashlib.sha256(outcome.code.encode()).digest() if unknown else None,
        reasons=[reason.code.number for reason in outcome.reasons],
        told=orjson.loads(as_json(shapes.reasons(outcome))),
    )


def reasons_told(refusal: Refusal) -> list[Json]:
    """All reasons; of one that an older version stored the numbers and what they usually mean."""
    usual = ({"code": each, "message": SENTENCES.get(each, "")} for each in refusal.reasons)
    return refusal.told or list(usual)


def forget(*, now: datetime) -> int:
    """Delete what is older than KEPT_DAYS; how many rows it was."""
    deleted, _ = Refusal.objects.filter(at__lt=now - timedelta(days=KEPT_DAYS)).delete()
    return deleted
