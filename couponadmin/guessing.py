"""Whoever names code after code that nobody has, or not they, is guessing, and has to wait.

Failed look-ups are counted in fixed windows per API client, per till of a client and per customer,
by all web processes together; above a limit no code is looked up until the window ends.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet
from rest_framework.exceptions import Throttled

from couponadmin.models import Guesser

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 300
KEPT_DAYS = 1
# A shop's server speaks for many customers; one customer mistypes now and then.
MOST_MISSES = {
    Guesser.Kind.CLIENT: 200,
    Guesser.Kind.TILL: 40,
    Guesser.Kind.CUSTOMER: 20,
}
SENTENCE = "Too many codes that could not be found. Please wait."

LOOK = """
SELECT 1 FROM couponadmin_guesser AS guesser
JOIN unnest(%(kinds)s::text[], %(subjects)s::bigint[], %(through)s::bigint[], %(most)s::bigint[])
     AS who(kind, subject_id, through, most) USING (kind, subject_id, through)
WHERE guesser."window" = %(window)s AND guesser.misses >= who.most
LIMIT 1
"""

# The later window wins, so a machine whose clock is behind cannot start one anew.
COUNT = """
INSERT INTO couponadmin_guesser AS known
    (kind, subject_id, through, "window", misses, last_miss_at)
SELECT kind, subject_id, through, %(window)s, %(misses)s, %(now)s
FROM unnest(%(kinds)s::text[], %(subjects)s::bigint[], %(through)s::bigint[])
     AS who(kind, subject_id, through)
ORDER BY kind, subject_id, through
ON CONFLICT (kind, subject_id, through) DO UPDATE SET
    misses = CASE WHEN known."window" < excluded."window" THEN 0 ELSE known.misses END
             + excluded.misses,
    "window" = GREATEST(known."window", excluded."window"),
    last_miss_at = excluded.last_miss_at
RETURNING kind, subject_id, misses
"""


class Seeker(NamedTuple):
    """Who looks for codes; None for whom nobody knows.

    A till is the client's own, or any that the client names: it counts for this client only.
    """

    client_id: int | None
    till_id: int | None = None
    customer_id: int | None = None


def refuse_guesser(seeker: Seeker, *, now: datetime) -> None:
    """Raises 429 for whoever named too many in this window; to be asked before looking."""
    who = subjects(seeker)
    values = split(who) | {"most": [MOST_MISSES[kind] for kind, *_ in who], "window": window(now)}
    with connection.cursor() as cursor:
        cursor.execute(LOOK, values)
        blocked = cursor.fetchone() is not None
    if blocked:
        raise Throttled(WINDOW_SECONDS - int(now.timestamp()) % WINDOW_SECONDS, SENTENCE)


def note_misses(misses: int, seeker: Seeker, *, now: datetime) -> None:
    """Count failed look-ups; the one that reaches a limit is told to the log."""
    who = subjects(seeker)
    if not misses or not who:
        return
    values = split(who) | {"misses": misses, "window": window(now), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        for kind, subject_id, total in cursor.fetchall():
            if total - misses < MOST_MISSES[kind] <= total:
                logger.warning("Guessing of codes: %s %s named %s", kind, subject_id, total)


def waiting(*, now: datetime) -> QuerySet[Guesser]:
    """Those who named too many in this window."""
    too_many = Q(pk__in=[])
    for kind, most in MOST_MISSES.items():
        too_many |= Q(kind=kind, misses__gte=most)
    return Guesser.objects.filter(too_many, window=window(now))


def waits_until(guesser: Guesser, *, now: datetime) -> datetime | None:
    """When a guesser may look for codes again; None for who may now."""
    too_many = guesser.misses >= MOST_MISSES[Guesser.Kind(guesser.kind)]
    if not too_many or guesser.window != window(now):
        return None
    return datetime.fromtimestamp((guesser.window + 1) * WINDOW_SECONDS, UTC)


def subjects(seeker: Seeker) -> list[tuple[str, int, int]]:
    """Kind, number, and the client through which it counts."""
    known = zip(Guesser.Kind, seeker, (0, seeker.client_id or 0, 0), strict=True)
    return [(kind.value, pk, through) for kind, pk, through in known if pk is not None]


def split(who: list[tuple[str, int, int]]) -> dict[str, object]:
    return {
        "kinds": [kind for kind, _, _ in who],
        "subjects": [subject for _, subject, _ in who],
        "through": [through for _, _, through in who],
    }


def window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_SECONDS


def forget(*, now: datetime) -> int:
    """Delete what was counted more than KEPT_DAYS ago; how many rows it was."""
    old = now - timedelta(days=KEPT_DAYS)
    deleted, _ = Guesser.objects.filter(last_miss_at__lt=old).delete()
    return deleted
