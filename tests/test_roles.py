"""The ready-made groups: who may do what, as a table, and what that means on the pages."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client

from couponadmin import roles
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

D, W, E, M, S, T, R, P, A, N = (
    "Default access",
    "Coupon series write",
    "Web shop",
    "Marketing",
    "Support",
    "Store manager",
    "Read-only",
    "Approver",
    "API administrator",
    "Monitoring",
)
TABLE = {
    "auth.view_group": {A},
    "couponadmin.add_apiclient": {A},
    "couponadmin.change_apiclient": {A},
    "couponadmin.view_apiclient": {A},
    "couponadmin.view_metrics": {N},
    "couponadmin.add_orgentity": {A},
    "couponadmin.change_orgentity": {A},
    "couponadmin.view_orgentity": {M, S, T, R, P, A},
    "customers.add_customer": {D, E, M, S},
    "customers.change_customer": {D, S},
    "customers.export_customer": {M},
    "customers.view_customer": {D, M, S, T, R, P},
    "series.add_series": {W, M},
    "series.change_series": {W, M},
    "series.view_series": {D, E, M, S, T, R, P},
    "issuance.add_coupon": {D, E, M, S},
    "issuance.change_coupon": {D, M, S},
    "issuance.view_coupon": {D, M, S, T, R, P},
    "batches.approve": {P},
    "redemption.add_redemption": {D, E},
    "redemption.change_redemption": {D, S, T},
    "redemption.view_redemption": {D, M, S, T, R, P},
    "redemption.view_hold": {M, S, T, R, P},
    "redemption.view_refusal": {M, S, T, R, P},
    "couponadmin.view_guesser": {S, T, A},
    "outbox.add_endpoint": {A},
    "outbox.change_endpoint": {A},
    "outbox.view_endpoint": {A},
    "outbox.change_event": {A},
    "outbox.view_event": {A},
}


def permissions_of(role: str) -> set[str]:
    rows = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


@pytest.mark.parametrize("role", [D, W, E, M, S, T, R, P, A, N])
def test_a_role_has_the_permissions_of_the_table_and_no_other(role: str) -> None:
    assert permissions_of(role) == {name for name, who in TABLE.items() if role in who}


def test_every_ready_made_group_stands_in_the_table() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {D, W, E, M, S, T, R, P, A, N}


def test_nobody_but_superusers_touches_people_groups_or_deletes() -> None:
    given = set().union(*(permissions_of(role) for role in roles.ROLES))

    assert not {name for name in given if "user" in name or ".delete_" in name}
    assert {name for name in given if name.startswith("auth.")} == {"auth.view_group"}


def test_a_deleted_role_is_made_again_and_a_changed_one_kept() -> None:
    Group.objects.get(name=S).delete()
    Group.objects.get(name=M).permissions.clear()

    call_command("migrate", verbosity=0)

    assert "issuance.change_coupon" in permissions_of(S)
    assert permissions_of(M) == set()


def person(client: Client, role: str) -> Client:
    user = User.objects.create_user("sam", is_staff=True)
    user.groups.set([Group.objects.get(name=role)])
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("customers/customer/", {M, S, T, R, P}),
        ("customers/customer/add/", {M, S}),
        ("series/series/", {M, S, T, R, P}),
        ("series/series/add/", {M}),
        ("issuance/coupon/", {M, S, T, R, P}),
        ("couponadmin/apiclient/", {A}),
        ("couponadmin/apiclient/add/", {A}),
        ("couponadmin/orgentity/", {M, S, T, R, P, A}),
        ("couponadmin/orgentity/add/", {A}),
        ("couponadmin/guesser/", {S, T, A}),
        ("auth/user/", set()),
        ("auth/group/", {A}),
        ("auth/group/add/", set()),
    ],
)
@pytest.mark.parametrize("role", [M, S, T, R, P, A])
def test_a_role_opens_its_pages_and_no_other(
    client: Client, role: str, page: str, allowed: set[str]
) -> None:
    response = person(client, role).get(f"/admin/{page}")

    assert response.status_code == (200 if role in allowed else 403)


@pytest.mark.parametrize(("role", "may"), [(M, True), (S, True), (T, False), (R, False)])
def test_only_who_may_change_coupons_revokes(client: Client, role: str, may: bool) -> None:
    coupon = make_coupon()

    response = person(client, role).get(f"/admin/issuance/coupon/{coupon.pk}/revoke_one/")

    assert response.status_code == (200 if may else 403)


@pytest.mark.parametrize(
    ("role", "model", "changed"),
    [
        (M, "series", True),
        (S, "series", False),
        (R, "series", False),
        (S, "customer", True),
        (M, "customer", False),
        (T, "customer", False),
    ],
)
def test_what_a_role_may_not_change_is_shown_without_fields(
    client: Client, role: str, model: str, changed: bool
) -> None:
    row: Any = make_series() if model == "series" else make_customer()
    app = row._meta.app_label

    page = person(client, role).get(f"/admin/{app}/{model}/{row.pk}/change/").content.decode()

    assert ('name="_save"' in page) is changed
