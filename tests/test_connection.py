"""Kept connections to the database: one that the server closed is noticed before it is used."""

import time

import pytest
from django.db import IntegrityError, connection, connections, transaction

from customers.models import Customer
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def backend_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_living_connection_is_usable() -> None:
    backend_id()

    assert connection.is_usable()


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    before = backend_id()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
    other.close()
    deadline = time.monotonic() + 5
    while connection.is_usable() and time.monotonic() < deadline:
        time.sleep(0.01)

    connection.health_check_done = False
    connection.close_if_health_check_failed()

    assert backend_id() != before


def prepared() -> set[str]:
    """The names of the statements that this connection has prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_what_was_prepared_outlives_a_rollback() -> None:
    for number in range(5):
        make_customer(external_id=f"M-{number}")
    before = prepared()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_customer(external_id="M-1")

    assert before
    assert before <= prepared()
    assert make_customer(external_id="M-9").pk
    assert Customer.objects.count() == 6
