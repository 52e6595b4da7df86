"""The table of Django's database cache, where attempts are counted."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_preferences")]
    operations = [
        migrations.RunSQL(
            sql="""
            CREATE TABLE IF NOT EXISTS accounts_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX IF NOT EXISTS accounts_cache_expires ON accounts_cache (expires);
            """,
            reverse_sql="DROP TABLE IF EXISTS accounts_cache",
        )
    ]
