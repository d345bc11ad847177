from django.db import migrations

# Free codes that were revoked before this was counted; on the way back, all that were.
COUNT = """
UPDATE series_series AS series
SET num_uploaded_total = greatest(series.num_uploaded_total {sign} revoked.count, 0)
FROM (
    SELECT series_id, count(*) AS count FROM issuance_coupon
    WHERE customer_id IS NULL AND revoked_at IS NOT NULL GROUP BY series_id
) AS revoked
WHERE series.id = revoked.series_id AND series.client_handling_type = 'DISC_CODE_PIN'
"""


class Migration(migrations.Migration):
    dependencies = [("issuance", "0005_express"), ("series", "0002_told_at")]

    operations = [migrations.RunSQL(COUNT.format(sign="-"), COUNT.format(sign="+"))]
