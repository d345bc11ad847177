"""What files tell of API clients, of places, and of what people did."""

from couponadmin.list_export import Column

API_CLIENTS = [
    Column("name", lambda client: client.name),
    Column("clientId", lambda client: client.client_id),
    Column("isActive", lambda client: client.is_active),
    Column("till", lambda client: client.till and client.till.code),
    Column("ratePerMinute", lambda client: client.rate_per_minute),
    Column("createdAt", lambda client: client.created_at),
    Column("rotatedAt", lambda client: client.rotated_at),
    Column("lastUsedAt", lambda client: client.last_used_at),
]
PLACES = [
    Column("type", lambda place: place.type),
    Column("code", lambda place: place.code),
    Column("name", lambda place: place.name),
    Column("parent", lambda place: place.parent and place.parent.code),
    Column("timeZone", lambda place: place.time_zone),
]
LOG = [
    Column("at", lambda entry: entry.action_time),
    Column("user", lambda entry: entry.user.username),
    Column("kind", lambda entry: entry.content_type and entry.content_type.model),
    Column("id", lambda entry: entry.object_id),
    Column("what", lambda entry: entry.object_repr),
    Column("how", lambda entry: entry.get_change_message() or entry.get_action_flag_display()),
]
