"""The only place that stores coupons: lock, read the facts, write. A handful of SQL statements.

Every statement takes arrays, so one ask and five thousand are the same statement. All of them
belong into the one transaction that `services.issue` opens.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from issuance.asks import Ask, Issued, Purpose
from issuance.catalogue import series_as_of
from series.models import Series

# Asks for the same customer wait for each other here; ascending ids, so nobody waits in a circle.
# The shared lock on each series holds off changes of the series until this transaction is over
# (`series.services` takes it exclusively), without making issuers wait for each other.
LOCK = """
WITH barrier AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(series_id) FROM unnest(%s::bigint[]) AS series_id
)
SELECT customer.id
FROM customers_customer AS customer, (SELECT count(*) FROM barrier) AS reached
WHERE customer.id = ANY(%s)
ORDER BY customer.id
FOR NO KEY UPDATE OF customer
"""

# A statement of its own: only a new snapshot shows what was committed while the locks were
# waited for.
FACTS = """
SELECT series.id, pair.customer_id, series.changed_at, series.max_create - series.num_issued,
       holding.held, holding.last_issued_at, holding.last_coupon_id,
       series.mutual_exclusive_series_ids <> '{}' AND EXISTS (
           SELECT FROM issuance_coupon AS other
           WHERE other.customer_id = pair.customer_id
             AND other.series_id = ANY(series.mutual_exclusive_series_ids)
             AND other.revoked_at IS NULL
       ),
       (SELECT id FROM issuance_origin WHERE digest = %s)
