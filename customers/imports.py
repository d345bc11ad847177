"""Customers by the thousand: created or updated by their identifiers, a few statements for all."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

Row = dict[str, Any]

KEYS = ("mobile", "email", "external_id")
DIFFERENT = "The identifiers are those of different customers: {}"

# In order of their ids, so nobody waits in a circle.
MATCH = """
SELECT id, mobile, email, external_id FROM customers_customer
WHERE mobile = ANY(%s::text[]) OR email = ANY(%s::text[]) OR external_id = ANY(%s::text[])
ORDER BY id FOR UPDATE
"""

COLUMNS = """
unnest(%(ids)s::bigint[], %(mobile)s::text[], %(email)s::text[], %(external_id)s::text[],
       %(first_name)s::text[], %(last_name)s::text[], %(fields)s::text[])
    AS given(id, mobile, email, external_id, first_name, last_name, fields)
"""

UPDATE = f"""
UPDATE customers_customer AS customer SET
    mobile = COALESCE(given.mobile, customer.mobile),
    email = COALESCE(given.email, customer.email),
    external_id = COALESCE(given.external_id, customer.external_id),
    first_name = COALESCE(given.first_name, customer.first_name),
    last_name = COALESCE(given.last_name, customer.last_name),
    fields = customer.fields || given.fields::jsonb,
    updated_at = %(now)s
FROM {COLUMNS}
WHERE customer.id = given.id
"""

INSERT = f"""
INSERT INTO customers_customer (mobile, email, external_id, first_name, last_name, fields,
                                registered_at, updated_at)
SELECT mobile, email, external_id, COALESCE(first_name, ''), COALESCE(last_name, ''),
       fields::jsonb, %(now)s, %(now)s
FROM {COLUMNS}
RETURNING id, mobile, email, external_id
"""


class Stored(NamedTuple):
    """What came of a row: the customer, or why there is none."""

    customer_id: int | None
    is_new: bool = False
    refusal: str = ""


def store_many(rows: Sequence[Row], *, now: datetime) -> list[Stored]:
    """Creates or updates a customer for each row, in order; belongs into a transaction.

    A row has normalised identifiers, at least one, and may have `first_name`, `last_name` and
    `fields`; what it leaves out stays as it is. Raises IntegrityError when somebody else stores
    one of the identifiers at the same moment.
    """
    results: dict[int, Stored] = {}
    waiting = list(range(len(rows)))
    while waiting:
        waiting = store_round(rows, waiting, results, now)
    return [results[at] for at in range(len(rows))]


def store_round(
    rows: Sequence[Row], waiting: Iterable[int], results: dict[int, Stored], now: datetime
) -> list[int]:
    """Stores those that share nothing with a row before them; returns the others."""
    owners = owners_of(rows[at] for at in waiting)
    taken: set[Any] = set()
    updates, inserts, later = [], [], []
    for at in waiting:
        identifiers = set(identifiers_of(rows[at]))
        customers = {owners[it] for it in identifiers if it in owners}
        if not taken.isdisjoint(identifiers | customers):
            later.append(at)
        elif len(customers) > 1:
            ids = ", ".join(map(str, sorted(customers)))
            results[at] = Stored(None, refusal=DIFFERENT.format(ids))
        elif customers:
            results[at] = Stored(*customers)
            updates.append(at)
        else:
            inserts.append(at)
        taken |= identifiers | customers
    update([(results[at].customer_id, rows[at]) for at in updates], now)
    for at, pk in zip(inserts, insert([rows[at] for at in inserts], now), strict=True):
        results[at] = Stored(pk, is_new=True)
    return later


def owners_of(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """The customers that have one of the rows' identifiers, locked."""
    wanted: dict[str, list[str]] = {key: [] for key in KEYS}
    for row in rows:
        for key, value in identifiers_of(row):
            wanted[key].append(value)
    with connection.cursor() as cursor:
        cursor.execute(MATCH, list(wanted.values()))
        found = cursor.fetchall()
    return {pair: row[0] for row in found for pair in zip(KEYS, row[1:], strict=True)}


def identifiers_of(row: Row) -> Iterator[tuple[str, str]]:
    return ((key, row[key]) for key in KEYS if row.get(key) is not None)


def update(pairs: Sequence[tuple[int | None, Row]], now: datetime) -> None:
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, columns([pk for pk, _ in pairs], [row for _, row in pairs], now))


def insert(rows: Sequence[Row], now: datetime) -> list[int]:
    """The new ids, in the order of the rows."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(INSERT, columns([None] * len(rows), rows, now))
        ids = {row[1:]: row[0] for row in cursor.fetchall()}
    return [ids[tuple(row.get(key) for key in KEYS)] for row in rows]


def columns(ids: Sequence[int | None], rows: Sequence[Row], now: datetime) -> dict[str, Any]:
    values = {key: [row.get(key) for row in rows] for key in (*KEYS, "first_name", "last_name")}
    fields = [json.dumps(row.get("fields") or {}) for row in rows]
    return values | {"ids": list(ids), "fields": fields, "now": now}
