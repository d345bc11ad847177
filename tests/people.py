"""People who sign in to the admin, each in one of the ready-made roles."""

from django.contrib.auth.models import Group, User
from django.test import Client

from couponadmin import roles


def signed_in_as(role: str, username: str, **columns: str) -> Client:
    """The browser of somebody with that role only."""
    roles.make_missing_groups()
    person = User.objects.create_user(username, is_staff=True, **columns)
    person.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(person)
    return client