FROM unnest(%s::bigint[], %s::bigint[]) AS pair(series_id, customer_id)
JOIN series_series AS series ON series.id = pair.series_id
CROSS JOIN LATERAL (
    SELECT count(*) AS held, max(issued_at) AS last_issued_at, max(id) AS last_coupon_id
    FROM issuance_coupon AS coupon
    WHERE coupon.customer_id = pair.customer_id
      AND coupon.series_id = pair.series_id
      AND coupon.revoked_at IS NULL
) AS holding
"""

ORIGIN = """
INSERT INTO issuance_origin (digest, client_id, user_id, source, source_type, source_id,
                             source_activity, notes, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest
RETURNING id
"""

# A capped series is claimed after all else is decided, so its lock is held shortest. The row lock
# comes first: what is left is read from the newest row, and the update takes no more than that.
CLAIM = """
WITH wish AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS wish(series_id, wanted)
), free AS (
    SELECT id, max_create - num_issued AS remaining
    FROM series_series WHERE id IN (SELECT series_id FROM wish) ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE series_series AS series
SET num_issued = series.num_issued + LEAST(wish.wanted, free.remaining)
FROM wish JOIN free ON free.id = wish.series_id
WHERE series.id = free.id
RETURNING series.id, LEAST(wish.wanted, free.remaining)
"""

GIVE_BACK = """
UPDATE series_series AS series SET num_issued = num_issued - unused.count
FROM unnest(%s::bigint[], %s::bigint[]) AS unused(series_id, count)
WHERE series.id = unused.series_id
"""

TALLY = """
, tallied AS (
    INSERT INTO series_tally (series_id, at, issued, redeemed, counted)
    SELECT series_id, %(now)s, count(*), 0, series_id = ANY(%(capped)s)
    FROM stored GROUP BY series_id
)
SELECT series_id, customer_id, id, code, expires_at FROM stored
"""

# Sorted by code: it is faster, and two calls that make the same codes wait in one order.
STORE = f"""
WITH stored AS (
    INSERT INTO issuance_coupon (code, series_id, customer_id, shared, expires_at,
                                 origin_id, issued_at, redemption_count)
    SELECT code, series_id, customer_id, shared, expires_at, %(origin)s, %(now)s, 0
    FROM unnest(%(codes)s::text[], %(series)s::bigint[], %(customers)s::bigint[],
                %(shared)s::bool[], %(expiries)s::timestamptz[])
         AS wish(code, series_id, customer_id, shared, expires_at)
    ORDER BY code COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING series_id, customer_id, id, code, expires_at
)
{TALLY}
"""

# Uploaded codes: whoever comes at the same time skips what is being taken.
TAKE = f"""
WITH wish AS (
    SELECT *, row_number() OVER (PARTITION BY series_id) AS nth
    FROM unnest(%(series)s::bigint[], %(customers)s::bigint[], %(expiries)s::timestamptz[])
         AS wish(series_id, customer_id, expires_at)
), free AS MATERIALIZED (
    SELECT taken.id, wanted.series_id
    FROM (SELECT series_id, count(*) AS count FROM wish GROUP BY series_id) AS wanted
    CROSS JOIN LATERAL (
        SELECT id FROM issuance_coupon AS coupon
        WHERE coupon.series_id = wanted.series_id
          AND coupon.customer_id IS NULL AND coupon.revoked_at IS NULL
        ORDER BY id LIMIT wanted.count FOR UPDATE SKIP LOCKED
    ) AS taken
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY series_id ORDER BY id) AS nth FROM free
), stored AS (
    UPDATE issuance_coupon AS coupon
    SET customer_id = wish.customer_id, expires_at = wish.expires_at,
        origin_id = %(origin)s, issued_at = %(now)s
    FROM numbered JOIN wish USING (series_id, nth)
    WHERE coupon.id = numbered.id
    RETURNING coupon.series_id, coupon.customer_id, coupon.id, coupon.code, coupon.expires_at
)
{TALLY}
"""

UNEXPIRED = """
SELECT id, code, expires_at, redemption_count
FROM issuance_coupon
WHERE id = ANY(%s) AND (expires_at IS NULL OR expires_at >= %s)
"""

Pair = tuple[int, int]


@dataclass(slots=True)
class Holding:
    """What a customer holds of a series, counting unrevoked coupons only."""

    held: int
    last_issued_at: datetime | None
    last_coupon_id: int | None
    excluded: bool


@dataclass(frozen=True, slots=True)
class Book:
    """The facts behind a call: `left` is what a cap leaves of a series (None: no cap)."""

    series: Mapping[int, Series]
    left: dict[int, int | None]
    holdings: Mapping[Pair, Holding]
    origin_id: int


class Wish(NamedTuple):
    """A coupon to store: `code` is None where an uploaded one is to be taken."""

    series_id: int
    customer_id: int
    code: str | None
    shared: bool
    expires_at: datetime | None


WISH_COLUMNS = ("series", "customers", "codes", "shared", "expiries")


def lock(asks: Sequence[Ask]) -> None:
    """Make this transaction the only one that issues to these customers."""
    _rows(LOCK, [sorted({ask.series_id for ask in asks}), [ask.customer_id for ask in asks]])


def read(asks: Sequence[Ask], purpose: Purpose) -> Book:
    """The facts under the lock; pairs of an unknown series are missing in it."""
    pairs = list({(ask.series_id, ask.customer_id): None for ask in asks})
    digest = hashlib.sha256(repr(astuple(purpose)).encode()).digest()
    rows = _rows(FACTS, [digest, [pair[0] for pair in pairs], [pair[1] for pair in pairs]])
    return Book(
        series=series_as_of({row[0]: row[2] for row in rows}),
        left={row[0]: row[3] for row in rows},
        holdings={(row[0], row[1]): Holding(*row[4:8]) for row in rows},
        origin_id=rows[0][8] or _store_origin(digest, purpose) if rows else 0,
    )


def unexpired(coupon_ids: Iterable[int], now: datetime) -> dict[int, Issued]:
    """Those of the coupons that have not expired, by id."""
    wanted = list(coupon_ids)
    return {row[0]: Issued(*row) for row in _rows(UNEXPIRED, [wanted, now])} if wanted else {}


def claim(wanted: Mapping[int, int]) -> dict[int, int]:
    """Take up to `wanted` coupons of each capped series; returns how many it was."""
    return dict(_rows(CLAIM, [list(wanted), list(wanted.values())])) if wanted else {}


def give_back(unused: Mapping[int, int]) -> None:
    """Return what was claimed of capped series and found no code."""
    if unused:
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK, [list(unused), list(unused.values())])


def store(
    wishes: Sequence[Wish], *, origin_id: int, capped: Iterable[int], now: datetime
) -> list[tuple[Pair, Issued]]:
    """Store coupons; missing in the answer are codes not free, and uploaded ones not left."""
    shared_values = {"origin": origin_id, "capped": list(capped), "now": now}
    return [
        *_write(STORE, [wish for wish in wishes if wish.code is not None], shared_values),
        *_write(TAKE, [wish for wish in wishes if wish.code is None], shared_values),
    ]


def _write(
    statement: str, wishes: Sequence[Wish], shared_values: Mapping[str, Any]
) -> list[tuple[Pair, Issued]]:
    if not wishes:
        return []
    columns = zip(*wishes, strict=True)
    values = dict(zip(WISH_COLUMNS, map(list, columns), strict=True))
    return [((row[0], row[1]), Issued(*row[2:])) for row in _rows(statement, values | shared_values)]


def _store_origin(digest: bytes, purpose: Purpose) -> int:
    return _rows(ORIGIN, [digest, *astuple(purpose)])[0][0]


def _rows(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
