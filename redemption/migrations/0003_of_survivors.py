"""What was redeemed during a merge stayed with the record that was merged: it is the survivor's."""

from django.db import migrations

TABLES = ("redemption_redemption", "redemption_hold", "redemption_refusal")
# Not beside a merge (`customers.merging`), which might end the survivor in turn.
MOVE = ["SELECT pg_advisory_xact_lock(hashtext('merging of customers'), 0)"] + [
    f"""
    UPDATE {table} AS stayed SET customer_id = customer.merged_into_id
    FROM customers_customer AS customer
    WHERE customer.id = stayed.customer_id AND customer.merged_into_id IS NOT NULL
    """
    for table in TABLES
]


class Migration(migrations.Migration):
    dependencies = [
        ("redemption", "0002_told_later"),
        ("customers", "0003_export_permission"),
    ]

    operations = [migrations.RunSQL(MOVE, migrations.RunSQL.noop)]
