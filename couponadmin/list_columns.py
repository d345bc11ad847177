"""What files tell of people, roles, API clients, places, and of what people did."""

from django.contrib.auth.models import Group, User

from couponadmin.list_export import Column


def role_names(user: User) -> str:
    return ", ".join(sorted(group.name for group in user.groups.all()))


def permission_names(group: Group) -> str:
    """The permissions as `app.codename`, sorted, blanks between them."""
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return " ".join(sorted(f"{app}.{codename}" for app, codename in rows))


PEOPLE = [
    Column("username", lambda user: user.username),
    Column("email", lambda user: user.email),
    Column("firstName", lambda user: user.first_name),
    Column("lastName", lambda user: user.last_name),
    Column("roles", role_names),
    Column("isActive", lambda user: user.is_active),
    Column("isSuperuser", lambda user: user.is_superuser),
    Column("dateJoined", lambda user: user.date_joined),
    Column("lastLogin", lambda user: user.last_login),
]
ROLES = [
    Column("name", lambda group: group.name),
    Column("people", lambda group: group.people),
    Column("apiClients", lambda group: group.api_clients),
    Column("permissions", permission_names),
]
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
