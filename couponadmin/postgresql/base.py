"""Django's PostgreSQL backend, asking more cheaply whether a kept connection is still alive."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's. `CONN_HEALTH_CHECKS` would send a statement at the start of every request."""

    def is_usable(self) -> bool:
        """A server that went away closed the connection, which makes an idle one readable.

        Looking takes no round trip, which was a tenth of issuing a coupon.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
