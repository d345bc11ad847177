"""`/healthz` says that the process is there, `/readyz` that it may be given work."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_healthz_answers_without_the_database(client: Client) -> None:
    # Without the `db` fixture, pytest forbids every query.
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_answers_when_all_is_there(client: Client) -> None:
    response = client.get("/readyz")

    assert (response.status_code, response.json()["status"]) == (200, "ok")


@pytest.mark.django_db
def test_readyz_names_missing_migrations(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="issuance").delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert response.json()["reason"].startswith("Migrations are missing: issuance.0001_initial")


@pytest.mark.django_db(transaction=True)
def test_readyz_says_when_the_database_is_gone(client: Client) -> None:
    def cut(execute: Callable[..., Any], *statement: Any) -> Any:
        connection.connection.close()
        return execute(*statement)

    connection.ensure_connection()
    with connection.execute_wrapper(cut):
        response = client.get("/readyz")
    connection.close()

    assert response.status_code == 503
    assert response.json()["reason"] == "The database does not answer."


def test_the_front_door_leads_to_the_admin(client: Client) -> None:
    response = client.get("/")

    assert (response.status_code, response["Location"]) == (302, "/admin/")
