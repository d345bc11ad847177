"""Where a call comes from: the client's till, or the entity that the call names."""

from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.models import OrgEntityType
from redemption.asks import Place

TYPE_HEADER = "X-CAP-API-ATTRIBUTION-ENTITY-TYPE"
CODE_HEADER = "X-CAP-API-ATTRIBUTION-ENTITY-CODE"

# Places lie at most four deep; the bound ends a circle that somebody made by hand.
CHAIN = """
WITH RECURSIVE up (id, type, time_zone, parent_id, step) AS (
    SELECT id, type, time_zone, parent_id, 1 FROM couponadmin_orgentity WHERE {which}
    UNION ALL
    SELECT place.id, place.type, place.time_zone, place.parent_id, up.step + 1
    FROM couponadmin_orgentity AS place JOIN up ON place.id = up.parent_id
    WHERE up.step < 10
)
SELECT type, id, time_zone FROM up ORDER BY step
"""
CHAIN_BY_ID = CHAIN.format(which="id = %s")
CHAIN_BY_CODE = CHAIN.format(which="type = %s AND code = %s")


def place_with_id(place_id: int | None) -> Place | None:
    """A place and all that contain it; None for none."""
    return read(CHAIN_BY_ID, place_id) if place_id is not None else None


def named_place(kind: str | None, code: str) -> Place:
    """The place of that type (a till if unsaid) and code; 756 if there is none."""
    kind = OrgEntityType.TILL if kind is None else kind.upper()
    if kind not in OrgEntityType.values:
        raise CouponError(ErrorCode.INPUT, f"{TYPE_HEADER}: CONCEPT, ZONE, STORE or TILL")
    place = read(CHAIN_BY_CODE, kind, code) if "\0" not in code else None
    if place is None:
        raise CouponError(ErrorCode.INPUT, f"{CODE_HEADER}: There is no such {kind.lower()}.")
    return place


def read(statement: str, *values: int | str) -> Place | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    if not rows:
        return None
    zone = next((name for _, _, name in rows if name), "")
    chain = tuple((kind, pk) for kind, pk, _ in rows)
    return Place(chain, ZoneInfo(zone) if zone else timezone.get_default_timezone())
