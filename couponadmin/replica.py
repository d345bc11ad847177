"""Where long lists are read: on a replica, if there is one, so that tills do not wait for them.

Nothing else is: whether a coupon may be issued or redeemed is decided by the first server. And a
list is read on the replica only when that has all that was committed before the list was asked for,
so nobody misses what they did a moment ago.
"""

import logging
import time
from datetime import datetime

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from couponadmin.logs import told

logger = logging.getLogger(__name__)

REPLICA = "replica"
PATIENCE_SECONDS = 2.0
PAUSE_SECONDS = 0.05
WRITTEN = "SELECT pg_current_wal_insert_lsn()::text"
# NULL, thus never reached, on a server that is nobody's replica.
REACHED = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"


def place_to_read() -> str:
    """The alias of the database to read a long list from; waits a little for the replica."""
    if REPLICA not in settings.DATABASES:
        return DEFAULT_DB_ALIAS
    try:
        return REPLICA if has_caught_up() else DEFAULT_DB_ALIAS
    except DatabaseError as error:
        logger.warning("The replica is not used: %s", told(error))
        return DEFAULT_DB_ALIAS


def trouble(*, now: datetime) -> str:
    """What is wrong with the replica, in a sentence for /readyz; empty if nothing is."""
    if REPLICA not in settings.DATABASES:
        return ""
    try:
        with connections[REPLICA].cursor() as replica:
            replica.execute("SELECT pg_is_in_recovery()")
            return "" if replica.fetchone()[0] else "DATABASE_REPLICA_URL names no replica."
    except DatabaseError:
        return "The replica does not answer; long lists are read on the first server."


def has_caught_up() -> bool:
    """Whether the replica has, or soon gets, what is written by now."""
    with connection.cursor() as first:
        first.execute(WRITTEN)
        [wanted] = first.fetchone()
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connections[REPLICA].cursor() as replica:
        while True:
            replica.execute(REACHED, [wanted])
            if replica.fetchone()[0]:
                return True
            if time.monotonic() > deadline:
                logger.warning("The replica is behind, or is none; the first server is read")
                return False
            time.sleep(PAUSE_SECONDS)
