from django.db import migrations


class Migration(migrations.Migration):
    """Counting calls must not cost a write to the log; after a crash the count starts anew."""

    dependencies = [("couponadmin", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE couponadmin_ratewindow SET UNLOGGED;"
            "ALTER TABLE couponadmin_ratewindow SET (fillfactor = 50);",
            "ALTER TABLE couponadmin_ratewindow SET LOGGED;"
            "ALTER TABLE couponadmin_ratewindow RESET (fillfactor);",
        )
    ]
