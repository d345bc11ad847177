from django.db import migrations


class Migration(migrations.Migration):
    """Counting failed look-ups may start anew after a crash, so it writes no log."""

    dependencies = [("redemption", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE redemption_guesser SET UNLOGGED;"
            "ALTER TABLE redemption_guesser SET (fillfactor = 50);",
            "ALTER TABLE redemption_guesser SET LOGGED;"
            "ALTER TABLE redemption_guesser RESET (fillfactor);",
        )
    ]
