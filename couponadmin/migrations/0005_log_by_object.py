from django.db import migrations


class Migration(migrations.Migration):
    """The log has a row for each coupon that was revoked by hand; pages ask for those of one."""

    dependencies = [
        ("couponadmin", "0004_guesser"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX admin_log_by_object ON django_admin_log (object_id, content_type_id)",
            "DROP INDEX admin_log_by_object",
        )
    ]
