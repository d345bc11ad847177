"""The SQL of issuing. Nearly every statement takes arrays: one ask and five thousand are the same.

They belong into one transaction, in this order: LOCK, FACTS, CLAIM, then STORE or TAKE. Only LOOK
and ISSUE_ONE stand by themselves (issuance.express).
"""

from outbox.models import Kind
from outbox.sql import note_each

# Asks for the same customer wait for each other here; ascending ids, so nobody waits in a circle.
# The shared lock on each series holds off changes of the series until this transaction is over
# (`series.services` takes it exclusively), without making issuers wait for each other. It is asked
# for in a condition without columns, which is evaluated even where there is no row to lock.
LOCK = """
WITH barrier AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(series_id) FROM unnest(%s::bigint[]) AS series_id
)
SELECT customer.id
FROM customers_customer AS customer
WHERE customer.id = ANY(%s) AND customer.merged_into_id IS NULL
  AND (SELECT count(*) FROM barrier) >= 0
ORDER BY customer.id
FOR NO KEY UPDATE OF customer
"""

# What was revoked with its whole batch is not held any more.
HELD = """revoked_at IS NULL AND NOT (redemption_count = 0 AND EXISTS (
    SELECT FROM issuance_origin AS origin
    WHERE origin.id = coupon.origin_id AND origin.revoked_at IS NOT NULL
))"""

# A statement of its own: only a new snapshot shows what was committed while the locks were
# waited for. A row for each series, and for each of the customers who hold something that counts:
# of a batch for new customers that is nobody.
FACTS = f"""
SELECT series.id, (extract(epoch FROM series.changed_at) * 1000000)::bigint,
       series.max_create - series.num_issued,
       (SELECT id FROM issuance_origin WHERE digest = %s),
       holding.customer_id, holding.held,
       CASE WHEN series.min_days_between_vouchers > 0 THEN holding.last_issued_at END,
       holding.last_coupon_id, holding.excluded
FROM series_series AS series
LEFT JOIN LATERAL (
    SELECT customer_id,
           count(*) FILTER (WHERE series_id = series.id) AS held,
           max(issued_at) FILTER (WHERE series_id = series.id) AS last_issued_at,
           max(coupon.id) FILTER (WHERE series_id = series.id) AS last_coupon_id,
           bool_or(series_id = ANY(series.mutual_exclusive_series_ids)) AS excluded
    FROM issuance_coupon AS coupon
    WHERE customer_id = ANY(%s::bigint[])
      AND series_id = ANY(series.id || series.mutual_exclusive_series_ids)
      AND {HELD}
    GROUP BY customer_id
) AS holding ON true
WHERE series.id = ANY(%s::bigint[])
"""

ORIGIN = """
INSERT INTO issuance_origin (digest, client_id, user_id, source, source_type, source_id,
                             source_activity, notes, reason, batch_key)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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

TOLD = {
    "couponId": "stored.id",
    "code": "stored.code",
    "seriesId": "stored.series_id",
    "customerId": "stored.customer_id",
}
TALLY = f"""
, tallied AS (
    INSERT INTO series_tally (series_id, at, issued, redeemed, counted)
    SELECT series_id, %(now)s, count(*), 0, series_id = ANY(%(capped)s)
    FROM stored GROUP BY series_id
), noted AS ({note_each(Kind.ISSUED, "stored", TOLD)})
SELECT series_id, customer_id, id, code FROM stored
"""

# Sorted by code: it is faster, and two calls that make the same codes wait in one order.
STORE = f"""
WITH stored AS (
    INSERT INTO issuance_coupon (code, series_id, customer_id, shared, expires_at,
                                 origin_id, issued_at, redemption_count)
    SELECT wish.code, series_id, wish.customer_id, lot.shared, lot.expires_at,
           %(origin)s, %(now)s, 0
    FROM unnest(%(series)s::bigint[], %(customers)s::bigint[], string_to_array(%(codes)s, E'\\n'))
         AS wish(series_id, customer_id, code)
    JOIN unnest(%(lots)s::bigint[], %(shared)s::bool[], %(expiries)s::timestamptz[])
         AS lot(series_id, shared, expires_at) USING (series_id)
    ORDER BY wish.code COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING series_id, customer_id, id, code
)
{TALLY}
"""

# A customer holds a shared code once. One that was revoked with its whole batch is not held any
# more; written into the coupon itself, so that the unique index lets it be issued again.
LET_GO = """
UPDATE issuance_coupon AS coupon SET revoked_at = origin.revoked_at
FROM issuance_origin AS origin
WHERE coupon.series_id = ANY(%s::bigint[]) AND coupon.customer_id = ANY(%s::bigint[])
  AND coupon.shared AND coupon.revoked_at IS NULL AND coupon.redemption_count = 0
  AND origin.id = coupon.origin_id AND origin.revoked_at IS NOT NULL
