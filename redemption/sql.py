"""The statements of `redemption.ledger`. Those that look back at redemptions count holds, too."""

from issuance.statements import EXPIRES_AT, REVOKED_AT
from outbox.models import Kind
from outbox.sql import note_each

# An uploaded code is nobody's until it is issued. A GENERIC code is the customer's own coupon
# where there is one, else the row that stands for the code itself.
LOCATE = """
SELECT wish.code, COALESCE(own.id, base.id), base.series_id
FROM unnest(%(codes)s::text[]) AS wish(code)
JOIN issuance_coupon AS base ON base.code = wish.code AND NOT base.shared
JOIN series_series AS series ON series.id = base.series_id
LEFT JOIN LATERAL (
    SELECT coupon.id FROM issuance_coupon AS coupon
    WHERE series.generic_code = base.code AND coupon.customer_id = %(customer)s::bigint
      AND coupon.series_id = base.series_id AND coupon.shared
    ORDER BY coupon.revoked_at IS NOT NULL, coupon.id DESC
    LIMIT 1
) AS own ON true
WHERE base.customer_id IS NOT NULL OR series.generic_code = base.code
"""

# The shared lock holds off changes of the series (`series.services` takes it exclusively). It is
# asked for in a condition without columns, which is evaluated even where no row is there to lock.
# A customer who was waited for is read as of then, so it tells whether they were merged meanwhile.
LOCK = """
WITH barrier AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(series_id)
    FROM unnest(%(series)s::bigint[]) AS series_id
), customer AS MATERIALIZED (
    SELECT customer.id, customer.merged_into_id FROM customers_customer AS customer
    WHERE customer.id = ANY(%(customers)s::bigint[]) AND (SELECT count(*) FROM barrier) >= 0
    ORDER BY customer.id
    FOR NO KEY UPDATE OF customer
), coupon AS MATERIALIZED (
    SELECT coupon.id FROM issuance_coupon AS coupon
    WHERE coupon.id = ANY(%(coupons)s::bigint[]) AND (SELECT count(*) FROM customer) >= 0
    ORDER BY coupon.id
    FOR NO KEY UPDATE OF coupon
)
SELECT ARRAY(SELECT id FROM customer WHERE merged_into_id IS NOT NULL), count(*) FROM coupon
"""

VERSION = "(extract(epoch FROM series.changed_at) * 1000000)::bigint"
OPEN = "hold.committed_at IS NULL AND hold.released_at IS NULL"
RUNNING = f"{OPEN} AND hold.expires_at > %(now)s"

# A statement of its own: only a new snapshot shows what was committed while the locks were
# waited for. `|| ''` and `+ 0` keep the planner from an index that fits only while tables are
# young: a customer's rows and a coupon's are few, a transaction number's and a series' are not.
FACTS = f"""
SELECT coupon.id, coupon.code, coupon.customer_id, coupon.issued_at, {EXPIRES_AT},
       coupon.redemption_count, {REVOKED_AT}, origin.paused_at,
       series.id, {VERSION},
       CASE WHEN series.max_redeem IS NOT NULL THEN
           series.max_redeem - series.num_redeemed - (
               SELECT count(*) FROM redemption_hold AS hold
               WHERE hold.series_id = series.id AND {RUNNING}
           )
       END,
       on_hold.count, on_hold.until, mine.by_customer, mine.in_series, mine.last_in_series,
       mine.next_in_series,
       CASE WHEN series.valid_max_user_transaction_limit > 0 THEN (
           SELECT count(DISTINCT COALESCE(NULLIF(past.transaction_number, ''), past.id::text))
           FROM redemption_redemption AS past
           WHERE past.customer_id = %(customer)s::bigint AND past.reversed_at IS NULL
       ) ELSE 0 END,
       redeemed.id, redeemed.bill_amount, redeemed.discount, redeemed.customer_id,
       redeemed.redeemed_at, redeemed.hold_id, redeemed.reversed_at,
       held.id, held.bill_amount, held.discount, held.customer_id, held.expires_at,
       held.created_at
FROM issuance_coupon AS coupon
JOIN series_series AS series ON series.id = coupon.series_id
LEFT JOIN issuance_origin AS origin ON origin.id = coupon.origin_id
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(hold.expires_at) AS until
    FROM redemption_hold AS hold
    WHERE hold.coupon_id = coupon.id AND {RUNNING}
) AS on_hold
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE use.coupon_id = coupon.id) AS by_customer,
           count(*) AS in_series,
           max(use.at) FILTER (WHERE use.at <= %(at)s) AS last_in_series,
           min(use.at) FILTER (WHERE use.at > %(at)s) AS next_in_series
    FROM (
        SELECT past.coupon_id, past.redeemed_at AS at FROM redemption_redemption AS past
        WHERE past.customer_id = %(customer)s::bigint AND past.series_id = coupon.series_id
          AND past.reversed_at IS NULL
        UNION ALL
        SELECT hold.coupon_id, hold.created_at FROM redemption_hold AS hold
        WHERE hold.customer_id = %(customer)s::bigint AND hold.series_id + 0 = coupon.series_id
          AND {RUNNING}
    ) AS use
) AS mine
LEFT JOIN LATERAL (
    SELECT past.* FROM redemption_redemption AS past
    WHERE past.coupon_id = coupon.id AND past.client_id = %(client)s::bigint
      AND past.transaction_number || '' = %(transaction)s::text AND %(transaction)s::text <> ''
      AND NOT past.superseded
    LIMIT 1
) AS redeemed ON true
LEFT JOIN LATERAL (
    SELECT hold.* FROM redemption_hold AS hold
    WHERE hold.coupon_id = coupon.id AND hold.client_id = %(client)s::bigint
      AND hold.transaction_number = %(transaction)s::text AND %(transaction)s::text <> ''
      AND {RUNNING}
    LIMIT 1
) AS held ON true
WHERE coupon.id = ANY(%(coupons)s::bigint[])
"""

