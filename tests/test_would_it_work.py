"""Whether a coupon would work: asked in the admin, answered by redemption's own checks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from couponadmin.errors import ErrorCode
from couponadmin.models import ApiClient, Guesser, OrgEntity
from customers.models import Customer
from issuance.models import Coupon
from redemption.asks import Visit
from redemption.checks import CHECKS
from redemption.models import Redemption, Refusal
from redemption.services import hold
from redemption.verdicts import FINE, Stand
from tests.coupons import make_coupon, make_free_code
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
PAGE = "/admin/issuance/coupon/would-it-work/"


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", mobile="11223569865")


def ask(client: Client, **members: Any) -> dict[str, Any]:
    response = client.get(PAGE, members)
    assert response.status_code == 200
    return response.context_data | {"page": response.rendered_content}


def reasons(answer: dict[str, Any]) -> list[int]:
    return [each.number for each in answer["verdicts"] if each.stand == Stand.AGAINST]


def unknown(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.sentence, each.needed) for each in answer["verdicts"] if each.stand == Stand.OPEN]


def test_every_check_has_words_for_what_is_fine() -> None:
    assert list(FINE) == list(CHECKS)


def test_without_a_code_it_only_asks(admin_client: Client) -> None:
    page = ask(admin_client)["page"]

    assert "Nothing is redeemed." in page


def test_a_code_alone_is_judged_for_whose_it_is(admin_client: Client, tom: Customer) -> None:
    make_coupon(code="ABCD1234", customer=tom)

    answer = ask(admin_client, code=" abcd1234 ")

    assert "Yes, it would work." in answer["page"]
    assert answer["for_customer"] == tom
    assert len(answer["verdicts"]) == len(CHECKS)
    assert len(answer["passed"]) == len(CHECKS)
    assert f"{len(CHECKS)} checks passed" in answer["page"]


@pytest.mark.parametrize(
    ("terms", "size"),
    [
        ({"min_bill_amount": 1000}, "1,000 or more"),
        ({"max_bill_amount": 9000}, "9,000 or less"),
        ({"min_bill_amount": 0, "max_bill_amount": 9000}, "9,000 or less"),
        ({"min_bill_amount": 1000, "max_bill_amount": 9000}, "between 1,000 and 9,000"),
    ],
)
def test_what_depends_on_a_bill_that_is_not_known_is_no_yes(
    admin_client: Client, terms: dict[str, Any], size: str
) -> None:
    make_coupon(code="ABCD1234", series=make_series(**terms))

    answer = ask(admin_client, code="ABCD1234")

    assert answer["headline"] == (Stand.OPEN, f"Yes, if the bill is {size}.")
    assert unknown(answer) == [("The bill", f"It takes {size}")]
    assert "not known yet" in answer["page"]
    assert len(answer["passed"]) == len(CHECKS) - 1


def test_what_depends_on_a_store_that_is_not_known_is_no_refusal(admin_client: Client) -> None:
    places = [
        OrgEntity.objects.create(type="STORE", code=code, name=f"Store {code}") for code in "abcd"
    ]
    wanted = [{"redemptionOrgEntityType": "STORE", "orgEntityId": place.pk} for place in places]
    few = make_series(redemption_org_entity_details=wanted[:2], min_bill_amount=5)
    many = make_series(redemption_org_entity_details=wanted)
    make_coupon(code="FEW", series=few), make_coupon(code="MANY", series=many)

    assert ask(admin_client, code="FEW")["headline"].sentence == (
        "Yes, if it is used at Store a (store a) or Store b (store b) and the bill is 5 or more."
    )
    answer = ask(admin_client, code="MANY")
    assert answer["headline"] == (Stand.OPEN, "Yes, if it is used at one of 4 places.")
    assert "Store d (store d)" in unknown(answer)[0][1]
    assert reasons(answer) == []


def test_of_many_stores_it_names_some(admin_client: Client) -> None:
    wanted = [{"redemptionOrgEntityType": "STORE", "orgEntityId": n} for n in range(1, 13)]
    make_coupon(code="ABCD1234", series=make_series(redemption_org_entity_details=wanted))

    [(_, needed)] = unknown(ask(admin_client, code="ABCD1234"))

    assert needed.endswith("place 10 and 2 more")


def test_one_reason_against_it_outweighs_what_is_not_known(admin_client: Client, now: Any) -> None:
    make_coupon(code="ABCD1234", series=make_series(min_bill_amount=5), revoked_at=now)

    answer = ask(admin_client, code="ABCD1234")

    assert answer["headline"] == (Stand.AGAINST, "No, it would not work.")
    assert unknown(answer) == [("The bill", "It takes 5 or more")]


def test_a_coupon_on_hold_is_not_said_to_be_used_twice(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    coupon = make_coupon(code="ABCD1234", customer=tom, issued_at=now - timedelta(days=1))
    client = ApiClient.objects.create(name="till", client_id="till")
    visit = Visit(
        at=now,
        client_id=client.pk,
        customer_id=tom.pk,
        transaction_number="T-1",
        bill_amount=Decimal(900),
    )
    hold([coupon.code], visit, minutes=5, now=now)

    answer = ask(admin_client, code="ABCD1234")

    assert [each.code for each in answer["outcome"].reasons] == [
        ErrorCode.USED,
        ErrorCode.SAME_CUSTOMER,
    ]
    assert reasons(answer) == [711]


@pytest.mark.parametrize("text", ["BX9D TV3T Z2", "bx9d-tv3t-z2", "bx9dtv3tz2"])
def test_a_code_is_taken_as_it_is_read_aloud(
    admin_client: Client, tom: Customer, text: str
) -> None:
    make_coupon(code="BX9DTV3TZ2", customer=tom)

    answer = ask(admin_client, code=text)

    assert "Yes, it would work." in answer["page"]
    assert answer["for_customer"] == tom


def test_a_code_is_taken_without_what_its_series_puts_around_it(
    admin_client: Client, tom: Customer
) -> None:
    make_coupon(code="DIW-KCVQ8", customer=tom, series=make_series(coupon_prefix="DIW-"))

    assert ask(admin_client, code="diw kcvq8")["for_customer"] == tom
    assert ask(admin_client, code="kcvq8")["outcome"].code == "DIW-KCVQ8"


def test_a_code_with_dashes_comes_before_one_without(admin_client: Client, tom: Customer) -> None:
    make_coupon(code="SHOP1"), make_coupon(code="SHOP-1", customer=tom)

    assert ask(admin_client, code="shop-1")["for_customer"] == tom


def test_with_a_bill_it_says_how_much_is_taken_off(admin_client: Client, tom: Customer) -> None:
    series = make_series(discount_type="PERC", discount_value=10)
    make_coupon(code="ABCD1234", customer=tom, series=series)

    assert "Yes: 1,234.5 off." in ask(admin_client, code="ABCD1234", bill="12345")["page"]


def test_it_names_every_reason_against_and_all_that_is_for_it(
    admin_client: Client, tom: Customer, now: Any
) -> None:
    series = make_series(min_bill_amount=5000, max_bill_amount=9000)
    make_coupon(
        code="ABCD1234",
        customer=tom,
        series=series,
        revoked_at=now,
        expires_at=datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),
    )

    answer = ask(admin_client, code="ABCD1234", bill="300")

    assert "No, it would not work." in answer["page"]
    assert reasons(answer) == [660, 713, 733]
    assert len(answer["verdicts"]) == len(CHECKS)
    assert "It ended 31 January 2026, 23:59." in answer["page"]
    assert "It takes at least 5,000, at most 9,000." in answer["page"]
    assert "not known yet" not in answer["page"]


@pytest.mark.parametrize(
    ("terms", "at", "sentence"),
    [
        (
            {"redemption_range": {"dow": [6, 7], "hours": [10]}},
            "2027-03-01T09:00",
            "It works on weekday Saturday, Sunday, hour 10.",
        ),
        ({"redemption_valid_from": "2027-04-01"}, "2027-03-01T09:00", "It works from 1 April"),
        (
            {"valid_till_date": "2027-02-28"},
            "2027-03-01T09:00",
            "The last day was 28 February 2027.",
        ),
    ],
)
def test_it_says_when_it_would_work(
    admin_client: Client, terms: dict[str, Any], at: str, sentence: str
) -> None:
    make_coupon(code="ABCD1234", series=make_series(**terms), expires_at=None)

    page = ask(admin_client, code="ABCD1234", at=at)["page"]

    assert sentence in page


def test_it_says_from_when_on(admin_client: Client) -> None:
    series = make_series(redemption_valid_from="2027-04-01")
    make_coupon(code="ABCD1234", series=series, expires_at=None)

    page = ask(admin_client, code="ABCD1234", at="2027-03-01T09:00")["page"]

    assert "It would be fine from 1 April 2027, 00:00." in page


def test_it_names_the_stores_where_it_works(admin_client: Client) -> None:
    good, bad = (
        OrgEntity.objects.create(type="STORE", code=code, name=f"Store {code}") for code in "ab"
    )
    wanted = [{"redemptionOrgEntityType": "STORE", "orgEntityId": good.pk}]
    make_coupon(code="ABCD1234", series=make_series(redemption_org_entity_details=wanted))

    refused = ask(admin_client, code="ABCD1234", store=bad.pk)
    fine = ask(admin_client, code="ABCD1234", store=good.pk)

    assert reasons(refused) == [735]
    assert "It works at Store a (store a)." in refused["page"]
    assert reasons(fine) == []


def test_for_somebody_else_it_does_not_work(admin_client: Client, tom: Customer) -> None:
    make_coupon(code="ABCD1234", customer=tom)
    other = make_customer()

    for named in (other.mobile, f"#{other.pk}"):
        assert reasons(ask(admin_client, code="ABCD1234", customer=named)) == [703]
    assert reasons(ask(admin_client, code="ABCD1234", customer=tom.mobile)) == []


def test_a_shared_code_needs_a_customer(admin_client: Client, tom: Customer) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    make_coupon(series=series, code="SALE20", shared=True, customer=tom)

    nobodys = ask(admin_client, code="sale20")
    assert nobodys["headline"] == (Stand.OPEN, "Name the customer.")
    assert reasons(nobodys) == []
    assert "Yes" in ask(admin_client, code="sale20", customer=f"#{tom.pk}")["headline"].sentence


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("UNKNOWN", "UNKNOWN"),
        ("WAITING", "WAITING"),
        ("दीवाली", "दीवाली"),
        ("<B>", "&lt;B&gt;"),
    ],
)
def test_an_unknown_code_is_unknown(admin_client: Client, code: str, shown: str) -> None:
    make_free_code(make_series(client_handling_type="DISC_CODE_PIN"), "WAITING")

    answer = ask(admin_client, code=code)

    assert reasons(answer) == [702]
    assert f'<span class="coupon-code font-semibold">{shown}</span>' in answer["page"]


@pytest.mark.parametrize(
    "members",
    [
        {"code": "x" * 101},
        {"code": "a\0b"},
        {"customer": "nobody"},
        {"customer": "x" * 300},
        {"store": "x"},
        {"store": "99999999999999999999"},
        {"at": "2026-02-30T10:00"},
        {"at": "9999-12-31T23:59"},
        {"at": "0001-01-01T00:00"},
        {"bill": "-1"},
        {"bill": "1e400"},
        {"bill": "NaN"},
        {"bill": "1" * 40},
    ],
)
def test_what_cannot_be_understood_is_said_beside_its_field(
    admin_client: Client, members: dict[str, str]
) -> None:
    make_coupon(code="ABCD1234")

    answer = ask(admin_client, **{"code": "ABCD1234"} | members)

    assert set(answer["form"].errors) == set(members)
    assert "verdicts" not in answer


def test_asking_leaves_nothing_behind(admin_client: Client, tom: Customer) -> None:
    coupon = make_coupon(code="ABCD1234", customer=tom)

    for code in ("ABCD1234", "UNKNOWN"):
        ask(admin_client, code=code, bill="900")

    assert not Redemption.objects.exists()
    assert not Refusal.objects.exists()
    assert not Guesser.objects.exists()
    assert Coupon.objects.get(pk=coupon.pk).redemption_count == 0


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("Support", 200),
        ("Marketing", 200),
        ("Store manager", 200),
        ("Read-only", 200),
        ("API administrator", 403),
    ],
)
def test_who_may_ask(client: Client, role: str, status: int) -> None:
    person = User.objects.create_user("sam", is_staff=True)
    person.groups.set(Group.objects.filter(name=role))
    client.force_login(person)

    assert client.get(PAGE).status_code == status


def test_the_pages_of_coupons_lead_there(admin_client: Client, tom: Customer) -> None:
    coupon = make_coupon(code="A&B", customer=tom)

    from_list = admin_client.get("/admin/issuance/coupon/try_one/")
    from_page = admin_client.get(f"/admin/issuance/coupon/{coupon.pk}/try_this/", follow=True)

    assert from_list["Location"] == PAGE
    assert from_page.context_data["for_customer"] == tom
    assert from_page.context_data["outcome"].code == "A&B"
    assert admin_client.get("/admin/issuance/coupon/x/try_this/")["Location"] == f"{PAGE}?"
