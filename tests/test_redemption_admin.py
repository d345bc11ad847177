"""Redemptions, holds and refusals in the admin: windows, found by the whole code."""

import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from couponadmin.errors import ErrorCode
from couponadmin.models import ApiClient, OrgEntity
from customers.models import Customer
from redemption import usage_checks, visit_checks
from redemption.admin import state_of
from redemption.models import Hold, Redemption, Refusal
from redemption.refusal_admin import NUMBERS
from redemption.services import hold, redeem
from redemption.tasks import tidy_up
from tests.factories import make_customer, make_series
from tests.people import signed_in_as
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
    assert names[-3:] == ['"reversedAt"', '"toldAt"', '"store"']


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
    assert "It takes at least 100. The bill was 99.5" in listed
    assert "It takes at least 100. The bill was 99.5" in page
    assert row.told[1] == {
        "code": 733,
        "message": "The bill amount is outside the range of the coupon",
        "needed": {"minBillAmount": 100.0, "maxBillAmount": None},
        "found": 99.5,
        "nextValidTime": None,
    }


@pytest.mark.parametrize("page", ["redemption", "refusal"])
def test_more_rows_need_no_more_statements(staff: Client, code: str, page: str) -> None:
    counts = []
    elsewhere = OrgEntity.objects.create(type="STORE", code="far", name="Far away")
    far = [{"redemptionOrgEntityType": "STORE", "orgEntityId": elsewhere.pk}]
    terms = {"redemption_org_entity_details": far if page == "refusal" else []}
    for count in (1, 20):
        customer = make_customer()
        for coupon in coupons_of(make_series(**MANY, **terms), customer, count):
            redeem([coupon.code], visit(customer), now=NOW, all_or_nothing=False)
        with CaptureQueriesContext(connection) as queries:
            listed = staff.get(f"/admin/redemption/{page}/").content.decode()
        assert ("It works at Far away (store far)" in listed) is (page == "refusal")
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


@pytest.fixture
def at_till(code: str) -> Redemption:
    """The one redemption, at a till of a store in a zone; the refusals, at another till."""
    zone = OrgEntity.objects.create(type="ZONE", code="west", name="West")
    store = OrgEntity.objects.create(type="STORE", code="s1", name="Main Street", parent=zone)
    till = OrgEntity.objects.create(type="TILL", code="t7", name="Till 7", parent=store)
    other = OrgEntity.objects.create(type="TILL", code="t8", name="Till 8", parent=store)
    Redemption.objects.update(till=till, store=store)
    Refusal.objects.update(till=other)
    Hold.objects.update(store=store)
    return Redemption.objects.get()


@pytest.mark.parametrize(
    ("page", "where"),
    [
        ("redemption", "Main Street, Till 7"),
        ("refusal", "Main Street, Till 8"),
        ("hold", "Main Street"),
    ],
)
def test_lists_and_files_say_where(
    staff: Client, at_till: Redemption, page: str, where: str
) -> None:
    path = f"/admin/redemption/{page}/"

    assert f">{where}<" in staff.get(path).content.decode().replace("\n", "")
    names, first, *_ = b"".join(staff.get(f"{path}export/")).decode("utf-8-sig").splitlines()
    assert names.endswith('"store"')
    assert first.endswith('"s1"')


def test_lists_are_filtered_by_till_store_or_what_it_lies_in(
    staff: Client, at_till: Redemption, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(page: str, place: str) -> int:
        pk = OrgEntity.objects.get(code=place).pk
        parameter = "till" if page == "refusal" else "store"
        response = staff.get(f"/admin/redemption/{page}/?{parameter}__id__exact={pk}")
        return response.context["cl"].queryset.count()

    OrgEntity.objects.create(type="STORE", code="empty", name="Nobody comes here")
    for place, counts in {
        "t7": (1, 0, 0),
        "t8": (0, 2, 0),
        "s1": (1, 2, 1),
        "west": (1, 2, 1),
        "empty": (0, 0, 0),
    }.items():
        pages = ("redemption", "refusal", "hold")
        assert tuple(found(page, place) for page in pages) == counts, place
    assert staff.get("/admin/redemption/hold/?store__id__exact=x").status_code in (200, 302)
    monkeypatch.setattr("redemption.filters.NEWEST", 0)
    assert found("redemption", "s1") == 0


def test_refusals_are_filtered_by_reason_and_counted_by_the_first_one(
    staff: Client, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Refusal.objects.create(at=NOW, reasons=[711, 733])
    path = "/admin/redemption/refusal/"

    page = staff.get(path)
    rows = staff.get(f"{path}?reason=733").context["cl"].queryset

    assert [(each.number, each.count, each.percent) for each in page.context["shares"]] == [
        (711, 2, 67),
        (702, 1, 33),
    ]
    assert 'href="?reason=711"' in page.content.decode()
    assert [each.reasons for each in rows] == [[711, 733]]
    assert staff.get(f"{path}?reason=1").context["cl"].queryset.count() == 3
    monkeypatch.setattr("redemption.refusal_admin.COUNTED", 1)
    assert [each.count for each in staff.get(path).context["shares"]] == [1]


def test_every_reason_of_a_check_can_be_chosen() -> None:
    sources = [inspect.getsource(each) for each in (usage_checks, visit_checks)]
    named = set(re.findall(r"ErrorCode\.(\w+)", "".join(sources)))

    assert {ErrorCode[name].number for name in named} | {702} == set(NUMBERS)


def test_what_was_given_back_wears_a_badge(staff: Client, code: str) -> None:
    path = "/admin/redemption/redemption/"
    assert "given back</span>" not in without_blanks(staff.get(path))
    Redemption.objects.update(reversed_at=NOW)

    assert "given back</span>" in without_blanks(staff.get(path))


def without_blanks(response: HttpResponse) -> str:
    return re.sub(r"\s*\n\s*", "", response.content.decode())


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, "open"),
        ({"committed_at": 0}, "redeemed"),
        ({"released_at": 0}, "released"),
        ({"released_at": -5, "expires_at": -5}, "ended by itself"),
        ({"expires_at": -5}, "ended by itself"),
    ],
)
def test_a_hold_has_one_state(now: datetime, columns: dict[str, int], state: str) -> None:
    minutes = {"expires_at": 5} | columns
    times = {name: now + timedelta(minutes=n) for name, n in minutes.items()}

    assert state_of(Hold(created_at=now, **times), now=now) == state


@pytest.mark.parametrize("page", PAGES)
def test_only_what_somebody_may_see_is_a_link(code: str, page: str) -> None:
    client = signed_in_as("Support", "ann")
    model = {"redemption": Redemption, "refusal": Refusal, "hold": Hold}[page.split("/")[1]]
    row = model.objects.exclude(coupon=None).first()
    model.objects.update(client=ApiClient.objects.first())

    shown = client.get(f"/admin/{page}/{row.pk}/change/").content.decode()

    assert f"/admin/issuance/coupon/{row.coupon_id}/change/" in shown
    assert "/admin/couponadmin/apiclient/" not in shown
    assert ApiClient.objects.first().name in shown
    assert "History" not in shown
