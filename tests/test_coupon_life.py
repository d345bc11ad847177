"""What happened to a coupon at tills, on its page."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from couponadmin.clients import create_client
from couponadmin.models import OrgEntity
from couponadmin.roles import permissions_named
from customers.models import Customer
from issuance.models import Coupon
from redemption.asks import Visit
from redemption.models import Refusal
from redemption.places import place_with_id
from redemption.services import hold, redeem, reverse
from tests.coupons import make_coupon, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", mobile="11223569865")


@pytest.fixture
def visit(tom: Customer, now: Any) -> Visit:
    store = OrgEntity.objects.create(type="STORE", code="s1", name="Main Street")
    till = OrgEntity.objects.create(type="TILL", code="t7", name="Till 7", parent=store)
    caller, _ = create_client("Web shop", groups=[], now=now)
    return Visit(
        at=now,
        client_id=caller.pk,
        customer_id=tom.pk,
        registered_at=tom.registered_at,
        transaction_number="T-1",
        bill_amount=Decimal("900.5"),
        place=place_with_id(till.pk),
    )


def other_store() -> dict[str, Any]:
    place = OrgEntity.objects.create(type="STORE", code="far", name="Far away")
    return {"redemptionOrgEntityType": "STORE", "orgEntityId": place.pk}


def life(client: Client, coupon: Coupon) -> list[Any]:
    page = client.get(f"/admin/issuance/coupon/{coupon.pk}/change/")
    return page.context_data["events"]


def coupon_of(tom: Customer, now: Any, **columns: Any) -> Coupon:
    early = now - timedelta(days=1)
    return make_coupon(code="ABCD1234", customer=tom, issued_at=early, **columns)


def test_redeemed_and_given_back(
    admin_client: Client, tom: Customer, visit: Visit, now: Any
) -> None:
    coupon = coupon_of(tom, now)
    [outcome] = redeem(["ABCD1234"], visit, now=now, all_or_nothing=True)
    later = now + timedelta(minutes=5)
    reverse([outcome.done.id], reason="Wrong article", now=later, client_id=visit.client_id)

    _, redeemed, given_back, _ = life(admin_client, coupon)

    assert redeemed.title == "Redeemed at Till 7 (till t7)"
    assert redeemed.by == "Web shop"
    assert redeemed.lines == ("500 off a bill of 900.5", "transaction T-1")
    assert (given_back.title, given_back.lines) == ("Given back", ("Wrong article",))


def test_refused(admin_client: Client, tom: Customer, visit: Visit, now: Any) -> None:
    coupon = coupon_of(tom, now, origin=make_origin(paused_at=now))
    redeem(["ABCD1234"], visit, now=now, all_or_nothing=True)

    refused = next(event for event in life(admin_client, coupon) if "Refused" in event.title)

    assert refused.title == "Refused at Till 7 (till t7)"
    assert refused.lines == ("The coupon cannot be redeemed for the time being",)


def test_a_refusal_says_what_the_till_was_told(
    admin_client: Client, tom: Customer, visit: Visit, now: Any
) -> None:
    terms = {"min_bill_amount": 1000, "redemption_org_entity_details": [other_store()]}
    coupon = coupon_of(tom, now, series=make_series(**terms))
    redeem(["ABCD1234"], visit, now=now, all_or_nothing=True)
    hold(["ABCD1234"], visit._replace(bill_amount=Decimal(1)), minutes=5, now=now)

    refused = [event for event in life(admin_client, coupon) if "Refused" in event.title]

    assert refused[0].lines == (
        "The bill amount is outside the range of the coupon. It takes at least 1,000. "
        "The bill was 900.5",
        "The coupon cannot be redeemed in this store. It works at Far away (store far)",
    )
    assert "The bill was 1" in refused[1].lines[0]
    assert Refusal.objects.count() == 2


def test_a_refusal_of_an_older_version_says_what_its_numbers_mean(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    coupon = coupon_of(tom, now)
    Refusal.objects.create(at=now, coupon=coupon, series=coupon.series, reasons=[711])

    assert life(admin_client, coupon)[1].lines == ("The coupon has been used already",)


def test_on_hold(admin_client: Client, tom: Customer, visit: Visit, now: Any) -> None:
    coupon = coupon_of(tom, now)
    hold(["ABCD1234"], visit, minutes=30, now=now)

    titles = [event.title for event in life(admin_client, coupon)]

    until = now + timedelta(minutes=30)
    assert titles[1] == f"Put on hold until {until:%H:%M} at Till 7 (till t7)"


def test_somebody_else_who_redeemed_is_named(
    admin_client: Client, tom: Customer, visit: Visit, now: Any
) -> None:
    coupon = coupon_of(tom, now, series=make_series(any_user=True))
    other = make_customer(first_name="Huck")
    redeem(["ABCD1234"], visit._replace(customer_id=other.pk), now=now, all_or_nothing=True)

    assert "by Huck" in life(admin_client, coupon)[1].lines


@pytest.mark.parametrize(
    ("permission", "titles"),
    [
        (None, set()),
        ("redemption.view_redemption", {"Redeemed"}),
        ("redemption.view_hold", {"Put on hold"}),
        ("redemption.view_refusal", {"Refused"}),
    ],
)
def test_what_happened_at_tills_is_for_who_may_see_it(
    client: Client, tom: Customer, visit: Visit, now: Any, permission: str | None, titles: set[str]
) -> None:
    terms = {"is_multiple_use_allowed": True, "same_user_multiple_redeem": True}
    series = make_series(redemption_per_coupon_max_limit=2, **terms)
    coupon = coupon_of(tom, now, series=series)
    redeem(["ABCD1234"], visit, now=now, all_or_nothing=True)
    hold(["ABCD1234"], visit._replace(transaction_number="T-2"), minutes=5, now=now)
    redeem(["ABCD1234"], visit._replace(transaction_number="T-3"), now=now, all_or_nothing=True)
    names = {"issuance.view_coupon"} | ({permission} if permission else set())
    user = User.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(permissions_named(*names))
    client.force_login(user)

    told = [event.title for event in life(client, coupon)]

    kinds = ("Redeemed", "Put on hold", "Refused")
    assert {kind for kind in kinds for title in told if title.startswith(kind)} == titles


def test_the_page_says_whether_it_would_work_now(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    coupon = coupon_of(tom, now, series=make_series(min_bill_amount=1000))
    path = f"/admin/issuance/coupon/{coupon.pk}/change/"

    assert "Yes, if the bill is 1,000 or more." in admin_client.get(path).rendered_content
    Coupon.objects.filter(pk=coupon.pk).update(revoked_at=now)
    page = admin_client.get(path)
    assert page.context_data["headline"].sentence == "No, it would not work."
    assert "revoked" in page.context_data["verdicts"][0].sentence


def test_of_a_shared_code_it_says_nothing_of_a_coupon_that_another_replaced(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    shared = {"series": series, "code": "SALE20", "shared": True, "customer": tom}
    gone, good = make_coupon(**shared, revoked_at=now), make_coupon(**shared)

    told = [
        admin_client.get(f"/admin/issuance/coupon/{each.pk}/change/").context_data.get("headline")
        for each in (gone, good)
    ]

    assert [each and each.sentence for each in told] == [None, "Yes, it would work."]


@pytest.mark.parametrize(
    ("permissions", "offered"),
    [
        (["redemption.view_redemption"], False),
        (["redemption.view_redemption", "redemption.change_redemption"], True),
    ],
)
def test_it_is_given_back_from_its_page(
    client: Client,
    tom: Customer,
    visit: Visit,
    now: Any,
    permissions: list[str],
    offered: bool,
) -> None:
    coupon, unused = coupon_of(tom, now), make_coupon()
    [outcome] = redeem(["ABCD1234"], visit, now=now, all_or_nothing=True)
    user = User.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(permissions_named("issuance.view_coupon", *permissions))
    client.force_login(user)
    path = f"/admin/issuance/coupon/{coupon.pk}/"

    page = client.get(f"{path}change/").rendered_content
    asked = client.get(f"{path}give_back/")

    assert (f"{path}give_back/" in page) is offered
    target = f"/admin/redemption/redemption/{outcome.done.id}/give_back/"
    assert asked.headers.get("Location") == (target if offered else None)
    unused_path = f"/admin/issuance/coupon/{unused.pk}/"
    assert f"{unused_path}give_back/" not in client.get(f"{unused_path}change/").rendered_content
    reverse([outcome.done.id], reason="", now=now, client_id=visit.client_id)
    assert f"{path}give_back/" not in client.get(f"{path}change/").rendered_content
    assert client.get(f"{path}give_back/").status_code in (403, 404)
