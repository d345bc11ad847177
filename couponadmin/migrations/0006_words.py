from django.db import migrations, models


class Migration(migrations.Migration):
    """What the admin calls things; the database stays as it is."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("couponadmin", "0005_log_by_object"),
    ]

    operations = [
        migrations.AlterModelOptions(name="guesser", options={"verbose_name": "guesser"}),
        migrations.AlterField(
            "apiclient",
            "groups",
            models.ManyToManyField(
                blank=True,
                help_text="What it may do: the same permissions as for people.",
                to="auth.group",
                verbose_name="roles",
            ),
        ),
    ]
