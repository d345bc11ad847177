"""Uploaded codes: put into the pool of their series, from which `ledger` takes them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from issuance.models import Coupon
from issuance.statements import REVOKED_AT
from series.models import Series

# Sorted as the ledger does it, so two uploads of the same codes wait in one order.
UPLOAD = """
WITH stored AS (
    INSERT INTO issuance_coupon (code, series_id, shared, origin_id, redemption_count)
    SELECT code, %(series)s, false, %(origin)s, 0
    FROM unnest(string_to_array(%(codes)s, E'\\n')) AS code
    ORDER BY code COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING id, code
), counted AS (
    UPDATE series_series SET num_uploaded_total = num_uploaded_total + (SELECT count(*) FROM stored)
    WHERE id = %(series)s AND EXISTS (SELECT FROM stored)
)
SELECT code, id FROM stored
"""

FIND = f"""
SELECT code, coupon.id, series_id, origin_id, customer_id, issued_at IS NOT NULL,
       {REVOKED_AT} IS NOT NULL
FROM issuance_coupon AS coupon LEFT JOIN issuance_origin AS origin ON origin.id = coupon.origin_id
WHERE code = ANY(string_to_array(%s, E'\\n')) AND NOT shared
"""

# Should a counter be wrong, it must not stand in the way of revoking.
TAKE_OUT = """
WITH gone AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS gone(series_id, count)
), counter AS (
    SELECT id FROM series_series WHERE id IN (SELECT series_id FROM gone) ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE series_series AS series
SET num_uploaded_total = greatest(series.num_uploaded_total - gone.count, 0)
FROM counter JOIN gone ON gone.series_id = counter.id
WHERE series.id = counter.id
"""


class Known(NamedTuple):
    """A code that exists already; `is_revoked`: by itself, or with its batch."""

    id: int
    series_id: int
    origin_id: int | None
    customer_id: int | None
    is_issued: bool
    is_revoked: bool


def lock_counter(series_id: int) -> None:
    """Locks the series, if it is capped; otherwise its row comes last, as it does in `moving`."""
    capped = Series.objects.filter(pk=series_id, max_create__isnull=False)
    list(capped.select_for_update(no_key=True).values_list("pk"))


def take_out(coupons: Iterable[Coupon]) -> None:
    """Free codes among the coupons, which were revoked, are not left any more.

    What is left of a pool is what was uploaded less what was issued. The counters come after the
    coupons, which are locked, as they do when a coupon is redeemed.
    """
    gone = Counter(coupon.series_id for coupon in coupons if coupon.customer_id is None)
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(TAKE_OUT, [list(gone), list(gone.values())])


def upload(codes: Sequence[str], *, series_id: int, origin_id: int) -> dict[str, int]:
    """Stores free codes (normal form, without line breaks); returns the ids of those stored.

    What is missing in the answer exists already. Locks the counter of a capped series before the
    codes, as `ledger` and `moving` do with new ones.
    """
    if not codes:
        return {}
    lock_counter(series_id)
    values = {"codes": "\n".join(codes), "series": series_id, "origin": origin_id}
    with connection.cursor() as cursor:
        cursor.execute(UPLOAD, values)
        return dict(cursor.fetchall())


def known(codes: Iterable[str]) -> dict[str, Known]:
    """Those of the codes (normal form, without line breaks) that exist, whosever they are."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, ["\n".join(codes)])
        return {row[0]: Known(*row[1:]) for row in cursor.fetchall()}


def free_codes(series_id: int) -> int:
    """How many uploaded codes of a series wait for a customer."""
    return Coupon.objects.filter(
        series_id=series_id, customer__isnull=True, revoked_at__isnull=True
    ).count()
