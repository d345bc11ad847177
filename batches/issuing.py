"""Lines that ask for coupons: one call of `issue` for all lines of a chunk."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from batches.lines import Line, Outcome, Refused, Wish
from batches.models import Batch
from batches.references import customer_ids
from couponadmin.errors import ErrorCode
from issuance.asks import Answer, Ask, Purpose
from issuance.models import Origin
from issuance.services import issue


def work(batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    """Issues what the lines want; one outcome per line, in order."""
    customers = customer_ids([line.cells for line in lines], batch.mapping)
    asks = [
        Ask(wish.series_id, customer, wish.wanted)
        for line, customer in zip(lines, customers, strict=True)
        if customer
        for wish in line.wishes
    ]
    answers = iter(issue(asks, now=now, purpose=purpose_of(batch.origin)))
    return [
        outcome(islice(answers, len(line.wishes))) if customer else unknown(line)
        for line, customer in zip(lines, customers, strict=True)
    ]


def outcome(answers: Iterable[Answer]) -> Outcome:
    ids: list[int] = []
    refused: list[Refused] = []
    for answer in answers:
        for coupon in answer.coupons:
            ids.append(coupon.id)
        if answer.limit:
            refused.append(shortfall(answer, len(answer.coupons)))
    return Outcome(ids, refused)


def shortfall(answer: Answer, given: int) -> Refused:
    return Refused(
        answer.limit.code.number,
        answer.limit.message,
        answer.ask.wanted - given,
        answer.ask.series_id,
    )


def unknown(line: Line) -> Outcome:
    return Outcome([], [nobody(wish) for wish in line.wishes])


def nobody(wish: Wish) -> Refused:
    unknown = ErrorCode.CUSTOMER
    return Refused(unknown.number, unknown.sentence, wish.wanted, wish.series_id)


def purpose_of(origin: Origin) -> Purpose:
    return Purpose(*(getattr(origin, member) for member in Purpose._fields))
