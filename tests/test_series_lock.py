"""Whoever issues or redeems holds the series' shared lock, so that a change of it waits."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from issuance import ledger as issuing
from issuance.asks import Ask
from redemption import ledger as redeeming
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db


def locked_series() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks "
            "WHERE locktype = 'advisory' AND mode = 'ShareLock' AND pid = pg_backend_pid()"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize(
    "lock",
    [
        lambda series, customer: issuing.lock([Ask(series, customer)]),
        lambda series, customer: issuing.lock([Ask(series, 0)]),
        lambda series, customer: redeeming.lock([1], [series], [customer]),
        lambda series, customer: redeeming.lock([1], [series], [None]),
        lambda series, customer: redeeming.lock([], [series], []),
    ],
    ids=["issue", "customer gone", "redeem", "no customer", "no coupon"],
)
def test_it_is_held_whatever_rows_there_are(lock: Callable[[int, int], object]) -> None:
    series, customer = make_series().pk, make_customer().pk

    with transaction.atomic():
        lock(series, customer)

        assert locked_series() == [series]
