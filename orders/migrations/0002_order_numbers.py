from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE orders_order_number AS bigint START 1001 CACHE 1",
            "DROP SEQUENCE orders_order_number",
        ),
    ]
