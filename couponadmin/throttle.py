"""How often a client may call: counted in fixed minutes, by all web processes together."""

import time
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from couponadmin.models import ApiClient

# The later minute wins, so a machine whose clock is behind cannot start a minute anew.
COUNT = """
INSERT INTO couponadmin_ratewindow AS counted (client_id, scope, "window", hits)
VALUES (%s, %s, %s, 1)
ON CONFLICT (client_id, scope) DO UPDATE SET
    hits = CASE WHEN counted."window" < EXCLUDED."window" THEN 1 ELSE counted.hits + 1 END,
    "window" = GREATEST(counted."window", EXCLUDED."window")
RETURNING hits
"""


class ClientThrottle(BaseThrottle):
    """429 above so many calls a minute, counted per client and the view's `throttle_scope`."""

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = limit_of(request.user.client, scope=view.throttle_scope)
        if limit == 0:
            return True
        self.now = time.time()
        return count(request.user.client, scope=view.throttle_scope, now=self.now) <= limit

    def wait(self) -> int:
        return until_next_minute(self.now)


def admit(client: ApiClient, *, scope: str, now: float) -> None:
    """For doors that find out late who calls; raises 429 above the client's limit."""
    limit = limit_of(client, scope=scope)
    if limit and count(client, scope=scope, now=now) > limit:
        raise Throttled(until_next_minute(now))


def until_next_minute(now: float) -> int:
    """Seconds."""
    return 60 - int(now) % 60


def limit_of(client: ApiClient, *, scope: str) -> int:
    """Calls a minute; 0 = no limit."""
    if client.rate_per_minute is not None:
        return client.rate_per_minute
    return settings.RATE_ISSUE_PER_MINUTE if scope == "issue" else settings.RATE_PER_MINUTE


def count(client: ApiClient, *, scope: str, now: float) -> int:
    """Counts one call; how many the client made in this minute."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [client.pk, scope, int(now) // 60])
        return cursor.fetchone()[0]
