"""Kept connections to the database: one that the server closed is noticed before it is used."""

import time

import pytest
from django.db import NotSupportedError, connection, connections, transaction

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


class Refused(Exception):
    """What a rule says no with: the database has nothing against it."""


def test_what_was_prepared_outlives_a_refusal() -> None:
    for number in range(5):
        make_customer(external_id=f"M-{number}")
    before = prepared()

    @transaction.atomic
    def refused() -> None:
        make_customer(external_id="M-8")
        raise Refused

    with pytest.raises(Refused):
        refused()

    assert before
    assert before <= prepared()
    assert Customer.objects.count() == 5


def test_a_plan_that_a_migration_made_useless_is_not_kept() -> None:
    for number in range(5):
        make_customer(external_id=f"M-{number}")
    with connection.cursor() as cursor:
        for _ in range(5):
            cursor.execute("SELECT last_name FROM customers_customer")
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_customer ALTER last_name TYPE varchar(101)")
    other.close()

    def names() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT last_name FROM customers_customer")
            return len(cursor.fetchall())

    try:
        with pytest.raises(NotSupportedError, match="cached plan"):
            names()
        assert names() == 5
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE customers_customer ALTER last_name TYPE varchar(100)")
