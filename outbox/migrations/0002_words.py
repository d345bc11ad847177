from django.db import migrations


class Migration(migrations.Migration):
    """What the admin calls things; the database stays as it is."""

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="endpoint", options={"ordering": ["name", "id"], "verbose_name": "webhook"}
        ),
        migrations.AlterModelOptions(
            name="event", options={"ordering": ["-id"], "verbose_name": "webhook event"}
        ),
    ]
