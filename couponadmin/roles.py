"""The ready-made groups: three for API clients, six for people, each with what its work needs.

What somebody may do is what their groups may do, for people and API clients alike.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

DEFAULT_ACCESS = "Default access"
SERIES_WRITE = "Coupon series write"
MARKETING = "Marketing"
SUPPORT = "Support"
STORE_MANAGER = "Store manager"
READ_ONLY = "Read-only"
APPROVER = "Approver"
API_ADMINISTRATOR = "API administrator"
MONITORING = "Monitoring"

# Coupons: `view` shows batches, too, `add` issues, `change` revokes and moves the end.
# Customers: `export` has names and addresses in files, which otherwise have ids only.
# Redemptions: `add` checks and redeems, `change` gives back, `view` is told every reason.
VIEW = (
    "couponadmin.view_orgentity",
    "customers.view_customer",
    "series.view_series",
    "issuance.view_coupon",
    "redemption.view_redemption",
    "redemption.view_hold",
    "redemption.view_refusal",
)
ROLES: dict[str, tuple[str, ...]] = {
    DEFAULT_ACCESS: (
        "customers.add_customer",
        "customers.change_customer",
        "customers.view_customer",
        "issuance.add_coupon",
        "issuance.change_coupon",
        "issuance.view_coupon",
        "redemption.add_redemption",
        "redemption.change_redemption",
        "redemption.view_redemption",
        "series.view_series",
    ),
    SERIES_WRITE: ("series.add_series", "series.change_series"),
    MARKETING: (
        *VIEW,
        "customers.add_customer",
        "customers.export_customer",
        "series.add_series",
        "series.change_series",
        "issuance.add_coupon",
        "issuance.change_coupon",
    ),
    # Whoever has to wait for guessing calls support, or asks the manager.
    SUPPORT: (
        *VIEW,
        "couponadmin.view_guesser",
        "customers.add_customer",
        "customers.change_customer",
        "issuance.add_coupon",
        "issuance.change_coupon",
        "redemption.change_redemption",
    ),
    STORE_MANAGER: (*VIEW, "couponadmin.view_guesser", "redemption.change_redemption"),
    READ_ONLY: VIEW,
    # Begins nothing and makes no API clients, so cannot approve what is their own by detours.
    APPROVER: (*VIEW, "batches.approve"),
    API_ADMINISTRATOR: (
        "auth.view_group",
        "couponadmin.add_apiclient",
        "couponadmin.change_apiclient",
        "couponadmin.view_apiclient",
        "couponadmin.add_orgentity",
        "couponadmin.change_orgentity",
        "couponadmin.view_orgentity",
        "outbox.add_endpoint",
        "outbox.change_endpoint",
        "outbox.view_endpoint",
        "outbox.change_event",
        "outbox.view_event",
        "couponadmin.view_guesser",
    ),
    MONITORING: ("couponadmin.view_metrics",),
}


def groups(*, series_write: bool) -> QuerySet[Group]:
    """The groups of an ordinary client, or of one that may also make and change series."""
    names = [DEFAULT_ACCESS, SERIES_WRITE] if series_write else [DEFAULT_ACCESS]
    return Group.objects.filter(name__in=names)


def make_missing_groups(**signal: object) -> None:
    """Receiver of post_migrate. A group that exists is the admin's own and stays as it is.

    Called once per app; a group is made as soon as all of its permissions exist.
    """
    missing = ROLES.keys() - set(Group.objects.values_list("name", flat=True))
    if not missing:
        return
    permissions = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    known = {f"{app}.{codename}": pk for app, codename, pk in permissions}
    ready = [name for name in ROLES if name in missing and known.keys() >= set(ROLES[name])]
    made = Group.objects.bulk_create([Group(name=name) for name in ready])
    member = Group.permissions.through
    member.objects.bulk_create(
        member(group_id=group.pk, permission_id=known[name])
        for group in made
        for name in ROLES[group.name]
    )


def permissions_named(*names: str) -> QuerySet[Permission]:
    """Permissions by `app.codename`; no name, no permission."""
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted)
