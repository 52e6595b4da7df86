"""Operators' groups may look into the audit trail, at second factors and at sessions."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from accounts.groups import write_groups


def write(apps, schema_editor):
    for config in installed.get_app_configs():
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    write_groups()


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0005_room_for_answers"),
        ("accounts", "0004_audit_trail"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
