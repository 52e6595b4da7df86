"""Groups of operators. Permissions are usually made when all migrations are done; groups need them now."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from accounts.groups import write_groups


def make_groups(apps, schema_editor):
    for config in installed.get_app_configs():
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    write_groups()


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0002_gate_process"),
        ("orders", "0005_operators"),
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
