"""Who fails to sign in too often is locked out, alone and for a while."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from couponadmin import second_factor
from couponadmin.signin import client_ip
from tests.conftest import Caller

pytestmark = pytest.mark.django_db

LOGIN, HOME = "/admin/login/", "/admin/"
PASSWORD = "correct horse"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, is_staff=True)


def sign_in(client: Client, address: str = "10.0.0.1", **members: str) -> HttpResponse:
    sent = {"username": "ann", "password": PASSWORD} | members
    return client.post(LOGIN, sent, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def fail(client: Client, times: int, **members: str) -> HttpResponse:
    responses = [sign_in(client, password="wrong", **members) for _ in range(times)]
    return responses[-1]


class TestLockOut:
    @pytest.fixture(autouse=True)
    def _limit(self, ann: User, settings: Any) -> None:
        settings.AXES_FAILURE_LIMIT = 3

    def test_it_comes_with_the_last_allowed_failure(self, client: Client) -> None:
        assert fail(client, 2).status_code == 200

        response = fail(client, 1)

        assert response.status_code == 429
        assert response["Retry-After"] == "900"
        assert "in 15 minutes" in response.content.decode()

    def test_the_right_password_is_refused_then(self, client: Client) -> None:
        fail(client, 3)

        assert sign_in(client).status_code == 429
        assert not is_in(client)

    def test_colleagues_in_the_same_shop_sign_in(self, client: Client) -> None:
        User.objects.create_user("bob", password=PASSWORD, is_staff=True)
        fail(client, 3)

        sign_in(client, username="bob")

        assert is_in(client)

    def test_a_stranger_elsewhere_does_not_lock_out_the_person(self, client: Client) -> None:
        fail(Client(), 3, address="203.0.113.9")

        sign_in(client)

        assert is_in(client)

    def test_another_browser_does_not_help(self, client: Client) -> None:
        fail(client, 3)

        response = client.post(
            LOGIN,
            {"username": "ann", "password": PASSWORD},
            REMOTE_ADDR="10.0.0.1",
            HTTP_USER_AGENT="x",
        )

        assert response.status_code == 429

    def test_it_ends(self, client: Client) -> None:
        fail(client, 3)
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

        sign_in(client)

        assert is_in(client)

    def test_success_forgets_the_failures_before(self, client: Client) -> None:
        fail(client, 2)
        sign_in(client)

        assert fail(client, 2).status_code == 200

    def test_no_password_is_written_down(self, client: Client) -> None:
        sign_in(client, password="nearly right", otp_token="123456")

        written = str(AccessAttempt.objects.values().get())
        assert "nearly right" not in written
        assert "123456" not in written

    @pytest.mark.parametrize("name", ["", "a\0b", "x" * 300, "ann' --"])
    def test_odd_names_are_no_failure_of_ours(self, client: Client, name: str) -> None:
        assert fail(client, 4, username=name).status_code in (200, 429)

    def test_it_never_touches_the_api(self, client: Client, client_api: Caller) -> None:
        fail(client, 3, username=client_api.client.client_id)
        for _ in range(5):
            client_api.get("/v2/customers?id=1", authorization="Basic d3Jvbmc6d3Jvbmc=")

        assert client_api.get("/v2/customers?id=1").status_code == 400
        assert not AccessAttempt.objects.filter(username="wrong").exists()


class TestWhatAnAdministratorCanDo:
    def save(self, admin_client: Client, ann: User, action: str) -> HttpResponse:
        sent = {"username": "ann", "is_staff": "on", "is_active": "on", f"auth_user_{action}": "1"}
        sent |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
        return admin_client.post(f"/admin/auth/user/{ann.pk}/change/", sent, follow=True)

    def test_lift_the_lock(self, admin_client: Client, ann: User, settings: Any) -> None:
        settings.AXES_FAILURE_LIMIT = 3
        other = Client()
        fail(other, 3)

        page = self.save(admin_client, ann, "unlock").content.decode()
        sign_in(other)

        assert "ann may try to sign in again." in page
        assert is_in(other)

    def test_remove_the_second_factor(self, admin_client: Client, ann: User) -> None:
        TOTPDevice.objects.create(user=ann, name="App")

        page = self.save(admin_client, ann, "remove_second_factor").content.decode()

        assert "ann signs in with the password only." in page
        assert not second_factor.is_on(ann)

    def test_only_where_there_is_something_to_lift(self, admin_client: Client, ann: User) -> None:
        page = admin_client.get(f"/admin/auth/user/{ann.pk}/change/").content.decode()

        assert "lift the lock" not in page
        assert "remove the second factor" not in page

    @pytest.mark.parametrize("kind", ["otp_totp/totpdevice", "otp_static/staticdevice"])
    def test_keys_are_nobodys_to_look_at(self, admin_client: Client, kind: str) -> None:
        assert admin_client.get(f"/admin/{kind}/").status_code == 404


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "", "10.0.0.1"),
        (0, "1.2.3.4", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.7", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_what_our_outermost_proxy_saw(
    settings: Any, proxies: int, forwarded: str, found: str
) -> None:
    settings.PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    request = RequestFactory(REMOTE_ADDR="10.0.0.1").get(LOGIN, headers=headers)

    assert client_ip(request) == found
