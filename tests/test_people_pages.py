"""People and roles in the admin: in its own words, and nobody is left out or let in by chance."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from couponadmin import roles
from tests.forms import form_data

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/auth/user/"
ROLES = "/admin/auth/group/"


def page_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def role_named(name: str) -> Group:
    roles.make_missing_groups()
    return Group.objects.get(name=name)


def made(client: Client, username: str, role: Group) -> User:
    sent = {
        "username": username,
        "password1": "four-plain-words-7",
        "password2": "four-plain-words-7",
        "groups": [role.pk],
    }
    assert client.post(f"{PEOPLE}add/", sent).status_code == 302
    return User.objects.get(username=username)


def changed(client: Client, person: User, **values: Any) -> None:
    path = f"{PEOPLE}{person.pk}/change/"
    sent = form_data(page_of(client, path), "user_form") | values
    sent = {name: value for name, value in sent.items() if value is not None}
    assert client.post(path, sent).status_code == 302
    person.refresh_from_db()


@pytest.mark.parametrize("path", [ROLES, f"{ROLES}add/", PEOPLE, f"{PEOPLE}add/"])
def test_nobody_reads_djangos_words(admin_client: Client, path: str) -> None:
    page = page_of(admin_client, path)

    for word in ("Groups", "groups<", " group<", "Users", "Authentication", "Staff status"):
        assert word not in page, word


def test_a_role_is_called_so_where_it_is_deleted_and_in_the_log(admin_client: Client) -> None:
    role = role_named(roles.SUPPORT)
    made(admin_client, "sana", role)

    asked = page_of(admin_client, f"{ROLES}{role.pk}/delete/")
    admin_client.post(f"{ROLES}{role.pk}/delete/", {"post": "yes"})

    assert "Support: of people 1, of API clients 0" in asked
    assert "Group_permissions" not in asked
    assert not Group.objects.filter(pk=role.pk).exists()
    assert "Role Support" in page_of(admin_client, "/admin/admin/logentry/")


def test_whoever_is_added_may_sign_in_and_has_the_role(admin_client: Client) -> None:
    person = made(admin_client, "sana", role_named(roles.SUPPORT))

    assert (person.is_active, person.is_staff, person.is_superuser) == (True, True, False)
    assert [role.name for role in person.groups.all()] == [roles.SUPPORT]
    own = Client()
    assert own.login(username="sana", password="four-plain-words-7")
    assert own.get("/admin/issuance/coupon/").status_code == 200


def test_one_switch_decides_whether_somebody_may_sign_in(admin_client: Client) -> None:
    person = made(admin_client, "sana", role_named(roles.SUPPORT))

    changed(admin_client, person, is_active=None)
    assert (person.is_active, person.is_staff) == (False, False)

    changed(admin_client, person, is_active="on")
    assert (person.is_active, person.is_staff) == (True, True)


def test_saving_lets_nobody_in_who_was_kept_out(admin_client: Client) -> None:
    person = User.objects.create_user("sana")
    assert person.is_active
    assert not person.is_staff

    changed(admin_client, person, first_name="Sana")

    assert person.first_name == "Sana"
    assert not person.is_staff


def test_people_stay_in_the_log_when_they_leave(admin_client: Client) -> None:
    person = made(admin_client, "sana", role_named(roles.SUPPORT))

    response = admin_client.post(f"{PEOPLE}{person.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=person.pk).exists()


def test_only_who_may_do_everything_lets_others_do_everything(client: Client) -> None:
    keeper = User.objects.create_user("keeper", is_staff=True)
    keeper.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user"])
    )
    client.force_login(keeper)

    changed(client, keeper, is_superuser="on", first_name="Kim")

    assert keeper.first_name == "Kim"
    assert not keeper.is_superuser


def test_every_permission_of_a_ready_made_role_has_plain_words() -> None:
    assert {name for names in roles.ROLES.values() for name in names} <= roles.MEANINGS.keys()
    assert roles.PURPOSES.keys() == roles.ROLES.keys()


def test_all_that_can_be_given_is_there() -> None:
    offered = roles.may_be_given(role_id=None)

    assert {roles.full_name(permission) for permission in offered} == roles.MEANINGS.keys()


def test_a_role_keeps_what_it_has_from_elsewhere(admin_client: Client) -> None:
    role = role_named(roles.SUPPORT)
    role.permissions.add(Permission.objects.get(codename="delete_customer"))
    before = set(role.permissions.all())
    path = f"{ROLES}{role.pk}/change/"

    page = page_of(admin_client, path)
    sent = {"name": "Help desk", "permissions": [permission.pk for permission in before]}
    assert admin_client.post(path, sent).status_code == 302

    assert "Can delete customer" in page
    assert "Coupons: revoke, and change when they expire" in page
    assert "Can add session" not in page
    assert set(role.permissions.all()) == before


def test_what_no_role_may_have_is_refused(admin_client: Client) -> None:
    role = role_named(roles.SUPPORT)
    before = set(role.permissions.all())
    session = Permission.objects.get(codename="delete_session")

    response = admin_client.post(
        f"{ROLES}{role.pk}/change/", {"name": "Support", "permissions": [session.pk]}
    )

    assert response.status_code == 200
    assert set(role.permissions.all()) == before


def test_the_log_says_what_kind_of_thing_it_was(admin_client: Client) -> None:
    made(admin_client, "sana", role_named(roles.SUPPORT))

    page = page_of(admin_client, "/admin/admin/logentry/")
    entry = LogEntry.objects.get()

    assert "Person sana" in page
    assert "Person sana" in page_of(admin_client, f"/admin/admin/logentry/{entry.pk}/change/")


def test_a_new_api_client_is_offered_a_role(admin_client: Client) -> None:
    role = role_named(roles.DEFAULT_ACCESS)

    response = admin_client.get("/admin/couponadmin/apiclient/add/")

    assert list(response.context_data["adminform"].form.initial["groups"]) == [role]


def test_only_who_may_do_everything_changes_people_who_may(admin_user: User) -> None:
    clerk = User.objects.create_user("sana", password="four-plain-words-7", is_staff=True)
    clerk.user_permissions.set(roles.permissions_named("auth.view_user", "auth.change_user"))
    client = Client()
    client.force_login(clerk)
    before = admin_user.password

    for path in (f"{PEOPLE}{admin_user.pk}/password/", f"{PEOPLE}{admin_user.pk}/change/"):
        sent = {"password1": "four-plain-words-8", "password2": "four-plain-words-8"}
        assert client.post(path, sent).status_code == 403

    assert User.objects.get(pk=admin_user.pk).password == before
    assert client.get(f"{PEOPLE}{clerk.pk}/password/").status_code == 200


def test_nobody_locks_themselves_out(admin_client: Client, admin_user: User) -> None:
    changed(admin_client, admin_user, is_superuser=None, is_active=None, first_name="Kim")

    assert admin_user.first_name == "Kim"
    assert (admin_user.is_active, admin_user.is_superuser) == (True, True)


def test_what_somebody_may_do_beside_their_roles_is_shown_and_taken_away(
    admin_client: Client,
) -> None:
    person = made(admin_client, "sana", role_named(roles.SUPPORT))
    assert "Beside the roles" not in page_of(admin_client, f"{PEOPLE}{person.pk}/change/")
    kept, gone = roles.permissions_named("series.add_series", "batches.approve").order_by("pk")
    person.user_permissions.set([kept, gone])

    page = page_of(admin_client, f"{PEOPLE}{person.pk}/change/")
    changed(admin_client, person, user_permissions=[kept.pk])

    assert "Beside the roles" in page
    assert "Series: add" in page
    assert "Customers: add, also from a file" not in page
    assert list(person.user_permissions.all()) == [kept]
