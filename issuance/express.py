"""The express lane: a single coupon in two round trips, where the usual way takes eight.

What is known is looked at without a lock, decided and worded here, and stored by one statement:
`issuance_issue_one` (migration 0005) locks, looks once more, and stores nothing unless all is still
as it was. Whatever does not fit (a refusal, a repeat, an uploaded code, somebody else at the same
customer) is left to `services.issue`, which decides by the same rules.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection
from psycopg.types.numeric import Int8

from couponadmin.idempotency import Claim
from couponadmin.metrics import ISSUED
from customers.identifiers import CustomerReference
from customers.models import Customer
from customers.services import COLUMNS, customer_from, identifiers_of
from issuance import codes
from issuance.asks import Answer, Ask, Issued, Purpose
from issuance.catalogue import series_as_of
from issuance.ledger import Book, Holding, digest
from issuance.services import decide
from issuance.statements import ISSUE_ONE, LOOK
from series.expiry import expires_at
from series.models import ClientHandling

CUSTOMER = ", ".join(f"customer.{column}" for column in COLUMNS)
# A code that somebody has, and a key that was answered at this moment.
TAKEN = {"coupon_code_unique", "idempotency_key_unique"}
Words = Callable[[Answer, Customer], bytes]


class Seen(NamedTuple):
    """What LOOK found. `remaining` is what a cap leaves of the series (None: no cap)."""

    customer: Customer
    version: int
    remaining: int | None
    origin_id: int
    coupon_id: int
    holding: Holding


def issue_one(
    series_id: int,
    reference: CustomerReference,
    *,
    claim: Claim | None,
    purpose: Purpose,
    now: datetime,
    words: Words,
) -> bytes | None:
    """Issue a coupon and return the answer in `words`, kept for repeats if there is a claim.

    None: nothing was stored, and the usual way has to find out what comes of it.
    """
    seen = look(series_id, reference, purpose)
    if seen is None:
        return None
    answer = decide_on(seen, series_id, now)
    if not answer.granted or answer.series.client_handling_type != ClientHandling.DISC_CODE:
        return None
    [code] = codes.generate(answer.series, 1)
    answer.coupons = [Issued(seen.coupon_id, code, expires_at(answer.series, now))]
    body = words(answer, seen.customer)
    return body if store(answer, seen, claim, body, now) else None


def look(series_id: int, reference: CustomerReference, purpose: Purpose) -> Seen | None:
    """None where the series, the customer or the purpose is not known."""
    given = identifiers_of(reference)
    if not given:
        return None
    named = " AND ".join(f"customer.{column} = %s" for column in given)
    statement = LOOK.format(customer=CUSTOMER, named=named)
    row = first_row(statement, [digest(purpose), *given.values(), Int8(series_id)])
    if row is None:
        return None
    return Seen(customer_from(row[:-8]), *row[-8:-4], Holding(*row[-4:]))


def decide_on(seen: Seen, series_id: int, now: datetime) -> Answer:
    ask = Ask(series_id, seen.customer.pk)
    book = Book(
        series=series_as_of({series_id: seen.version}),
        left={series_id: seen.remaining},
        holdings={ask[:2]: seen.holding},
        origin_id=seen.origin_id,
    )
    [answer] = decide([ask], book, {ask.customer_id}, now)
    return answer


def store(answer: Answer, seen: Seen, claim: Claim | None, body: bytes, now: datetime) -> bool:
    """Store all of it, or nothing: what was decided does not hold, or code or key are taken."""
    [coupon] = answer.coupons
    decided_on = seen.version, seen.holding.held, seen.holding.last_coupon_id
    new = coupon.id, coupon.code, coupon.expires_at, seen.origin_id, now
    key = (claim.client_id, claim.key, claim.lock, claim.request_hash) if claim else (None,) * 4
    values = [answer.ask.customer_id, answer.ask.series_id, *decided_on, *new, *key, body]
    # One type for all whole numbers: each set of types would be prepared by itself.
    typed = [Int8(value) if isinstance(value, int) else value for value in values]
    try:
        [stored] = first_row(ISSUE_ONE, typed)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name not in TAKEN:
            raise
        return False
    ISSUED.inc(stored)
    return stored


def first_row(statement: str, values: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()
