"""The two ready-made groups. What a client may do is what its groups may do, as for people."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

DEFAULT_ACCESS = "Default access"
SERIES_WRITE = "Coupon series write"

ROLES: dict[str, tuple[str, ...]] = {
    DEFAULT_ACCESS: (
        "customers.add_customer",
        "customers.change_customer",
        "customers.view_customer",
        "issuance.add_coupon",
        "issuance.change_coupon",
        "issuance.view_coupon",
        "series.view_series",
    ),
    SERIES_WRITE: ("series.add_series", "series.change_series"),
}


def groups(*, series_write: bool) -> QuerySet[Group]:
    """The groups of an ordinary client, or of one that may also make and change series."""
    names = [DEFAULT_ACCESS, SERIES_WRITE] if series_write else [DEFAULT_ACCESS]
    return Group.objects.filter(name__in=names)


def make_missing_groups(**signal: object) -> None:
    """Receiver of post_migrate. A group that exists is the admin's own and stays as it is.

    Called once per app; a group is made as soon as all of its permissions exist.
    """
    existing = set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True))
    for name in ROLES.keys() - existing:
        permissions = permissions_named(*ROLES[name])
        if len(permissions) == len(ROLES[name]):
            Group.objects.create(name=name).permissions.set(permissions)


def permissions_named(*names: str) -> QuerySet[Permission]:
    """Permissions by `app.codename`."""
    wanted = Q()
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted)
