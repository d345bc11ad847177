"""For whoever watches the server: is it there, and may it be given work?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

# Whoever asks waits for the answer.
AT_ONCE = {"socket_connect_timeout": 1, "socket_timeout": 1}


class Hint(Protocol):
    """What is wrong in the background, in a sentence; empty if all is well."""

    def __call__(self, *, now: datetime) -> str: ...


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest, hints: Iterable[Hint] = ()) -> JsonResponse:
    """The database answers and has every migration; else 503 and the reason.

    `warnings` tell what is wrong elsewhere: a till can be served while no worker is.
    """
    try:
        reason = missing_migrations()
        warnings = [] if reason else [hint(now=timezone.now()) for hint in hints]
    except DatabaseError:
        reason, warnings = "The database does not answer.", []
    if reason:
        return JsonResponse({"status": "unavailable", "reason": reason}, status=503)
    told = [warning for warning in warnings if warning]
    return JsonResponse({"status": "ok"} | ({"warnings": told} if told else {}))


def missing_migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in plan)
    return f"Migrations are missing: {names}." if names else ""


def broker_trouble(*, now: datetime) -> str:
    """Why workers cannot be woken; work that waits is found by the clock, later."""
    try:
        with current_app.connection_for_write(transport_options=AT_ONCE) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=1)
    except Exception as error:
        return f"The broker does not answer ({type(error).__name__})."
    return ""
