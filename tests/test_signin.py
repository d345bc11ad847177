"""Signing in to the admin, with a second factor or without."""

import re
import time
from base64 import b32decode
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from couponadmin import second_factor

pytestmark = pytest.mark.django_db

LOGIN, HOME, PAGE = "/admin/login/", "/admin/", "/admin/auth/user/second-factor/"
PASSWORD = "correct horse"
KEY = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, is_staff=True)


@pytest.fixture
def recovery_codes(ann: User, now: datetime) -> list[str]:
    """Ann's second factor is on; her codes of this half minute are used up by that."""
    earlier = now - timedelta(minutes=5)
    code = code_at(earlier)
    return second_factor.turn_on(ann, key=KEY, code=code, now=earlier)


def code_at(moment: datetime) -> str:
    return f"{totp(bytes.fromhex(KEY), t0=int(time.time() - moment.timestamp())):06}"


def sign_in(client: Client, address: str = "10.0.0.1", **members: str) -> HttpResponse:
    sent = {"username": "ann", "password": PASSWORD} | members
    return client.post(LOGIN, sent, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def test_without_a_second_factor_the_password_is_enough(client: Client, ann: User) -> None:
    page = client.get(LOGIN).content.decode()
    sign_in(client)

    assert 'name="otp_token"' not in page
    assert is_in(client)


@pytest.mark.usefixtures("recovery_codes")
class TestWithASecondFactor:
    def test_the_password_alone_gets_the_question_for_a_code(self, client: Client) -> None:
        page = sign_in(client).content.decode()

        assert "Enter the code from your authenticator app, too." in page
        assert 'name="otp_token"' in page
        assert not is_in(client)

    def test_the_current_code_lets_in(self, client: Client, now: datetime) -> None:
        sign_in(client, otp_token=code_at(now))

        assert is_in(client)

    def test_a_code_is_good_only_once(self, client: Client, now: datetime) -> None:
        code = code_at(now)
        sign_in(Client(), otp_token=code)

        page = sign_in(client, otp_token=code).content.decode()

        assert "That code is wrong." in page
        assert not is_in(client)

    @pytest.mark.parametrize("code", ["000000", "abcdefgh", "x", "٣٣٣٣٣٣", "9" * 50])
    def test_a_wrong_code_does_not(self, client: Client, code: str) -> None:
        page = sign_in(client, otp_token=code).content.decode()

        assert "That code is wrong." in page
        assert not is_in(client)

    def test_the_next_try_has_to_wait_after_a_wrong_code(
        self, client: Client, now: datetime
    ) -> None:
        sign_in(client, otp_token="000000")

        page = sign_in(client, otp_token=code_at(now)).content.decode()

        assert "Verification temporarily disabled" in page
        assert not is_in(client)

    def test_a_wrong_password_does_not_even_ask(self, client: Client, now: datetime) -> None:
        page = sign_in(client, password="wrong", otp_token=code_at(now)).content.decode()

        assert 'name="otp_token"' not in page
        assert not is_in(client)

    def test_another_ones_code_is_worth_nothing(self, client: Client, now: datetime) -> None:
        bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
        TOTPDevice.objects.create(user=bob, name="App")

        sign_in(client, username="bob", otp_token=code_at(now))

        assert not is_in(client)


def test_a_recovery_code_lets_in_once(client: Client, ann: User, recovery_codes: list[str]) -> None:
    typed = f" {recovery_codes[0][:4].upper()}-{recovery_codes[0][4:]}"
    sign_in(client, otp_token=typed)
    again = Client()
    sign_in(again, otp_token=typed)

    assert is_in(client)
    assert not is_in(again)
    assert second_factor.recovery_codes_left(ann) == second_factor.RECOVERY_CODES - 1


class TestThePageOfTheSecondFactor:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client: Client, ann: User) -> None:
        client.force_login(ann)

    def test_it_is_for_people_who_are_signed_in(self) -> None:
        assert Client().get(PAGE).status_code == 302

    def test_it_shows_a_key_and_turns_on_with_its_code(self, client: Client, ann: User) -> None:
        shown = client.get(PAGE).content.decode()
        [key] = re.findall(r'coupon-key[^>]*">(\w+)<', shown)
        code = f"{totp(b32decode(key)):06}"

        page = client.post(PAGE, {"otp_token": code}).content.decode()

        assert "data:image/svg+xml" in shown
        assert second_factor.is_on(ann)
        codes = re.findall(r"<li>(\w{8})</li>", page)
        assert len(set(codes)) == second_factor.RECOVERY_CODES
        assert codes[0] not in client.get(PAGE).content.decode()

    @pytest.mark.parametrize("code", ["", "000000", "abc", "0" * 80])
    def test_a_wrong_code_turns_nothing_on(self, client: Client, ann: User, code: str) -> None:
        client.get(PAGE)

        page = client.post(PAGE, {"otp_token": code})

        assert page.status_code == 200
        assert not second_factor.is_on(ann)
        assert not TOTPDevice.objects.exists()

    @pytest.mark.usefixtures("recovery_codes")
    def test_it_turns_off_with_a_code(self, client: Client, ann: User, now: datetime) -> None:
        client.post(PAGE, {"otp_token": code_at(now), "change": "off"})

        assert not second_factor.is_on(ann)
        assert second_factor.recovery_codes_left(ann) == 0

    @pytest.mark.usefixtures("recovery_codes")
    @pytest.mark.parametrize("code", ["", "000000"])
    def test_it_stays_on_without_one(self, client: Client, ann: User, code: str) -> None:
        client.post(PAGE, {"otp_token": code, "change": "off"})

        assert second_factor.is_on(ann)

    def test_new_recovery_codes_replace_the_old_ones(
        self, client: Client, ann: User, recovery_codes: list[str]
    ) -> None:
        page = client.post(PAGE, {"otp_token": recovery_codes[0], "change": "renew"})

        assert second_factor.recovery_codes_left(ann) == second_factor.RECOVERY_CODES
        assert recovery_codes[1] not in page.content.decode()
