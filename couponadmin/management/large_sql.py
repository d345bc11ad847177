"""The statements of `manage.py seed_large`."""

CUSTOMERS = """
WITH made AS (
    INSERT INTO customers_customer
        (id, first_name, last_name, mobile, email, external_id, fields, registered_at, updated_at)
    SELECT id, 'Customer', 'No. ' || id, (10000000000 + id)::text,
           'customer.' || id || '@example.org',
           'customer-' || id, '{}', %(registered)s, %(registered)s
    FROM (
        SELECT nextval(pg_get_serial_sequence('customers_customer', 'id')) AS id
        FROM generate_series(1, %(count)s)
    ) AS new
    RETURNING id
)
SELECT min(id), max(id) FROM made
"""

# Customers take turns in an order that has nothing to do with their ids: coupons of one file lie
# all over the index, as they do where customers come by themselves.
COUPONS = """
WITH drawn AS MATERIALIZED (
    SELECT code, %(first)s + (%(turn)s + place) * 7919 %% %(customers)s AS customer_id,
           random() AS luck, %(noon)s::timestamptz + random() * interval '6 hours' AS issued_at
    FROM unnest(string_to_array(%(codes)s, E'\\n')) WITH ORDINALITY AS made(code, place)
), stored AS (
    INSERT INTO issuance_coupon (code, series_id, customer_id, origin_id, shared, issued_at,
                                 expires_at, redemption_count, revoked_at)
    SELECT code, %(series)s, customer_id, %(origin)s, %(shared)s, issued_at, %(expires)s,
           CASE WHEN luck < 0.2 THEN 1 ELSE 0 END,
           CASE WHEN luck >= 0.98 THEN issued_at + interval '1 hour' END
    FROM drawn
    ON CONFLICT DO NOTHING
    RETURNING id, customer_id, issued_at, redemption_count
), redeemed AS (
    INSERT INTO redemption_redemption (coupon_id, series_id, customer_id, transaction_number,
                                       bill_amount, discount, redeemed_at, reversal_reason)
    SELECT id, %(series)s, customer_id, 'seed-' || id, 1000, 100,
           issued_at + random() * (%(last)s::timestamptz - issued_at), ''
    FROM stored WHERE redemption_count > 0
    RETURNING redeemed_at, discount, bill_amount
), filed AS (
    INSERT INTO batches_chunk (batch_id, first, lines, sent, done_at, issued, refused, created,
                               reasons, results)
    SELECT %(batch)s, 1, count(*),
           string_agg((10000000000 + customer_id)::text, E'\\n' ORDER BY id),
           max(issued_at), count(*), 0, 0, '{}', jsonb_agg(jsonb_build_array(id) ORDER BY id)
    FROM stored HAVING count(*) > 0
), tallied AS (
    INSERT INTO series_tally (series_id, at, issued, redeemed, counted, discount, sales)
    SELECT %(series)s, max(issued_at), count(*), 0, false, 0, 0 FROM stored HAVING count(*) > 0
    UNION ALL
    SELECT %(series)s, max(redeemed_at), 0, count(*), false, sum(discount), sum(bill_amount)
    FROM redeemed
    GROUP BY (redeemed_at AT TIME ZONE %(zone)s)::date
)
UPDATE batches_batch SET lines = stored.count, total = stored.count
FROM (SELECT count(*) AS count FROM stored) AS stored WHERE id = %(batch)s
"""

FREE = """
INSERT INTO issuance_coupon (code, series_id, shared, redemption_count)
SELECT code, %(series)s, false, 0 FROM unnest(string_to_array(%(codes)s, E'\\n')) AS made(code)
ON CONFLICT DO NOTHING
"""
UPLOADED = """
UPDATE series_series SET num_uploaded_total = (
    SELECT count(*) FROM issuance_coupon WHERE series_id = series_series.id
) WHERE id = ANY(%s) AND client_handling_type = 'DISC_CODE_PIN'
"""
