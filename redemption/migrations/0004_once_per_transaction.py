"""A transaction redeems a coupon once, also after the coupon was given back.

Where one did so twice before, all stays as it was: the redemption that was given back is marked.
So is one of whose transaction a hold is still open, which becomes a redemption when it is committed.
"""

from django.db import migrations, models
from django.db.models import Q

MARK = """
UPDATE redemption_redemption AS given_back SET superseded = true
WHERE given_back.reversed_at IS NOT NULL AND given_back.transaction_number <> '' AND (
    EXISTS (
        SELECT FROM redemption_redemption AS later
        WHERE later.coupon_id = given_back.coupon_id AND later.client_id = given_back.client_id
          AND later.transaction_number = given_back.transaction_number
          AND later.id > given_back.id
    ) OR EXISTS (
        SELECT FROM redemption_hold AS hold
        WHERE hold.coupon_id = given_back.coupon_id AND hold.client_id = given_back.client_id
          AND hold.transaction_number = given_back.transaction_number
          AND hold.committed_at IS NULL AND hold.released_at IS NULL
    )
)
"""


class Migration(migrations.Migration):
    dependencies = [("redemption", "0003_of_survivors")]

    operations = [
        migrations.AddField(
            model_name="redemption",
            name="superseded",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="redemption", name="redemption_once_per_transaction"
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.UniqueConstraint(
                condition=Q(superseded=False) & ~Q(transaction_number=""),
                fields=("coupon", "client", "transaction_number"),
                name="redemption_once_per_transaction",
            ),
        ),
    ]
