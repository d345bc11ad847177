"""Folding: what transactions tallied goes into the counters of series and days, once and exactly.

One statement takes tallies, adds them up and deletes them, so a crash leaves them as they were.
Rows are locked tallies first, then series by ascending id as issuing does it: nobody waits in a
circle.
"""

import logging

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from series.models import Tally

logger = logging.getLogger(__name__)
CHUNK = 5_000

# Some other process may be folding, too: it has the rows that are skipped.
SOME = "SELECT id FROM series_tally ORDER BY id LIMIT %(chunk)s FOR UPDATE SKIP LOCKED"
# Whoever changes a series needs all of its tallies in the counter and waits for those.
ALL_OF_ONE = "SELECT id FROM series_tally WHERE series_id = %(series_id)s FOR UPDATE"

FOLD = """
WITH taken AS (
    DELETE FROM series_tally WHERE id IN ({tallies})
    RETURNING series_id, at, issued, redeemed, counted, discount, sales
), total AS (
    SELECT series_id,
           coalesce(sum(issued) FILTER (WHERE NOT counted), 0) AS issued,
           coalesce(sum(redeemed) FILTER (WHERE NOT counted), 0) AS redeemed,
           max(at) FILTER (WHERE issued > 0) AS latest_issued_at,
           max(at) FILTER (WHERE redeemed > 0) AS latest_redeemed_at
    FROM taken GROUP BY series_id
), locked AS (
    SELECT id FROM series_series WHERE id IN (SELECT series_id FROM total) ORDER BY id
    FOR NO KEY UPDATE
), counted AS (
    UPDATE series_series AS series
    SET num_issued = series.num_issued + total.issued,
        num_redeemed = series.num_redeemed + total.redeemed,
        latest_issued_at = greatest(series.latest_issued_at, total.latest_issued_at),
        latest_redeemed_at = greatest(series.latest_redeemed_at, total.latest_redeemed_at)
    FROM locked JOIN total ON total.series_id = locked.id
    WHERE series.id = locked.id
), by_day AS (
    INSERT INTO series_seriesday AS day (series_id, day, issued, redeemed, discount, sales)
    SELECT series_id, (at AT TIME ZONE %(zone)s::text)::date, sum(issued), sum(redeemed),
           sum(discount), sum(sales)
    FROM taken GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (series_id, day) DO UPDATE
    SET issued = day.issued + excluded.issued, redeemed = day.redeemed + excluded.redeemed,
        discount = day.discount + excluded.discount, sales = day.sales + excluded.sales
)
SELECT count(*) FROM taken
"""


def fold_tallies() -> int:
    """Fold all tallies, a chunk per transaction; returns how many there were."""
    folded = 0
    while True:
        try:
            with transaction.atomic():
                taken = fold(SOME, chunk=CHUNK)
        except IntegrityError:
            return folded + fold_each_series()
        folded += taken
        if taken < CHUNK:
            return folded


def fold_each_series() -> int:
    """Fold series by series, so that one that cannot be folded does not hold up the others."""
    folded = 0
    for series_id in Tally.objects.order_by().values_list("series_id", flat=True).distinct():
        try:
            with transaction.atomic():
                folded += fold(ALL_OF_ONE, series_id=series_id)
        except IntegrityError:
            logger.exception("The tallies of series %s break a limit", series_id)
    return folded


def fold_tallies_of(series_id: int) -> None:
    """Fold the tallies of one series, in the caller's transaction."""
    fold(ALL_OF_ONE, series_id=series_id)


def fold(tallies: str, **values: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(FOLD.format(tallies=tallies), {"zone": settings.TIME_ZONE, **values})
        return int(cursor.fetchone()[0])
