from django.db import migrations

# One coupon by one statement (issuance.express), if what was decided still holds: the same locks
# in the same order as many coupons take them (issuance.statements), then the facts once more, then
# all writes. False: something is different or in the way, and nothing was written. An answer that
# the key got from elsewhere at this moment, or a code that somebody has, raises unique_violation.
# Each statement inside sees what was committed before it began, so also before the locks were got.
ISSUE_ONE = """
CREATE FUNCTION issuance_issue_one(
    the_customer bigint, the_series bigint, decided_on bigint, decided_held bigint,
    decided_last bigint, the_coupon bigint, the_code text, the_end timestamptz, the_origin bigint,
    the_moment timestamptz, the_client bigint, the_key text, key_lock bigint, the_request bytea,
    the_answer bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    terms record;
    holding record;
BEGIN
    IF the_key IS NOT NULL AND NOT pg_try_advisory_xact_lock(key_lock) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(the_series);
    PERFORM FROM customers_customer
    WHERE id = the_customer AND merged_into_id IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (
        SELECT FROM couponadmin_idempotencykey WHERE client_id = the_client AND key = the_key
    ) THEN
        RETURN false;
    END IF;

    SELECT (extract(epoch FROM changed_at) * 1000000)::bigint AS version, max_create,
           mutual_exclusive_series_ids AS excluding
    INTO terms FROM series_series WHERE id = the_series;
    SELECT count(*) FILTER (WHERE series_id = the_series) AS held,
           max(id) FILTER (WHERE series_id = the_series) AS last,
           bool_or(series_id = ANY (terms.excluding)) AS excluded
    INTO holding FROM issuance_coupon AS coupon
    WHERE customer_id = the_customer AND series_id = ANY (the_series || terms.excluding)
      AND revoked_at IS NULL
      AND NOT (redemption_count = 0 AND EXISTS (
          SELECT FROM issuance_origin AS origin
          WHERE origin.id = coupon.origin_id AND origin.revoked_at IS NOT NULL
      ));
    IF holding.excluded OR holding.held <> decided_held
       OR holding.last IS DISTINCT FROM decided_last
       OR terms.version IS DISTINCT FROM decided_on THEN
        RETURN false;
    END IF;

    IF terms.max_create IS NOT NULL THEN
        UPDATE series_series SET num_issued = num_issued + 1
        WHERE id = the_series AND num_issued < max_create;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    INSERT INTO issuance_coupon (id, code, series_id, customer_id, shared, expires_at, origin_id,
                                 issued_at, redemption_count)
    VALUES (the_coupon, the_code, the_series, the_customer, false, the_end, the_origin,
            the_moment, 0);
    INSERT INTO series_tally (series_id, at, issued, redeemed, counted)
    VALUES (the_series, the_moment, 1, 0, terms.max_create IS NOT NULL);
    INSERT INTO outbox_event (endpoint_id, kind, at, payload)
    SELECT id, 'coupon.issued', the_moment, jsonb_build_object(
        'couponId', the_coupon, 'code', the_code, 'seriesId', the_series, 'customerId', the_customer
    )
    FROM outbox_endpoint WHERE is_active AND 'coupon.issued' = ANY (kinds);
    IF the_key IS NOT NULL THEN
        INSERT INTO couponadmin_idempotencykey (client_id, key, request_hash, status, body, headers,
                                                created_at)
        VALUES (the_client, the_key, the_request, 200, the_answer, '{}', the_moment);
    END IF;
    RETURN true;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("couponadmin", "0007_kept_headers"),
        ("customers", "0004_customer_by_registration"),
        ("issuance", "0004_revoke_call"),
        ("outbox", "0001_initial"),
        ("series", "0002_told_at"),
    ]

    operations = [
        migrations.RunSQL(ISSUE_ONE, "DROP FUNCTION issuance_issue_one;"),
    ]
