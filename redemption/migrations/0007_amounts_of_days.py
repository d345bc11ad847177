from django.conf import settings
from django.db import migrations

# What was redeemed before days had amounts is taken off them when it is given back, so it has to be
# there. A day shall have what its redemptions have, less what tallies will bring yet. The difference
# to what it has is added, in one statement, so neither folding nor a second run counts twice.
ADD = """
INSERT INTO series_seriesday AS day (series_id, day, issued, redeemed, discount, sales)
SELECT series_id, day, 0, 0, sum(discount), sum(sales)
FROM (
    SELECT series_id, (COALESCE(told_at, redeemed_at) AT TIME ZONE %(zone)s::text)::date AS day,
           discount, bill_amount AS sales
    FROM redemption_redemption WHERE reversed_at IS NULL
    UNION ALL
    SELECT series_id, (at AT TIME ZONE %(zone)s::text)::date, -discount, -sales FROM series_tally
    UNION ALL
    SELECT series_id, day, -discount, -sales FROM series_seriesday
) AS amount
GROUP BY series_id, day HAVING sum(discount) <> 0 OR sum(sales) <> 0
ON CONFLICT (series_id, day) DO UPDATE
SET discount = day.discount + excluded.discount, sales = day.sales + excluded.sales
"""


def add_amounts(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(ADD, {"zone": settings.TIME_ZONE})


class Migration(migrations.Migration):
    dependencies = [("redemption", "0006_no_user_redeems"), ("series", "0003_amounts")]

    # Nothing to undo: going back further drops the columns.
    operations = [migrations.RunPython(add_amounts, migrations.RunPython.noop)]
