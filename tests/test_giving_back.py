"""Support gives a redeemed coupon back in the admin, by the same service as the API."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.test import Client
from django.utils import timezone

from couponadmin import roles
from issuance.models import Coupon
from redemption.models import Redemption
from redemption.services import redeem, reverse
from tests.factories import make_customer, make_series
from tests.people import signed_in_as
from tests.test_redeem_engine import NOW, coupons_of, visit
from tests.waiting import wait_for_locks

pytestmark = pytest.mark.django_db
LIST = "/admin/redemption/redemption/"


@pytest.fixture
def redemption(new_caller: Callable[..., object]) -> Redemption:
    customer = make_customer()
    [coupon] = coupons_of(make_series(), customer, 1)
    here = visit(customer, client_id=new_caller().client.pk, bill_amount=1500)
    redeem([coupon.code], here, now=NOW, all_or_nothing=False)
    return Redemption.objects.get()


def page_of(client: Client, redemption: Redemption) -> str:
    return client.get(f"{LIST}{redemption.pk}/change/").content.decode()


def test_it_asks_first_and_then_gives_back(redemption: Redemption) -> None:
    agent = signed_in_as(roles.SUPPORT, "sana")
    address = f"{LIST}{redemption.pk}/give_back/"
    assert address in page_of(agent, redemption)

    assert redemption.coupon.code in agent.get(address).content.decode()
    redemption.refresh_from_db()
    assert redemption.reversed_at is None

    agent.post(address, {"reason": "goods were returned"})

    redemption.refresh_from_db()
    assert redemption.reversed_at is not None
    assert redemption.reversed_by_user.username == "sana"
    assert redemption.reversal_reason == "goods were returned"
    assert Coupon.objects.get().redemption_count == 0
    assert LogEntry.objects.get().get_change_message() == "Given back. goods were returned"
    assert address not in page_of(agent, redemption)


def test_it_is_given_back_once(redemption: Redemption) -> None:
    agent = signed_in_as(roles.SUPPORT, "sana")
    address = f"{LIST}{redemption.pk}/give_back/"
    agent.post(address, {"reason": "first"})

    assert agent.post(address, {"reason": "second"}).status_code == 403

    redemption.refresh_from_db()
    assert redemption.reversal_reason == "first"


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_at_the_same_time_is_told_so(
    redemption: Redemption, at_once: Callable[..., list[Any]]
) -> None:
    agent = signed_in_as(roles.SUPPORT, "sana")
    address = f"{LIST}{redemption.pk}/give_back/"
    is_locked = Event()

    def second() -> str:
        assert is_locked.wait(20)
        return agent.post(address, {"reason": "second"}, follow=True).content.decode()

    def first() -> None:
        with transaction.atomic():
            reverse([redemption.pk], reason="first", now=timezone.now())
            is_locked.set()
            wait_for_locks(1)

    page, _ = at_once([second, first])

    assert "had been given back already" in page
    assert "was given back" not in page
    redemption.refresh_from_db()
    assert redemption.reversal_reason == "first"
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("role", [roles.MARKETING, roles.READ_ONLY])
def test_who_may_only_look_gives_nothing_back(redemption: Redemption, role: str) -> None:
    reader = signed_in_as(role, "ann")
    address = f"{LIST}{redemption.pk}/give_back/"

    assert address not in page_of(reader, redemption)
    assert reader.post(address, {"reason": ""}).status_code == 403

    redemption.refresh_from_db()
    assert redemption.reversed_at is None


@pytest.mark.parametrize("number", ["4711", "x", "99999999999999999999"])
def test_what_is_not_there_is_not_found(admin_client: Client, number: str) -> None:
    assert admin_client.post(f"{LIST}{number}/give_back/").status_code == 404


def test_a_reason_that_is_too_long_is_refused(redemption: Redemption) -> None:
    agent = signed_in_as(roles.SUPPORT, "sana")

    response = agent.post(f"{LIST}{redemption.pk}/give_back/", {"reason": "x" * 251})

    assert "at most 250 characters" in response.content.decode()
    redemption.refresh_from_db()
    assert redemption.reversed_at is None


def test_money_is_shown_as_people_write_it(admin_client: Client, redemption: Redemption) -> None:
    for page in (admin_client.get(LIST).content.decode(), page_of(admin_client, redemption)):
        assert "1,500" in page
        assert "500.000" not in page


def test_what_did_not_happen_takes_no_room(admin_client: Client, redemption: Redemption) -> None:
    assert "Reversal reason" not in page_of(admin_client, redemption)
