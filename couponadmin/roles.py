"""The ready-made groups: four for API clients, six for people, each with what its work needs.

What somebody may do is what their groups may do, for people and API clients alike.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

DEFAULT_ACCESS = "Default access"
SERIES_WRITE = "Coupon series write"
WEB_SHOP = "Web shop"
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
    # Whoever shops there types codes: without `view` somebody else's are as good as unknown, and
    # `change` would give back, and name, redemptions of everybody.
    WEB_SHOP: (
        "customers.add_customer",
        "issuance.add_coupon",
        "redemption.add_redemption",
        "series.view_series",
    ),
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

# What can be given to a role, in the words of whoever hands it out.
MEANINGS = {
    "admin.view_logentry": "Log: see who did what",
    "auth.view_user": "People: see them",
    "auth.add_user": "People: add them, and give them roles",
    "auth.change_user": "People: change them, their roles and passwords",
    "auth.view_group": "Roles: see them, and give them to API clients",
    "auth.add_group": "Roles: add",
    "auth.change_group": "Roles: change what they may do",
    "auth.delete_group": "Roles: delete",
    "batches.approve": "Approval: decide about what waits for a second person",
    "couponadmin.view_apiclient": "API clients: see them",
    "couponadmin.add_apiclient": "API clients: add",
    "couponadmin.change_apiclient": "API clients: change, disable, make a new secret",
    "couponadmin.view_metrics": "Metrics: read them over the API",
    "couponadmin.view_guesser": "Guessing: see who tries unknown codes",
    "couponadmin.view_orgentity": "Places: see stores and tills",
    "couponadmin.add_orgentity": "Places: add",
    "couponadmin.change_orgentity": "Places: change",
    "couponadmin.delete_orgentity": "Places: delete",
    "customers.view_customer": "Customers: see them",
    "customers.add_customer": "Customers: add; with “see”, also create or update many from a file",
    "customers.change_customer": "Customers: change and merge",
    "customers.export_customer": "Customers: take names and addresses out as a file",
    "issuance.view_coupon": "Coupons: see them, and batches",
    "issuance.add_coupon": "Coupons: issue",
    "issuance.change_coupon": "Coupons: revoke, and change when they expire",
    "outbox.view_endpoint": "Webhooks: see them",
    "outbox.add_endpoint": "Webhooks: add",
    "outbox.change_endpoint": "Webhooks: change, disable, make a new secret",
    "outbox.view_event": "Webhook events: see them",
    "outbox.change_event": "Webhook events: send again",
    "redemption.view_hold": "Holds: see coupons kept for a payment",
    "redemption.view_redemption": "Redemptions: see them, and try a code",
    "redemption.add_redemption": "Redemptions: check and redeem over the API",
    "redemption.change_redemption": "Redemptions: give a redeemed coupon back",
    "redemption.view_refusal": "Refusals: see them",
    "series.view_series": "Series: see them",
    "series.add_series": "Series: add",
    "series.change_series": "Series: change, extend, upload codes",
}
# What each is for, in the words of whoever hands it out.
PURPOSES = {
    DEFAULT_ACCESS: "for API clients: customers, coupons and redemptions",
    SERIES_WRITE: "for API clients, beside Default access: makes and changes series",
    WEB_SHOP: "for API clients that strangers use: issues and redeems, sees nothing of others",
    MARKETING: "makes series, issues and revokes coupons, takes lists of customers out as files",
    SUPPORT: "helps customers: finds, issues, revokes and gives back coupons",
    STORE_MANAGER: "looks at everything, gives a redeemed coupon back",
    READ_ONLY: "looks at everything, changes nothing",
    APPROVER: "the second person: approves large or costly batches and revocations",
    API_ADMINISTRATOR: "API clients, places and webhooks",
    MONITORING: "for the API client that reads /metrics",
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


def may_be_given(*, role_id: int | None) -> QuerySet[Permission]:
    """What a page or call asks for, and what the role has from elsewhere. Django keeps permissions
    for every table, also for those that nobody is let near.
    """
    given = Q(pk__in=permissions_named(*MEANINGS).values("pk"))
    if role_id is not None:
        given |= Q(pk__in=Permission.objects.filter(group=role_id).values("pk"))
    return Permission.objects.filter(given).select_related("content_type")


def meaning(permission: Permission) -> str:
    """In plain words, or as Django calls it."""
    return MEANINGS.get(full_name(permission), permission.name)


def place(permission: Permission) -> tuple[int, str]:
    """Where it stands among all; those from elsewhere are the last."""
    order = {name: at for at, name in enumerate(MEANINGS)}
    return order.get(full_name(permission), len(order)), permission.codename


def full_name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def permissions_named(*names: str) -> QuerySet[Permission]:
    """Permissions by `app.codename`; no name, no permission."""
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted)
