"""Coupons that are out already: codes of another system, stored for those who hold them.

Nothing is issued by it: no rule of `issuance.rules` is asked, and no webhook hears of it. Locks are
taken in this order: the series (shared), customers by id, free codes by id, the series' counter, as
revoking has the last two; then new codes by code, as the ledger does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from couponadmin.arrays import of_numbers
from couponadmin.errors import ErrorCode
from issuance import ledger, pool
from issuance.asks import Ask
from issuance.models import Coupon
from issuance.pool import Known
from series.models import ClientHandling, Series

# A code that waits in the pool of this series is handed over, any other is new. Tallied by the day
# of issue, which is the day that charts shall show. What is new in a pool counts as uploaded, too,
# because what is left of a pool is the difference of both.
STORE = """
WITH wish AS (
    SELECT *
    FROM unnest(
        string_to_array(%(codes)s, E'\\n'), %(customers)s::bigint[],
        string_to_array(%(issued)s, ' ')::timestamptz[],
        string_to_array(%(ends)s, ' ', '')::timestamptz[]
    ) AS wish(code, customer_id, issued_at, expires_at)
), free AS MATERIALIZED (
    SELECT coupon.id, wish.*
    FROM issuance_coupon AS coupon JOIN wish USING (code)
    WHERE coupon.id = ANY(%(free)s::bigint[])
      AND coupon.customer_id IS NULL AND coupon.revoked_at IS NULL
    ORDER BY coupon.id
    FOR NO KEY UPDATE OF coupon
), handed_over AS (
    UPDATE issuance_coupon AS coupon
    SET customer_id = free.customer_id, issued_at = free.issued_at, expires_at = free.expires_at,
        origin_id = %(origin)s
    FROM free WHERE coupon.id = free.id
    RETURNING coupon.id, coupon.code, coupon.issued_at
), made AS (
    INSERT INTO issuance_coupon (code, series_id, customer_id, shared, expires_at, origin_id,
                                 issued_at, redemption_count)
    SELECT code, %(series)s, customer_id, false, expires_at, %(origin)s, issued_at, 0
    FROM wish WHERE NOT EXISTS (SELECT FROM free WHERE free.code = wish.code)
    ORDER BY code COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING id, code, issued_at
), stored AS (
    SELECT * FROM handed_over UNION ALL SELECT * FROM made
), tallied AS (
    INSERT INTO series_tally (series_id, at, told_at, issued, redeemed, counted)
    SELECT %(series)s, max(issued_at), statement_timestamp(), count(*), 0, %(capped)s
    FROM stored GROUP BY (issued_at AT TIME ZONE %(zone)s::text)::date
), counted AS (
    UPDATE series_series SET num_uploaded_total = num_uploaded_total + (SELECT count(*) FROM made)
    WHERE id = %(series)s AND %(pooled)s AND EXISTS (SELECT FROM made)
)
SELECT code, id FROM stored
"""


class Move(NamedTuple):
    """A code (normal form, without line breaks), who holds it since when, and its last instant."""

    code: str
    customer_id: int
    issued_at: datetime
    expires_at: datetime | None


class Moved(NamedTuple):
    """What came of a move: the coupon that it became; or `known`, which has the code; or why not.

    Reasons: 701 no such customer, 716 the code stood in an earlier move, 5001.
    """

    coupon_id: int | None = None
    known: Known | None = None
    reason: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What decides about moves: who there is, what has their codes, and what became of the rest."""

    holders: set[int]
    known: Mapping[str, Known]
    stored: Mapping[str, int]
    series_id: int


def move(moves: Sequence[Move], *, series: Series, origin_id: int) -> list[Moved]:
    """Stores a coupon for each move; one answer per move, in order.

    In the caller's transaction, which has the series from `changes.unchanging`. The number of SQL
    statements does not depend on the number of moves.
    """
    if not moves:
        return []
    holders = ledger.lock([Ask(series.pk, it.customer_id) for it in moves])
    known = pool.known(it.code for it in moves)
    wanted: dict[str, Move] = {}
    for it in moves:
        if it.customer_id in holders and is_open(known.get(it.code), series.pk):
            wanted.setdefault(it.code, it)
    stored, late = store_within_cap(list(wanted.values()), known, series, origin_id)
    if late:
        known |= pool.known(late)
        # Uploaded to this pool at that moment: they wait for a customer like any of it.
        again = [wanted[code] for code in late if is_open(known.get(code), series.pk)]
        stored |= store_within_cap(again, known, series, origin_id)[0]
    found = Found(holders, known, stored, series.pk)
    return [moved(it, found, is_first=wanted.get(it.code) is it) for it in moves]


def is_open(known: Known | None, series_id: int) -> bool:
    """Whether a code can be moved into the series: it is new, or waits there for a customer."""
    return known is None or (
        known.series_id == series_id and not known.is_issued and not known.is_revoked
    )


def moved(it: Move, found: Found, *, is_first: bool) -> Moved:
    known = found.known.get(it.code)
    if it.customer_id not in found.holders:
        return Moved(reason=ErrorCode.CUSTOMER)
    if it.code in found.stored:
        return Moved(found.stored[it.code]) if is_first else Moved(reason=ErrorCode.CODE_TWICE)
    if known and not is_open(known, found.series_id):
        return Moved(known=known)
    return Moved(reason=ErrorCode.MAX_CREATE)


def store_within_cap(
    moves: Sequence[Move], known: Mapping[str, Known], series: Series, origin_id: int
) -> tuple[dict[str, int], list[str]]:
    """Stores what `max_create` leaves room for, the first first.

    Returns the ids of what was stored, and the codes that somebody else took at that moment.
    """
    room = len(moves)
    if moves and series.max_create is not None:
        lock_free(free_ids(moves, known))
        room = ledger.claim({series.pk: room})[series.pk]
    tried = moves[:room]
    stored = store(tried, known, series, origin_id) if tried else {}
    late = [it.code for it in tried if it.code not in stored]
    if late and series.max_create is not None:
        ledger.give_back({series.pk: len(late)})
    return stored, late


def free_ids(moves: Sequence[Move], known: Mapping[str, Known]) -> list[int]:
    return [known[it.code].id for it in moves if it.code in known]


def lock_free(coupon_ids: Sequence[int]) -> None:
    """Before the counter of a capped series; otherwise that comes last by itself."""
    rows = Coupon.objects.filter(pk__in=coupon_ids).select_for_update(no_key=True)
    list(rows.order_by("pk").values_list("pk"))


def store(
    moves: Sequence[Move], known: Mapping[str, Known], series: Series, origin_id: int
) -> dict[str, int]:
    values = {
        "codes": "\n".join(it.code for it in moves),
        "customers": of_numbers(it.customer_id for it in moves),
        "issued": " ".join(stamp(it.issued_at) for it in moves),
        "ends": " ".join(stamp(it.expires_at) for it in moves),
        "free": of_numbers(free_ids(moves, known)),
        "series": series.pk,
        "origin": origin_id,
        "capped": series.max_create is not None,
        "pooled": series.client_handling_type == ClientHandling.DISC_CODE_PIN,
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
        return dict(cursor.fetchall())


def stamp(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""
