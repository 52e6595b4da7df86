"""Celery carries bells: "look into this account's tray". It never carries an order."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhooks_terminal.settings")
app = Celery("webhooks_terminal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
