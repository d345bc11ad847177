"""How events are stored: by a statement of their own, or as a part of the one that makes them true.

The endpoints are joined to what happened, so nothing is written where nobody listens, and a row
for each endpoint that does.
"""

from collections.abc import Mapping

from outbox.models import Kind


def note_each(kind: Kind, rows: str, payload: Mapping[str, str]) -> str:
    """The INSERT of an event for each of `rows`: tables, or earlier parts of the same statement.

    `payload` has an SQL expression for each member. The statement needs the parameter `now`.
    """
    members = ", ".join(f"'{name}', {value}" for name, value in payload.items())
    return insert(f"'{kind}'", rows, f"jsonb_build_object({members})")


def insert(kind: str, rows: str, payload: str) -> str:
    # `OFFSET 0`: who listens is asked first, so that otherwise no row is looked at.
    return f"""
    INSERT INTO outbox_event (endpoint_id, kind, at, payload)
    SELECT listener.id, {kind}, %(now)s, {payload}
    FROM (
        SELECT id FROM outbox_endpoint WHERE is_active AND {kind} = ANY(kinds) OFFSET 0
    ) AS listener CROSS JOIN {rows}
    """


NOTE = insert("%(kind)s::text", "unnest(%(payloads)s::jsonb[]) AS fact(payload)", "fact.payload")
