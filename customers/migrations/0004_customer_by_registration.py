from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The admin's list shows those who registered in a period, the newest first."""

    # Customers go on being stored meanwhile.
    atomic = False
    dependencies = [("customers", "0003_export_permission")]

    operations = [
        AddIndexConcurrently(
            "customer",
            models.Index(fields=["registered_at", "id"], name="customer_by_registration"),
        ),
    ]
