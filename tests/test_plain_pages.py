"""The pages that stand in for one which cannot be shown: plain words, and a way back."""

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db
HOME = '<a href="/admin/">'


def test_an_address_that_leads_nowhere(admin_client: Client) -> None:
    response = admin_client.get("/admin/nothing/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert HOME in response.content.decode()
    assert "script-src" in response.headers["Content-Security-Policy"]


def test_an_api_client_gets_its_envelope(client: Client) -> None:
    assert client.get("/v2/nothing").json()["errors"][0]["code"] == 404


def test_a_page_that_no_role_of_theirs_opens(client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=True))

    response = client.get("/admin/auth/user/")

    assert response.status_code == 403
    assert "None of your roles allows it" in response.content.decode()
    # With the menu, and what belongs to the person who is signed in.
    assert 'id="nav-sidebar"' in response.content.decode()
    assert "/admin/logout/" in response.content.decode()


def test_a_form_that_was_open_for_too_long(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    response = client.post("/admin/auth/group/add/", {"name": "Nobody"})

    assert response.status_code == 403
    assert "Nothing was saved" in response.content.decode()


@pytest.mark.parametrize("number", ["400", "500"])
def test_the_others_need_nothing_to_be_shown(number: str) -> None:
    assert HOME in render_to_string(f"{number}.html")
