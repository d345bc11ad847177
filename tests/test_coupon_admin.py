"""The admin's pages for coupons."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from issuance import admin as coupon_admin
from issuance.models import Coupon
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
PATH = "/admin/issuance/coupon/"


@pytest.fixture
def tom() -> Customer:
    return make_customer(
        id=555567088,
        mobile="11223569865",
        email="tom@example.com",
        external_id="Tom-1",
        first_name="Tom",
    )


def shown(client: Client, **parameters: Any) -> set[str]:
    page = client.get(PATH, parameters)
    if page.status_code == 302:
        return {coupon.code for coupon in Coupon.objects.all() if page.url == change_page(coupon)}
    assert page.status_code == 200
    return {coupon.code for coupon in page.context_data["cl"].result_list}


def change_page(coupon: Coupon) -> str:
    return f"{PATH}{coupon.pk}/change/"


def revoke(client: Client, *coupons: Coupon, **members: str) -> Any:
    data = {"action": "revoke_selected", "_selected_action": [c.pk for c in coupons]} | members
    return client.post(PATH, data, follow=True)


def is_revoked(coupon: Coupon) -> bool:
    return Coupon.objects.get(pk=coupon.pk).revoked_at is not None


def test_the_list_shows_issued_coupons_only(admin_client: Client, tom: Customer) -> None:
    endless = make_series(valid_till_date=None)
    make_coupon(code="ISSUED", customer=tom, series=endless, expires_at=None)
    make_free_code(make_series(), "WAITING")

    page = admin_client.get(PATH).rendered_content

    assert "ISSUED" in page
    assert "Tom" in page
    assert "usable" in page
    assert "no end" in page
    assert "WAITING" not in page


@pytest.mark.parametrize(
    ("term", "found"),
    [
        (" abcd1234 ", True),
        ("11223569865", True),
        ("+1 122-356 98 65", True),
        ("TOM@example.com", True),
        ("Tom-1", True),
        ("555567088", True),
        ("", True),
        ("tom-1", False),
        ("ABCD", False),
        ("1122356986", False),
        ("x" * 300, False),
        ("9" * 40, False),
        ("\ud800", False),
    ],
)
def test_search_finds_by_exact_code_or_identifier(
    admin_client: Client, tom: Customer, term: str, found: bool
) -> None:
    make_coupon(code="ABCD1234", customer=tom)

    query = term.encode("utf-8", "surrogatepass")

    assert shown(admin_client, q=query) == ({"ABCD1234"} if found else set())


def test_the_only_one_that_is_found_opens(admin_client: Client, tom: Customer) -> None:
    first, _ = (make_coupon(code=code, customer=tom) for code in ("FIRST", "SECOND"))

    assert admin_client.get(PATH, {"q": "first"}).url == change_page(first)
    # Two coupons, none, a filter beside it, nothing searched for: a list.
    for query in ({"q": "Tom-1"}, {"q": "x"}, {"q": "first", "state": "USABLE"}, {"q": " "}):
        assert admin_client.get(PATH, query).status_code == 200
    Coupon.objects.exclude(pk=first.pk).delete()
    assert admin_client.get(PATH, {"q": " "}).status_code == 200


@pytest.mark.parametrize(
    "term", ["BX9D TV3T Z2", "bx9d-tv3t-z2", " BX9D\u2013TV3T\u00a0Z2", "bx9dtv3tz2"]
)
def test_a_code_is_found_as_it_is_read_aloud(admin_client: Client, term: str) -> None:
    make_coupon(code="BX9DTV3TZ2"), make_coupon(code="TV3T")

    assert shown(admin_client, q=term) == {"BX9DTV3TZ2"}


def test_a_code_that_has_dashes_is_found_with_them(admin_client: Client) -> None:
    make_coupon(code="SHOP-1"), make_coupon(code="TEN-OFF")

    assert shown(admin_client, q="shop - 1") == {"SHOP-1"}
    assert shown(admin_client, q="shop1") == set()


@pytest.mark.parametrize(
    "term", ["diw kcvqvnshad", "DIWKCVQVNSHAD", "kcvqvnshad", "kcvq-vnsh-ad", "DIW-KCVQVNSHAD"]
)
def test_a_code_is_found_without_what_its_series_puts_around_it(
    admin_client: Client, term: str
) -> None:
    diwali = make_series(coupon_prefix="diw-")
    make_coupon(code="DIW-KCVQVNSHAD", series=diwali), make_coupon(code="DIW-KCVQVNSHAE")

    assert shown(admin_client, q=term) == {"DIW-KCVQVNSHAD"}


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ("gold 8oi5 x", "GOLD-8015-X"),
        ("8oi5", "GOLD-8015-X"),
        ("r0sei", "ROSEI"),
        ("r0se1", "ROSEI"),
        ("801", None),
    ],
)
def test_letters_that_look_like_digits_are_taken_for_them(
    admin_client: Client, term: str, code: str | None
) -> None:
    gold = make_series(coupon_prefix="GOLD-", coupon_suffix="-X", alpha_numeric=False)
    make_coupon(code="GOLD-8015-X", series=gold), make_coupon(code="ROSEI")

    assert shown(admin_client, q=term) == ({code} if code else set())


def test_what_is_a_code_as_it_was_typed_is_not_guessed_at(admin_client: Client) -> None:
    make_coupon(code="GOLD-R0SE", series=make_series(coupon_prefix="GOLD-"))
    make_coupon(code="R0SE"), make_coupon(code="ROSE")

    assert shown(admin_client, q="r0se") == {"R0SE"}


def test_a_null_character_in_the_search_is_refused(admin_client: Client) -> None:
    assert admin_client.get(PATH + "?q=%00").status_code == 400


def test_a_shared_code_finds_all_who_hold_it(admin_client: Client) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    for _ in range(2):
        make_coupon(series=series, code="SALE20", shared=True)
    make_coupon()

    page = admin_client.get(PATH, {"q": "sale20"})

    assert len(page.context_data["cl"].result_list) == 2


def test_it_filters_by_series(admin_client: Client) -> None:
    coupon, _ = make_coupon(), make_coupon()

    assert shown(admin_client, series__id__exact=coupon.series_id) == {coupon.code}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("USABLE", "FRESH"),
        ("USED_UP", "USED"),
        ("EXPIRED", "OVER"),
        ("PAUSED", "WAITS"),
        ("REVOKED", "GONE"),
        ("", "FRESH USED OVER WAITS GONE"),
        ("NONSENSE", "FRESH USED OVER WAITS GONE"),
    ],
)
def test_it_filters_by_state(admin_client: Client, now: Any, state: str, expected: str) -> None:
    make_coupon(code="FRESH")
    make_coupon(code="USED", redemption_count=1)
    make_coupon(code="OVER", expires_at=now - timedelta(days=1))
    make_coupon(code="WAITS", origin=make_origin(paused_at=now))
    make_coupon(code="GONE", revoked_at=now)

    assert shown(admin_client, state=state) == set(expected.split())


def test_states_are_looked_up_among_the_newest_or_in_what_is_searched_for(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupon_admin, "NEWEST", 2)
    series = make_series()
    for code in ("OLD", "A", "B"):
        make_coupon(code=code, series=series)
    make_coupon(code="ELSEWHERE")

    assert shown(admin_client, state="USABLE") == {"B", "ELSEWHERE"}
    assert shown(admin_client, state="USABLE", series__id__exact=series.pk) == {"A", "B"}
    assert shown(admin_client, state="USABLE", q="old") == {"OLD"}


def test_the_page_tells_a_coupons_life_and_why_it_was_issued(
    admin_client: Client, admin_user: User, tom: Customer
) -> None:
    origin = make_origin(user=admin_user, source_type="Journeys", notes="<b>Approved</b>")
    coupon = make_coupon(code="ABCD1234", customer=tom, origin=origin)

    page = admin_client.get(change_page(coupon)).rendered_content

    assert "ABCD1234" in page
    assert admin_user.username in page
    assert "Kind of source: Journeys<br>Notes: &lt;b&gt;Approved" in page


def test_the_page_of_a_coupon_that_the_system_issued(admin_client: Client) -> None:
    page = admin_client.get(change_page(make_coupon())).rendered_content

    assert "the system" in page


def test_nothing_can_be_added_typed_over_or_deleted(admin_client: Client) -> None:
    coupon = make_coupon(code="A")

    page = admin_client.get(change_page(coupon)).rendered_content
    statuses = [
        admin_client.get(f"{PATH}add/").status_code,
        admin_client.post(change_page(coupon), {"code": "B"}).status_code,
        admin_client.post(f"{PATH}{coupon.pk}/delete/", {"post": "yes"}).status_code,
    ]

    assert statuses == [403, 403, 403]
    assert 'name="code"' not in page
    assert Coupon.objects.get().code == "A"


def test_it_asks_before_it_revokes(admin_client: Client) -> None:
    coupon = make_coupon()

    of_list = revoke(admin_client, coupon)
    of_page = admin_client.get(f"{PATH}{coupon.pk}/revoke_one/")

    for page in (of_list, of_page):
        assert page.status_code == 200
        assert f'name="_selected_action" value="{coupon.pk}"' in page.rendered_content
        assert "There is no way back." in page.rendered_content
    assert not is_revoked(coupon)


def test_it_revokes_what_was_confirmed_and_says_why_not_the_rest(
    admin_client: Client, admin_user: User
) -> None:
    good, used, other = make_coupon(), make_coupon(redemption_count=1), make_coupon()

    page = revoke(admin_client, good, used, confirmed="yes").content.decode()

    assert "Revoked: 1." in page
    assert "Not revoked: 1. The coupon has been used already." in page
    assert [is_revoked(coupon) for coupon in (good, used, other)] == [True, False, False]
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (
        admin_user,
        str(good.pk),
        "Revoked.",
    )


def test_too_many_at_once_are_not_revoked(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupon_admin, "MOST_AT_ONCE", 1)
    coupons = [make_coupon() for _ in range(2)]

    page = revoke(admin_client, *coupons, confirmed="yes").content.decode()

    assert "No more than 1 coupons" in page
    assert not any(is_revoked(coupon) for coupon in coupons)


def test_there_is_no_such_coupon_to_revoke(admin_client: Client) -> None:
    free = make_free_code(make_series(), "WAITING")

    for pk in (free.pk, 2**62, "x"):
        assert admin_client.get(f"{PATH}{pk}/revoke_one/").status_code == 404


@pytest.mark.parametrize(("may_change", "revoked"), [(True, True), (False, False)])
def test_revoking_needs_the_permission_to_change(
    client: Client, django_user_model: type[User], may_change: bool, revoked: bool
) -> None:
    person = django_user_model.objects.create_user("sam", is_staff=True)
    names = ["view_coupon"] + ["change_coupon"] * may_change
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(person)
    coupon = make_coupon()

    listed = client.get(PATH).rendered_content
    asked = client.get(f"{PATH}{coupon.pk}/revoke_one/")
    revoke(client, coupon, confirmed="yes")

    assert ("revoke_selected" in listed) is may_change
    assert asked.status_code == (200 if may_change else 403)
    assert is_revoked(coupon) is revoked
    assert client.post(change_page(coupon), {"code": "B"}).status_code == 403


def test_the_number_of_statements_does_not_depend_on_the_number_of_coupons(
    admin_client: Client,
) -> None:
    counts = []
    for number in (1, 20):
        for _ in range(number):
            make_coupon()
        with CaptureQueriesContext(connection) as statements:
            admin_client.get(PATH)
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_the_list_counts_and_sorts_no_more_than_it_shows(admin_client: Client) -> None:
    make_coupon()

    with CaptureQueriesContext(connection) as statements:
        admin_client.get(PATH, {"_facets": "True"})

    asked = [each["sql"] for each in statements if "issuance_coupon" in each["sql"]]
    assert all("LIMIT 10001" in sql for sql in asked if "COUNT(" in sql)
    assert any('ORDER BY "issuance_coupon"."id" DESC' in sql for sql in asked)


def test_what_no_index_can_find_is_not_looked_for(admin_client: Client) -> None:
    assert admin_client.get(f"{PATH}?customer__id__exact=1").status_code == 200
    assert admin_client.get(f"{PATH}?origin__id__exact=1").status_code == 400
