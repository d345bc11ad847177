"""A program of its own that fails while it holds what must not be told; `test_sentry.py` runs it.

It ends when all is told: `python -m tests.failing PRIVATE`.
"""

import logging
import sys

import django
import sentry_sdk
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path


def fail(request: HttpRequest, name: str) -> HttpResponse:
    """Quotes what it was given, as exceptions of libraries do."""
    secret = f"{name} {request.body!r}"
    raise ValueError(secret)


urlpatterns = [path("v2/fail/<str:name>", fail)]


def main(private: str) -> None:
    django.setup()
    settings.ROOT_URLCONF = __name__
    headers = {"X-Request-ID": "till-7", "Host": "localhost"}
    client = Client(raise_request_exception=False, headers=headers)
    client.post(f"/v2/fail/{private}?q={private}", {"mobile": private}, "application/json")
    try:
        raise LookupError(private)
    except LookupError:
        logging.getLogger("batches").exception("Batch %s cannot go on", private)
    sentry_sdk.flush()


if __name__ == "__main__":
    main(sys.argv[1])
