from django.db import migrations

# Coupons name their customer and series without foreign keys (see issuance.models.Coupon):
# what keeps those names true is that nobody may delete either.
KEEP = """
CREATE FUNCTION coupon_keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM issuance_coupon WHERE {column} = OLD.id) THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('%s %s has coupons and cannot be deleted', TG_TABLE_NAME, OLD.id);
    END IF;
    RETURN OLD;
END $$;
"""

KEEP_CUSTOMER = KEEP.replace("coupon_keep_row", "coupon_keep_customer").format(
    column="customer_id"
) + (
    "CREATE TRIGGER coupon_keep_customer BEFORE DELETE ON customers_customer "
    "FOR EACH ROW EXECUTE FUNCTION coupon_keep_customer();"
)
KEEP_SERIES = KEEP.replace("coupon_keep_row", "coupon_keep_series").format(column="series_id") + (
    "CREATE TRIGGER coupon_keep_series BEFORE DELETE ON series_series "
    "FOR EACH ROW EXECUTE FUNCTION coupon_keep_series();"
)

# A GENERIC code takes its place among all codes in the transaction that makes its series,
# so the one unique index on codes decides there, too.
RESERVE = """
CREATE FUNCTION coupon_reserve_generic_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO issuance_coupon (code, series_id, shared, redemption_count)
    VALUES (NEW.generic_code, NEW.id, false, 0);
    RETURN NEW;
END $$;
CREATE TRIGGER coupon_reserve_generic_code AFTER INSERT ON series_series
    FOR EACH ROW WHEN (NEW.generic_code IS NOT NULL)
    EXECUTE FUNCTION coupon_reserve_generic_code();
"""


class Migration(migrations.Migration):
    dependencies = [("issuance", "0001_initial")]

    operations = [
        migrations.RunSQL(
            KEEP_CUSTOMER,
            "DROP TRIGGER coupon_keep_customer ON customers_customer;"
            "DROP FUNCTION coupon_keep_customer;",
        ),
        migrations.RunSQL(
            KEEP_SERIES,
            "DROP TRIGGER coupon_keep_series ON series_series; DROP FUNCTION coupon_keep_series;",
        ),
        migrations.RunSQL(
            RESERVE,
            "DROP TRIGGER coupon_reserve_generic_code ON series_series;"
            "DROP FUNCTION coupon_reserve_generic_code;",
        ),
    ]
