"""The only place that stores coupons: lock, read the facts, write.

A handful of SQL statements (`issuance.statements`), whatever the number of asks. All of them
belong into the one transaction that `services.issue` opens.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction

from couponadmin.arrays import of_numbers
from issuance.asks import Ask, Issued, Purpose
from issuance.catalogue import series_as_of
from issuance.statements import (
    CLAIM,
    COPY,
    COPY_TYPES,
    COUNT,
    FACTS,
    GIVE_BACK,
    LET_GO,
    LOCK,
    NEXT_IDS,
    ORIGIN,
    STORE,
    TAKE,
    UNEXPIRED,
)
from series.models import Series

Pair = tuple[int, int]

# Of so many made codes COPY takes half of STORE's time, though some statements more.
MANY = 1_000


class Holding(NamedTuple):
    """What a customer holds of a series, counting unrevoked coupons only."""

    held: int
    last_issued_at: datetime | None
    last_coupon_id: int | None
    excluded: bool


NOTHING = Holding(0, None, None, False)


@dataclass(frozen=True, slots=True)
class Book:
    """The facts behind a call: `left` is what a cap leaves of a series (None: no cap)."""

    series: Mapping[int, Series]
    left: dict[int, int | None]
    holdings: dict[Pair, Holding]
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


# For each entry of a lot's `customers` the coupon, or None where no code was free or left.
Stored = list[Issued | None]


def lock(asks: Sequence[Ask]) -> set[int]:
    """Make this transaction the only one that issues to these customers; returns who there is."""
    series = sorted({ask.series_id for ask in asks})
    rows = _rows(LOCK, [of_numbers(series), of_numbers(ask.customer_id for ask in asks)])
    return {row[0] for row in rows}


def read(asks: Sequence[Ask], purpose: Purpose) -> Book:
    """The facts under the lock; a pair that is missing in it holds nothing."""
    series = of_numbers({ask.series_id for ask in asks})
    customers = of_numbers({ask.customer_id for ask in asks})
    rows = _rows(FACTS, [digest(purpose), customers, series])
    return Book(
        series=series_as_of({row[0]: row[1] for row in rows}),
        left={row[0]: row[2] for row in rows},
        holdings={(row[0], row[4]): Holding(*row[5:]) for row in rows if row[4] is not None},
        origin_id=rows[0][3] or store_origin(purpose) if rows else 0,
    )


def store_origin(purpose: Purpose) -> int:
    """The id of the one Origin of this purpose."""
    return _rows(ORIGIN, [digest(purpose), *purpose])[0][0]


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
) -> dict[int, Stored]:
    """Store coupons; what became of each lot, by its series."""
    constants = {"origin": origin_id, "capped": list(capped), "now": now}
    return {
        **_store_made([lot for lot in lots if lot.codes is not None], constants),
        **_write(TAKE, [lot for lot in lots if lot.codes is None], constants),
    }


def _store_made(lots: Sequence[Lot], constants: Mapping[str, Any]) -> dict[int, Stored]:
    """COPY where it pays, and nobody has one of the codes, which is nearly always so."""
    shared = [lot for lot in lots if lot.shared]
    if shared:
        _let_go(shared)
    if shared or sum(len(lot.customers) for lot in lots) < MANY:
        return _write(STORE, lots, constants)
    try:
        with transaction.atomic():
            return _copy(lots, constants)
    except IntegrityError:
        return _write(STORE, lots, constants)


def _let_go(lots: Iterable[Lot]) -> None:
    series = of_numbers(lot.series_id for lot in lots)
    customers = of_numbers(customer for lot in lots for customer in lot.customers)
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, [series, customers])


def _copy(lots: Sequence[Lot], constants: Mapping[str, Any]) -> dict[int, Stored]:
    ids = iter(_rows(NEXT_IDS, [sum(len(lot.customers) for lot in lots)]))
    stored = {lot.series_id: [next(ids)[0] for _ in lot.customers] for lot in lots}
    for lot in lots:
        _copy_lot(lot, stored[lot.series_id], constants)
    values = {
        "series": of_numbers(lot.series_id for lot in lots),
        "issued": of_numbers(len(lot.customers) for lot in lots),
        "ids": of_numbers(pk for ids in stored.values() for pk in ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values | constants)
    return {
        lot.series_id: list(map(Issued, stored[lot.series_id], lot.codes, repeat(lot.expires_at)))
        for lot in lots
    }


def _copy_lot(lot: Lot, ids: Sequence[int], constants: Mapping[str, Any]) -> None:
    same = (False, lot.expires_at, constants["origin"], constants["now"], 0)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(COPY_TYPES)
        for code, pk, customer in sorted(zip(lot.codes, ids, lot.customers, strict=True)):
            copy.write_row((code, pk, lot.series_id, customer, *same))


def _write(statement: str, lots: Sequence[Lot], constants: Mapping[str, Any]) -> dict[int, Stored]:
    if not lots:
        return {}
    values = {
        "lots": [lot.series_id for lot in lots],
        "expiries": [lot.expires_at for lot in lots],
        "shared": [lot.shared for lot in lots],
        "series": of_numbers(lot.series_id for lot in lots for _ in lot.customers),
        "customers": of_numbers(customer for lot in lots for customer in lot.customers),
        "codes": "\n".join(code for lot in lots for code in lot.codes or ()),
    }
    found: dict[Pair, list[tuple[int, str]]] = defaultdict(list)
    for series_id, customer_id, pk, code in _rows(statement, values | constants):
        found[series_id, customer_id].append((pk, code))
    return {
        lot.series_id: [_next(found, lot, customer) for customer in lot.customers] for lot in lots
    }


def _next(found: Mapping[Pair, list[tuple[int, str]]], lot: Lot, customer_id: int) -> Issued | None:
    coupons = found[lot.series_id, customer_id]
    return Issued(*coupons.pop(0), lot.expires_at) if coupons else None


def digest(purpose: Purpose) -> bytes:
    return hashlib.sha256(repr(purpose).encode()).digest()


def _rows(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
