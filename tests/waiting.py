"""Whether transactions wait for each other, so that a test goes on when they do."""

from time import monotonic, sleep

from django.db import connection

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"


def transactions_that_wait() -> int:
    """How many transactions of this database wait for another one."""
    with connection.cursor() as cursor:
        # Within a transaction the view would stay as it was when first looked at.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING, [connection.settings_dict["NAME"]])
        return int(cursor.fetchone()[0])


def wait_for_locks(count: int = 1, *, patience: float = 20) -> None:
    """Until so many transactions of this database wait for a lock."""
    end = monotonic() + patience
    while transactions_that_wait() < count:
        if monotonic() > end:
            raise AssertionError(f"No {count} transactions wait")
        sleep(0.01)
