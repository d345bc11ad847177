from django.db import migrations, models


class Migration(migrations.Migration):
    """Counting failed look-ups may start anew after a crash, so it writes no log."""

    dependencies = [
        ('couponadmin', '0003_view_metrics'),
    ]

    operations = [
        migrations.CreateModel(
            name='Guesser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('CLIENT', 'Client'), ('TILL', 'Till'), ('CUSTOMER', 'Customer')], db_collation='C', max_length=8)),
                ('subject_id', models.BigIntegerField()),
                ('window', models.BigIntegerField()),
                ('misses', models.PositiveIntegerField()),
                ('last_miss_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'guessing',
                'verbose_name_plural': 'guessing',
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject_id'), name='guesser_once')],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE couponadmin_guesser SET UNLOGGED;"
            "ALTER TABLE couponadmin_guesser SET (fillfactor = 50);",
            "ALTER TABLE couponadmin_guesser SET LOGGED;"
            "ALTER TABLE couponadmin_guesser RESET (fillfactor);",
        ),
    ]
