"""The Celery application: it only wakes workers; what is to do stands in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponadmin.settings")

app = Celery("couponadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