"""

# Many made codes, in place of STORE: their ids are taken first, so nothing need be read back.
NEXT_IDS = "SELECT nextval('issuance_coupon_id_seq') FROM generate_series(1, %s)"

COPY = """
COPY issuance_coupon (code, id, series_id, customer_id, shared, expires_at, origin_id, issued_at,
                      redemption_count)
FROM STDIN (FORMAT binary)
"""
COPY_TYPES = [
    "text",
    "int8",
    "int8",
    "int8",
    "bool",
    "timestamptz",
    "int8",
    "timestamptz",
    "int4",
]

BY_ID = "(SELECT * FROM issuance_coupon WHERE id = ANY(%(ids)s::bigint[])) AS stored"

COUNT = f"""
WITH noted AS ({note_each(Kind.ISSUED, BY_ID, TOLD)})
INSERT INTO series_tally (series_id, at, issued, redeemed, counted)
SELECT series_id, %(now)s, issued, 0, series_id = ANY(%(capped)s)
FROM unnest(%(series)s::bigint[], %(issued)s::int[]) AS lot(series_id, issued)
"""

# Uploaded codes: whoever comes at the same time skips what is being taken.
TAKE = f"""
WITH wish AS (
    SELECT *, row_number() OVER (PARTITION BY series_id) AS nth
    FROM unnest(%(series)s::bigint[], %(customers)s::bigint[]) AS wish(series_id, customer_id)
), lot AS (
    SELECT lot.*, (SELECT count(*) FROM wish WHERE wish.series_id = lot.series_id) AS count
    FROM unnest(%(lots)s::bigint[], %(expiries)s::timestamptz[]) AS lot(series_id, expires_at)
), free AS MATERIALIZED (
    SELECT taken.id, lot.series_id, lot.expires_at
    FROM lot CROSS JOIN LATERAL (
        SELECT id FROM issuance_coupon AS coupon
        WHERE coupon.series_id = lot.series_id
          AND coupon.customer_id IS NULL AND coupon.revoked_at IS NULL
        ORDER BY id LIMIT lot.count FOR UPDATE SKIP LOCKED
    ) AS taken
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY series_id ORDER BY id) AS nth FROM free
), stored AS (
    UPDATE issuance_coupon AS coupon
    SET customer_id = wish.customer_id, expires_at = numbered.expires_at,
        origin_id = %(origin)s, issued_at = %(now)s
    FROM numbered JOIN wish USING (series_id, nth)
    WHERE coupon.id = numbered.id
    RETURNING coupon.series_id, coupon.customer_id, coupon.id, coupon.code
)
{TALLY}
"""

# What a batch was prolonged to counts where it is later than a coupon's own end.
EXPIRES_AT = """
CASE WHEN coupon.expires_at IS NOT NULL THEN GREATEST(coupon.expires_at, origin.expires_at) END
"""

# A batch's one row decides about all of its coupons (issuance.models.Origin).
REVOKED_AT = """COALESCE(
    coupon.revoked_at, CASE WHEN coupon.redemption_count = 0 THEN origin.revoked_at END
)"""

UNEXPIRED = f"""
SELECT * FROM (
    SELECT coupon.id, coupon.code, {EXPIRES_AT} AS expires_at, coupon.redemption_count
    FROM issuance_coupon AS coupon LEFT JOIN issuance_origin AS origin ON origin.id = origin_id
    WHERE coupon.id = ANY(%s)
) AS held
WHERE expires_at IS NULL OR expires_at >= %s
"""

# Of one customer and one series, before any lock: the facts, and the id of a coupon to come.
LOOK = f"""
SELECT {{customer}}, (extract(epoch FROM series.changed_at) * 1000000)::bigint AS version,
       series.max_create - series.num_issued AS remaining, origin.id AS origin_id,
       nextval('issuance_coupon_id_seq') AS coupon_id, holding.*
FROM issuance_origin AS origin, customers_customer AS customer, series_series AS series, LATERAL (
    SELECT count(*) FILTER (WHERE series_id = series.id) AS held,
           max(issued_at) FILTER (WHERE series_id = series.id) AS last_issued_at,
           max(coupon.id) FILTER (WHERE series_id = series.id) AS last_coupon_id,
           coalesce(bool_or(series_id = ANY(series.mutual_exclusive_series_ids)), false) AS excluded
    FROM issuance_coupon AS coupon
    WHERE customer_id = customer.id
      AND series_id = ANY(series.id || series.mutual_exclusive_series_ids)
      AND {HELD}
) AS holding
WHERE origin.digest = %s AND {{named}} AND customer.merged_into_id IS NULL AND series.id = %s
"""

ISSUE_ONE = """
SELECT issuance_issue_one(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
