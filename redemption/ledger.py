"""The only place that stores redemptions and holds: locate, lock, read the facts, write.

Every statement takes arrays, so one code and fifty are the same statement. Locks are taken in one
order by everybody: series (shared), customers by id, coupons by id, and the rows of capped series
by id; those last, because every till of a series waits there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from issuance.catalogue import series_as_of
from redemption import sql
from redemption.asks import Card, Finding, Held, Past, Redeemed, Visit
from redemption.merged import CustomerMerged
from series.models import Series


class Entry(NamedTuple):
    """What a redemption or a hold stores; the columns of `sql.STORE` in order.

    `redeemed_at`: when it was, which a till may tell later; None of a hold.
    """

    coupon_id: int
    series_id: int
    customer_id: int | None
    client_id: int | None
    transaction_number: str
    bill_amount: Decimal
    discount: Decimal
    store_id: int | None
    till_id: int | None
    hold_id: int | None = None
    redeemed_at: datetime | None = None

    @property
    def amounts(self) -> tuple[Decimal, Decimal, int | None]:
        return self.bill_amount, self.discount, self.customer_id


def findings(
    codes: Sequence[str], visit: Visit, *, now: datetime, locked: bool
) -> dict[str, Finding]:
    """What is known of each code that is a coupon's; `locked`: and nobody changes it meanwhile.

    Raises CustomerMerged, when locked.
    """
    located = _rows(sql.LOCATE, {"codes": list(codes), "customer": visit.customer_id})
    if not located:
        return {}
    coupons = {coupon_id: code for code, coupon_id, _ in located}
    if locked and lock(coupons, {row[2] for row in located}, {visit.customer_id}):
        raise CustomerMerged
    values = {
        "coupons": list(coupons),
        "customer": visit.customer_id,
        "client": visit.client_id,
        "transaction": visit.transaction_number,
        "at": visit.at,
        "now": now,
    }
    rows = _rows(sql.FACTS, values)
    series = series_as_of({row[8]: row[9] for row in rows})
    return {coupons[row[0]]: finding(row, series[row[8]]) for row in rows}


def finding(row: Sequence[Any], series: Series) -> Finding:
    redeemed, held = row[18:25], row[25:]
    return Finding(
        series,
        Card(*row[:8]),
        Past(*row[11:18]),
        row[10],
        Redeemed(*redeemed) if redeemed[0] is not None else None,
        Held(*held) if held[0] is not None else None,
    )


def lock(
    coupon_ids: Iterable[int], series_ids: Iterable[int], customer_ids: Iterable[int | None]
) -> list[int]:
    """Make this transaction the only one that uses these coupons, and these customers' limits.

    Returns those of the customers who are another one by now.
    """
    values = {
        "series": sorted(series_ids),
        "customers": [pk for pk in customer_ids if pk is not None],
        "coupons": sorted(coupon_ids),
    }
    return _rows(sql.LOCK, values)[0][0]


def room(series_ids: Iterable[int], *, now: datetime, but: Sequence[int] = ()) -> dict[int, int]:
    """What `max_redeem` leaves of each capped series, which stays so until the transaction ends.

    Holds count, except those in `but`.
    """
    ids = sorted(series_ids)
    if not ids:
        return {}
    _rows(sql.LOCK_SERIES, {"series": ids})
    return dict(_rows(sql.ROOM, {"series": ids, "now": now, "but": list(but)}))


def store(
    entries: Sequence[Entry], *, capped: Iterable[int], now: datetime
) -> list[tuple[int, int, int | None]]:
    """Store redemptions, and close the holds that they come from.

    Returns (redemption, coupon, hold) ids.
    """
    values = columns(entries) | {"capped": list(capped), "now": now}
    return [(row[0], row[1], row[2]) for row in _rows(sql.STORE, values)]


def store_holds(entries: Sequence[Entry], *, expires_at: datetime, now: datetime) -> dict[int, int]:
    """Store holds; returns their ids by coupon. Expired ones of the same coupons make room."""
    values = columns(entries) | {"now": now, "expires_at": expires_at}
    with connection.cursor() as cursor:
        cursor.execute(sql.FREE, {"coupons": values["coupon_id"], "now": now})
    return dict(_rows(sql.STORE_HOLDS, values))


def columns(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    return dict(zip(Entry._fields, map(list, zip(*entries, strict=True)), strict=True))


class KeptHold(NamedTuple):
    """A hold as it is now, with what decides about committing it."""

    entry: Entry
    code: str
    series: Series
    expires_at: datetime
    released_at: datetime | None
    revoked_at: datetime | None
    redeemed: Redeemed | None

    @property
    def was_cancelled(self) -> bool:
        """One that ended by itself is released, if at all, as of its end."""
        return self.released_at is not None and self.released_at < self.expires_at


def holds(hold_ids: Sequence[int], *, client_id: int) -> dict[int, KeptHold]:
    """Those of the holds that are this client's, by id; nobody changes them meanwhile.

    Raises CustomerMerged.
    """
    values = {"holds": list(hold_ids), "client": client_id}
    rows = _read_locked(sql.HOLDS, values)
    series = series_as_of({row[1]: row[11] for row in rows})
    return {row[9]: kept_hold(row, series[row[1]]) for row in rows}


def kept_hold(row: Sequence[Any], series: Series) -> KeptHold:
    redeemed = Redeemed(*row[15:]) if row[15] is not None else None
    return KeptHold(Entry(*row[:10]), row[10], series, *row[12:15], redeemed)


def release(hold_ids: Sequence[int], *, now: datetime) -> None:
    """End holds that are open."""
    with connection.cursor() as cursor:
        cursor.execute(sql.RELEASE, {"holds": list(hold_ids), "now": now})


def release_expired(*, now: datetime) -> int:
    """Note of holds that they ended by themselves; how many it was, at most 10,000."""
    with connection.cursor() as cursor:
        cursor.execute(sql.FREE_SOME, {"now": now})
        return cursor.rowcount


class Kept(NamedTuple):
    """A redemption as it is now, with what matters for reversing it."""

    coupon_id: int
    series_id: int
    customer_id: int | None
    id: int
    code: str
    capped: bool
    reversed_at: datetime | None
    reason: str


def redemptions(redemption_ids: Sequence[int]) -> dict[int, Kept]:
    """The redemptions by id; nobody changes them or their coupons meanwhile.

    Raises CustomerMerged.
    """
    rows = _read_locked(sql.REDEMPTIONS, {"redemptions": list(redemption_ids)})
    kept = [Kept(*row) for row in rows]
    capped = sorted({one.series_id for one in kept if one.capped})
    if capped:
        _rows(sql.LOCK_SERIES, {"series": capped})
    return {one.id: one for one in kept}


def undo(
    wanted: Sequence[Kept],
    *,
    client_id: int | None,
    user_id: int | None,
    reason: str,
    now: datetime,
) -> None:
    """Reverse redemptions, counters included."""
    values = {
        "redemptions": [one.id for one in wanted],
        "capped": [one.series_id for one in wanted if one.capped],
        "client": client_id,
        "user": user_id,
        "reason": reason,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.UNDO, values)


def _read_locked(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows that begin with their coupon, series and customer, read again under these' locks."""
    found = _rows(statement, values)
    coupons, series, customers = ({row[place] for row in found} for place in range(3))
    lock(coupons, series, customers)
    rows = _rows(statement, values)
    if not customers.issuperset(row[2] for row in rows):
        raise CustomerMerged
    return rows


def _rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
