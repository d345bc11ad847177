from django.db import migrations, models


class Migration(migrations.Migration):
    """The admin's list shows those who registered in a period, the newest first."""

    dependencies = [("customers", "0003_export_permission")]

    operations = [
        migrations.AddIndex(
            "customer",
            models.Index(fields=["registered_at", "id"], name="customer_by_registration"),
        ),
    ]
