"""The only place that stores coupons: lock, read the facts, write.

A handful of SQL statements (`issuance.statements`), whatever the number of asks. All of them
belong into the one transaction that `services.issue` opens.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from issuance.asks import Ask, Issued, Purpose
from issuance.catalogue import series_as_of
from issuance.statements import CLAIM, FACTS, GIVE_BACK, LOCK, ORIGIN, STORE, TAKE, UNEXPIRED
from series.models import Series

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


class Lot(NamedTuple):
    """Coupons of one series to store, one for each entry of `customers`.

    `codes` are made ones, one for each, or None where uploaded ones are to be taken.
    """

    series_id: int
    shared: bool
    expires_at: datetime | None
    customers: list[int]
    codes: list[str] | None


def lock(asks: Sequence[Ask]) -> set[int]:
    """Make this transaction the only one that issues to these customers; returns who there is."""
    series = sorted({ask.series_id for ask in asks})
    rows = _rows(LOCK, [_array(series), _array(ask.customer_id for ask in asks)])
    return {row[0] for row in rows}


def read(asks: Sequence[Ask], purpose: Purpose) -> Book:
    """The facts under the lock; pairs of an unknown series are missing in it."""
    pairs = list({(ask.series_id, ask.customer_id): None for ask in asks})
    rows = _rows(FACTS, [_digest(purpose), *map(_array, zip(*pairs, strict=True))])
    return Book(
        series=series_as_of({row[0]: row[2] for row in rows}),
        left={row[0]: row[3] for row in rows},
        holdings={(row[0], row[1]): Holding(*row[4:8]) for row in rows},
        origin_id=rows[0][8] or store_origin(purpose) if rows else 0,
    )


def store_origin(purpose: Purpose) -> int:
    """The id of the one Origin of this purpose."""
    return _rows(ORIGIN, [_digest(purpose), *purpose])[0][0]


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
    lots: Sequence[Lot], *, origin_id: int, capped: Iterable[int], now: datetime
) -> list[tuple[Pair, Issued]]:
    """Store coupons; missing in the answer are codes not free, and uploaded ones not left."""
    constants = {"origin": origin_id, "capped": list(capped), "now": now}
    return [
        *_write(STORE, [lot for lot in lots if lot.codes is not None], constants),
        *_write(TAKE, [lot for lot in lots if lot.codes is None], constants),
    ]


def _write(
    statement: str, lots: Sequence[Lot], constants: Mapping[str, Any]
) -> list[tuple[Pair, Issued]]:
    if not lots:
        return []
    expiries = {lot.series_id: lot.expires_at for lot in lots}
    values = {
        "lots": list(expiries),
        "expiries": list(expiries.values()),
        "shared": [lot.shared for lot in lots],
        "series": _array(lot.series_id for lot in lots for _ in lot.customers),
        "customers": _array(customer for lot in lots for customer in lot.customers),
        "codes": "\n".join(code for lot in lots for code in lot.codes or ()),
    }
    rows = _rows(statement, values | constants)
    return [((row[0], row[1]), Issued(row[2], row[3], expiries[row[0]])) for row in rows]


def _array(numbers: Iterable[int]) -> str:
    """A PostgreSQL array; written here, because psycopg takes ten times longer for a long one."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _digest(purpose: Purpose) -> bytes:
    return hashlib.sha256(repr(purpose).encode()).digest()


def _rows(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