LOCK_SERIES = """
SELECT id FROM series_series WHERE id = ANY(%(series)s::bigint[]) ORDER BY id
FOR NO KEY UPDATE
"""

ROOM = f"""
SELECT series.id, series.max_redeem - series.num_redeemed - (
    SELECT count(*) FROM redemption_hold AS hold
    WHERE hold.series_id = series.id AND {RUNNING} AND hold.id <> ALL(%(but)s::bigint[])
)
FROM series_series AS series WHERE series.id = ANY(%(series)s::bigint[])
"""

ENTRY_COLUMNS = """coupon_id, series_id, customer_id, client_id, transaction_number,
    bill_amount, discount, store_id, till_id, hold_id, redeemed_at"""
ENTRIES = f"""
unnest(%(coupon_id)s::bigint[], %(series_id)s::bigint[], %(customer_id)s::bigint[],
       %(client_id)s::bigint[], %(transaction_number)s::text[], %(bill_amount)s::numeric[],
       %(discount)s::numeric[], %(store_id)s::bigint[], %(till_id)s::bigint[],
       %(hold_id)s::bigint[], %(redeemed_at)s::timestamptz[]) AS entry({ENTRY_COLUMNS})
"""

# Counters of a coupon and of a capped series move with the rows that they count. What is given back
# is taken off the day on which it was counted, so no day has less than nothing.
CAME_AT = "COALESCE(told_at, redeemed_at)"
COUNT = """
), spent AS (
    UPDATE issuance_coupon AS coupon
    SET redemption_count = coupon.redemption_count {sign} use.count
    FROM (SELECT coupon_id, count(*) FROM changed GROUP BY coupon_id) AS use
    WHERE coupon.id = use.coupon_id
), counted AS (
    UPDATE series_series AS series SET num_redeemed = series.num_redeemed {sign} use.count
    FROM (SELECT series_id, count(*) FROM changed GROUP BY series_id) AS use
    WHERE series.id = use.series_id AND series.id = ANY(%(capped)s::bigint[])
), tallied AS (
    INSERT INTO series_tally (series_id, at, told_at, issued, redeemed, counted, discount, sales)
    SELECT series_id, {day}, NULLIF(%(now)s, {day}), 0, {sign} count(*),
           series_id = ANY(%(capped)s::bigint[]), {sign} sum(discount), {sign} sum(bill_amount)
    FROM changed GROUP BY series_id, {day}
), noted AS ({noted})
"""
REDEEMED_AT = """to_char(changed.redeemed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
# What `changed` returns of each redemption.
TOLD = {
    "redemptionId": "changed.id",
    "couponId": "changed.coupon_id",
    "code": "coupon.code",
    "seriesId": "changed.series_id",
    "customerId": "changed.customer_id",
    "transactionNumber": "changed.transaction_number",
    "billAmount": "changed.bill_amount",
    "discount": "changed.discount",
    "redeemedAt": REDEEMED_AT,
}
CHANGED = """id, coupon_id, series_id, customer_id, transaction_number, bill_amount, discount,
    redeemed_at, told_at"""
WITH_CODES = "changed JOIN issuance_coupon AS coupon ON coupon.id = changed.coupon_id"

STORE = f"""
WITH changed AS (
    INSERT INTO redemption_redemption ({ENTRY_COLUMNS}, told_at, reversal_reason)
    SELECT {ENTRY_COLUMNS}, NULLIF(%(now)s, redeemed_at), '' FROM {ENTRIES}
    RETURNING {CHANGED}, hold_id
), committed AS (
    UPDATE redemption_hold AS hold SET committed_at = %(now)s
    FROM changed WHERE hold.id = changed.hold_id
{COUNT.format(sign="+", day=CAME_AT, noted=note_each(Kind.REDEEMED, f"({WITH_CODES})", TOLD))}
SELECT id, coupon_id, hold_id FROM changed
"""

UNDO = f"""
WITH changed AS (
    UPDATE redemption_redemption
    SET reversed_at = %(now)s, reversed_by_client_id = %(client)s::bigint,
        reversed_by_user_id = %(user)s::bigint, reversal_reason = %(reason)s
    WHERE id = ANY(%(redemptions)s::bigint[]) AND reversed_at IS NULL
    RETURNING {CHANGED}
{COUNT.format(sign="-", day=CAME_AT, noted=note_each(Kind.REVERSED, f"({WITH_CODES})", TOLD))}
SELECT FROM changed
"""

# By ascending id, as merging locks the holds of a customer: these may be of any customers.
FREE = f"""
UPDATE redemption_hold SET released_at = expires_at
WHERE id IN (
    SELECT hold.id FROM redemption_hold AS hold
    WHERE hold.coupon_id = ANY(%(coupons)s::bigint[]) AND {OPEN} AND hold.expires_at <= %(now)s
    ORDER BY hold.id FOR NO KEY UPDATE
)
"""

# Only to keep the indexes of open holds small; what somebody is busy with can wait.
FREE_SOME = f"""
UPDATE redemption_hold SET released_at = expires_at
WHERE id IN (
    SELECT hold.id FROM redemption_hold AS hold WHERE {OPEN} AND hold.expires_at <= %(now)s
    ORDER BY hold.id LIMIT 10000 FOR UPDATE SKIP LOCKED
)
"""

STORE_HOLDS = """
INSERT INTO redemption_hold (coupon_id, series_id, customer_id, client_id, transaction_number,
                             bill_amount, discount, store_id, till_id, created_at, expires_at)
SELECT coupon_id, series_id, customer_id, client_id, transaction_number, bill_amount, discount,
       store_id, till_id, %(now)s, %(expires_at)s
FROM unnest(%(coupon_id)s::bigint[], %(series_id)s::bigint[], %(customer_id)s::bigint[],
            %(client_id)s::bigint[], %(transaction_number)s::text[], %(bill_amount)s::numeric[],
            %(discount)s::numeric[], %(store_id)s::bigint[], %(till_id)s::bigint[])
     AS entry(coupon_id, series_id, customer_id, client_id, transaction_number, bill_amount,
              discount, store_id, till_id)
RETURNING coupon_id, id
"""

RELEASE = "UPDATE redemption_hold SET released_at = %(now)s WHERE id = ANY(%(holds)s::bigint[])"

HOLDS = f"""
SELECT hold.coupon_id, hold.series_id, hold.customer_id, hold.client_id, hold.transaction_number,
       hold.bill_amount, hold.discount, hold.store_id, hold.till_id, hold.id, coupon.code,
       {VERSION}, hold.expires_at, hold.released_at, {REVOKED_AT}, redeemed.id,
       redeemed.bill_amount, redeemed.discount, redeemed.customer_id, redeemed.redeemed_at,
       redeemed.hold_id, redeemed.reversed_at
FROM redemption_hold AS hold
JOIN issuance_coupon AS coupon ON coupon.id = hold.coupon_id
LEFT JOIN issuance_origin AS origin ON origin.id = coupon.origin_id
JOIN series_series AS series ON series.id = hold.series_id
LEFT JOIN redemption_redemption AS redeemed ON redeemed.hold_id = hold.id
WHERE hold.id = ANY(%(holds)s::bigint[]) AND hold.client_id = %(client)s
"""

REDEMPTIONS = """
SELECT redeemed.coupon_id, redeemed.series_id, redeemed.customer_id, redeemed.id, coupon.code,
       series.max_redeem IS NOT NULL, redeemed.reversed_at, redeemed.reversal_reason
FROM redemption_redemption AS redeemed
JOIN issuance_coupon AS coupon ON coupon.id = redeemed.coupon_id
JOIN series_series AS series ON series.id = redeemed.series_id
WHERE redeemed.id = ANY(%(redemptions)s::bigint[])
"""
