"""The page of one coupon: what it is worth, its life, its pictures, and how it prints."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client

from couponadmin.clients import create_client
from customers.models import Customer
from issuance import changes, life, pictures, states
from issuance.models import Coupon
from series.worth import benefit
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
PATH = "/admin/issuance/coupon/"


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", last_name="Sawyer", mobile="11223569865")


def page_of(client: Client, coupon: Coupon) -> str:
    response = client.get(f"{PATH}{coupon.pk}/change/")
    assert response.status_code == 200
    return response.rendered_content


def titles(coupon: Coupon, now: Any) -> list[str]:
    return [event.title for event in life.life_of(coupon, now=now)]


def test_it_says_what_the_coupon_is_worth_whose_it_is_and_until_when(
    admin_client: Client, tom: Customer
) -> None:
    series = make_series(description="Diwali", discount_type="PERC", discount_value=20)
    coupon = make_coupon(code="ABCD1234", series=series, customer=tom)

    page = page_of(admin_client, coupon)

    assert "20% off the bill" in page
    assert f'href="/admin/customers/customer/{tom.pk}/change/"' in page
    assert f'href="/admin/series/series/{series.pk}/change/"' in page
    assert coupon.expires_at.strftime("%H:%M") in page
    assert "0 times, 1 left" in page


@pytest.mark.parametrize(
    ("terms", "worth"),
    [
        ({"discount_type": "ABS", "discount_value": 1500}, "1,500 off the bill"),
        ({"discount_type": "ABS", "discount_value": "12.5"}, "12.5 off the bill"),
        ({"discount_type": "PERC", "discount_value": 10}, "10% off the bill"),
        (
            {"discount_type": "PERC", "discount_value": 10, "discount_upto": 300},
            "10% off the bill, at most 300",
        ),
    ],
)
def test_what_it_is_worth_in_words(terms: dict[str, Any], worth: str) -> None:
    coupon = Coupon.objects.get(pk=make_coupon(series=make_series(**terms)).pk)

    assert benefit(coupon.series) == worth


def test_its_life_begins_with_who_issued_it_and_why_and_the_message(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    till, _ = create_client("Web shop", groups=[], now=now)
    origin = make_origin(client=till, source_type="Journeys", reason="Late <delivery>")
    series = make_series(sms_template="Dear {{first_name}}, say {{voucher_code}}!")
    coupon = make_coupon(code="ABCD1234", series=series, customer=tom, origin=origin)

    page = page_of(admin_client, coupon)

    assert "Issued to Tom Sawyer" in page
    assert "by Web shop" in page
    assert "Kind of source: Journeys<br>Reason: Late &lt;delivery&gt;" in page
    assert "Dear Tom, say ABCD1234!" in page


def test_the_message_is_todays_and_no_part_of_what_happened(
    admin_client: Client, tom: Customer
) -> None:
    series = make_series(sms_template="Dear {{first_name}}")
    sent, silent = (
        make_coupon(series=each, customer=tom)
        for each in (series, make_series(sms_template="Psst", is_sms_disabled=True))
    )

    page = page_of(admin_client, sent)

    assert page.index("Its life") < page.index("Message, as it reads now") < page.index("Dear Tom")
    assert "Message, as it reads now" not in page_of(admin_client, silent)


def test_the_events_are_in_order(now: Any) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    coupon = make_coupon(
        series=series,
        origin=make_origin(paused_at=now + timedelta(days=1)),
        expires_at=now + timedelta(days=9),
    )

    assert titles(coupon, now) == [
        "Uploaded",
        f"Issued to {coupon.customer}",
        "Paused, with its batch",
        "Expires",
    ]


@pytest.mark.parametrize(
    ("columns", "last"),
    [
        ({"expires_at": timedelta(days=1)}, "Expires"),
        ({"expires_at": timedelta(days=-1)}, "Expired"),
        ({"revoked_at": timedelta()}, "Revoked"),
    ],
)
def test_the_end_of_a_life(now: Any, columns: dict[str, timedelta], last: str) -> None:
    coupon = make_coupon(
        issued_at=now - timedelta(days=5), **{name: now + at for name, at in columns.items()}
    )

    assert titles(coupon, now)[-1] == last


def test_a_coupon_may_have_no_end(admin_client: Client, now: Any) -> None:
    coupon = make_coupon(series=make_series(valid_till_date=None), expires_at=None)

    assert titles(coupon, now)[-1] == "Has no end"
    assert "no end" in page_of(admin_client, coupon)


def test_the_end_is_that_of_the_series_when_it_comes_first(now: Any) -> None:
    series = make_series(valid_till_date=now.date())

    end = states.valid_until(make_coupon(series=series, expires_at=now + timedelta(days=99)))

    assert (end.date(), end.hour, end.second) == (now.date(), 23, 59)


def test_it_names_who_revoked(admin_client: Client, admin_user: User) -> None:
    coupon = make_coupon()
    sent = {"action": "revoke_selected", "_selected_action": [coupon.pk], "confirmed": "yes"}
    admin_client.post(PATH, sent)

    events = admin_client.get(f"{PATH}{coupon.pk}/change/").context_data["events"]

    assert (events[-1].title, events[-1].by) == ("Revoked", admin_user.username)


def test_what_was_revoked_by_the_api_names_its_client(
    admin_client: Client, client_api: Caller, now: Any
) -> None:
    coupon, other = (make_coupon(issued_at=now - timedelta(days=1)) for _ in range(2))
    client_api.post("/v2/coupon/revoke", {"couponCodes": [coupon.code]})
    changes.revoke(Coupon.objects.filter(pk=other.pk), now=now)

    for one, name in ((coupon, client_api.client.name), (other, "")):
        events = admin_client.get(f"{PATH}{one.pk}/change/").context_data["events"]
        assert (events[-1].title, events[-1].by) == ("Revoked", name)


def test_codes_are_drawn_as_svg_that_contains_no_letter_of_theirs(admin_client: Client) -> None:
    page = page_of(admin_client, make_coupon(code="GOLD-1<&"))

    assert "data:image/svg+xml" in page
    assert "<svg" in page
    assert "GOLD-1<&" not in page
    assert "GOLD-1&lt;&amp;" in page


def test_code_128_of_a_known_text() -> None:
    picture = ElementTree.fromstring(pictures.code_128("AB"))

    # Start, A, B, checksum: 11 modules each, stop: 13; with ten of white on both sides.
    assert picture.attrib["viewBox"] == "0 0 77 60"
    path = picture[1].attrib["d"]
    assert path.startswith("M10 6h2")
    assert path.count("M") == 4 * 3 + 4


@pytest.mark.parametrize("code", ["GOLDÉ", "दीवाली", "🎉" * 25])
def test_a_code_that_no_barcode_can_show_still_has_its_qr_code(
    admin_client: Client, code: str
) -> None:
    page = page_of(admin_client, make_coupon(code=code))

    assert pictures.code_128(code) is None
    assert "letters that Code 128 cannot show" in page
    assert 'aria-label="QR code of' in page


def test_it_prints_without_the_menu(admin_client: Client, tom: Customer) -> None:
    terms = {"terms_and_conditions": "Not on <sale> items", "min_bill_amount": 1000}
    series = make_series(description="Diwali", **terms)
    coupon = make_coupon(code="ABCD1234", series=series, customer=tom)

    page = admin_client.get(f"{PATH}{coupon.pk}/print_one/").rendered_content

    assert "Diwali" in page
    assert "500 off the bill" in page
    assert "On bills of 1,000 or more." in page
    assert "For Tom Sawyer." in page
    assert "Not on &lt;sale&gt; items" in page
    assert "nav" not in page


@pytest.mark.parametrize("pk", ["x", str(2**62), "free"])
def test_there_is_no_such_coupon_to_look_at_or_print(admin_client: Client, pk: str) -> None:
    free = make_free_code(make_series(), "WAITING")
    pk = pk.replace("free", str(free.pk))

    assert admin_client.get(f"{PATH}{pk}/change/").status_code == 302
    assert admin_client.get(f"{PATH}{pk}/print_one/").status_code == 404


def test_it_needs_the_permission_to_look(client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=True))
    coupon = make_coupon()

    for page in ("change", "print_one"):
        assert client.get(f"{PATH}{coupon.pk}/{page}/").status_code == 403
