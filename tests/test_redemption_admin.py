"""Redemptions, holds and refusals in the admin: windows, found by the whole code."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from redemption.models import Hold, Redemption, Refusal
from redemption.services import hold, redeem
from redemption.tasks import tidy_up
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import MANY, NOW, coupons_of, visit

pytestmark = pytest.mark.django_db

PAGES = ["redemption/redemption", "redemption/hold", "redemption/refusal"]


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    return client


@pytest.fixture
def code(new_caller: Callable[..., object]) -> str:
    """The code of a coupon that was redeemed, after it was refused and before another was held."""
    customer = make_customer(mobile="919876500001")
    first, second = coupons_of(make_series(**MANY), customer, 2)
    here = visit(customer, client_id=new_caller().client.pk, transaction_number="T-77")
    redeem(["NOBODYS"], here, now=NOW, all_or_nothing=False)
    redeem([first.code], here, now=NOW, all_or_nothing=False)
    redeem([first.code], visit(customer), now=NOW, all_or_nothing=False)
    hold([second.code], here, minutes=5, now=NOW)
    return first.code


@pytest.mark.parametrize("page", PAGES)
def test_its_list_and_its_rows_can_be_looked_at(staff: Client, code: str, page: str) -> None:
    models = {"redemption": Redemption, "refusal": Refusal, "hold": Hold}
    model = models[page.rpartition("/")[2]]
    listed = staff.get(f"/admin/{page}/")

    assert listed.status_code == 200
    row = model.objects.first()
    assert staff.get(f"/admin/{page}/{row.pk}/change/").status_code == 200
    assert staff.get(f"/admin/{page}/{row.pk}/delete/").status_code == 403
    assert staff.get(f"/admin/{page}/add/").status_code == 403


@pytest.mark.parametrize(
    ("page", "term", "found"),
    [
        ("redemption", "{code}", 1),
        ("redemption", " {lower} ", 1),
        ("redemption", "T-77", 1),
        ("redemption", "T-7", 0),
        ("redemption", "NOBODYS", 0),
        ("hold", "{code}", 0),
        ("refusal", "{code}", 1),
    ],
)
def test_a_whole_code_or_transaction_number_finds(
    staff: Client, code: str, page: str, term: str, found: int
) -> None:
    query = term.format(code=code, lower=code.lower())

    response = staff.get(f"/admin/redemption/{page}/", {"q": query})

    assert response.context["cl"].result_count == found


def test_a_new_column_of_an_export_comes_last(staff: Client, code: str) -> None:
    response = staff.get("/admin/redemption/redemption/export/")

    names = b"".join(response).decode("utf-8-sig").splitlines()[0].split(",")
    assert names[:3] == ['"redemptionId"', '"redeemedAt"', '"couponCode"']
    assert names[-2:] == ['"reversedAt"', '"toldAt"']


def test_a_refusal_says_why_in_words(staff: Client, code: str) -> None:
    page = staff.get("/admin/redemption/refusal/").content.decode()

    assert "711 The coupon has been used already" in page
    assert "702 The coupon code could not be found" in page


def test_a_refusal_says_why_in_the_words_that_the_till_was_told(
    staff: Client, now: datetime
) -> None:
    customer = make_customer()
    first, second = coupons_of(make_series(max_redeem=1, min_bill_amount=100, **MANY), customer, 2)
    redeem([first.code], visit(customer), now=NOW, all_or_nothing=False)
    small = visit(customer, bill_amount=Decimal("99.5"))
    redeem([second.code], small, now=NOW, all_or_nothing=False)

    row = Refusal.objects.get()
    listed = staff.get("/admin/redemption/refusal/").content.decode()
    page = staff.get(f"/admin/redemption/refusal/{row.pk}/change/").content.decode()

    assert "728 The coupons of this series have been redeemed as often as allowed" in listed
    assert "It takes at least 100. The bill was 99.5" in page
    assert row.told[1] == {
        "code": 733,
        "message": "The bill amount is outside the range of the coupon",
        "needed": {"minBillAmount": 100.0, "maxBillAmount": None},
        "found": 99.5,
        "nextValidTime": None,
    }


def test_more_rows_need_no_more_statements(staff: Client, code: str) -> None:
    counts = []
    for count in (1, 20):
        customer = make_customer()
        for coupon in coupons_of(make_series(**MANY), customer, count):
            redeem([coupon.code], visit(customer), now=NOW, all_or_nothing=False)
        with CaptureQueriesContext(connection) as queries:
            staff.get("/admin/redemption/redemption/")
        counts.append(len(queries))

    assert counts[1] <= counts[0]


def test_what_is_old_is_tidied_up(code: str, now: datetime) -> None:
    Refusal.objects.update(at=now - timedelta(days=31))
    Refusal.objects.create(at=now, reasons=[711])
    held = Hold.objects.get()

    tidy_up()

    assert Refusal.objects.get().reasons == [711]
    held.refresh_from_db()
    assert held.released_at == held.expires_at


def test_a_code_that_is_nobodys_is_not_stored_itself(code: str) -> None:
    refusal = Refusal.objects.get(coupon=None)

    assert len(refusal.code_hash) == 32
    assert refusal.reasons == [702]


def test_customers_with_redemptions_are_kept(code: str) -> None:
    customer = Customer.objects.get(mobile="919876500001")

    with pytest.raises(ProtectedError):
        customer.delete()


def test_filters_look_at_the_newest_only(
    staff: Client, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    redemption = Redemption.objects.get()
    path = "/admin/redemption/redemption/"
    day = NOW.date().isoformat()
    queries = [f"series__id__exact={redemption.series_id}", f"redeemed_at_from_0={day}"]

    for query in queries:
        assert list(staff.get(f"{path}?{query}").context["cl"].queryset) == [redemption]
    assert not staff.get(f"{path}?series__id__exact=4711").context["cl"].queryset.exists()

    monkeypatch.setattr("redemption.filters.NEWEST", 0)
    for query in queries:
        assert not staff.get(f"{path}?{query}").context["cl"].queryset.exists()
    assert staff.get(path).context["cl"].queryset.exists()
