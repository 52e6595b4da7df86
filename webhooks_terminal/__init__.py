"""The project. The Celery app is loaded with Django, so that bells ring with its settings in every process."""

from webhooks_terminal.celery import app as celery_app

__all__ = ["celery_app"]
