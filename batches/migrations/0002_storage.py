from django.db import migrations

# A chunk's text and results are written once and read once or twice: compressing them would take
# longer than everything else that intake does. And what a dry run met may be lost in a crash.
STORAGE = """
ALTER TABLE batches_chunk ALTER COLUMN sent SET STORAGE EXTERNAL,
                          ALTER COLUMN results SET STORAGE EXTERNAL;
ALTER TABLE batches_seen SET UNLOGGED;
"""
BACK = """
ALTER TABLE batches_chunk ALTER COLUMN sent SET STORAGE EXTENDED,
                          ALTER COLUMN results SET STORAGE EXTENDED;
ALTER TABLE batches_seen SET LOGGED;
"""


class Migration(migrations.Migration):
    dependencies = [("batches", "0001_initial")]

    operations = [migrations.RunSQL(STORAGE, BACK)]
