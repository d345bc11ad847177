"""The admin's pages for series."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from issuance.models import Coupon
from series.forms import COLUMNS
from series.models import Series, Tally
from tests.factories import make_series
from tests.forms import form_data

pytestmark = pytest.mark.django_db
PAGE = "/admin/series/series/"
NEXT_YEAR = date.today().year + 1


def form_of(client: Client, url: str, form_id: str = "series_form") -> dict[str, Any]:
    """What a browser would send if nothing in the form was touched."""
    return form_data(client.get(url).content.decode(), form_id)


def add(client: Client, **values: Any) -> Any:
    sent = form_of(client, f"{PAGE}add/") | {
        "description": "Ten off",
        "discount_type": "ABS",
        "discount_value": "10",
        "valid_till_date": f"{NEXT_YEAR}-06-30",
    }
    return client.post(f"{PAGE}add/", sent | values)


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


def test_it_shows_its_pages(admin_client: Client) -> None:
    series = make_series(description="Diwali", max_create=50, num_issued=3)
    Tally.objects.create(series=series, at=datetime.now(UTC), redeemed=2)
    make_series(valid_till_date=None, discount_type="PERC", discount_value=Decimal("12.5"))

    listing = admin_client.get(PAGE).content.decode()
    page = admin_client.get(f"{PAGE}{series.pk}/change/")

    assert "Diwali" in listing
    assert "3 of 50" in listing
    assert "66.7%" in listing
    assert "12.5% off" in listing
    assert page.status_code == 200
    assert admin_client.get(f"{PAGE}add/").status_code == 200
    assert admin_client.get("/admin/series/seriesday/").status_code == 200


def test_it_finds_series(admin_client: Client) -> None:
    wanted = make_series(description="Diwali", valid_till_date=date(2020, 1, 1))
    make_series(description="Holi", series_code="H", client_handling_type="DISC_CODE_PIN")

    for query in (f"q={wanted.pk}", "q=diwa", "status=ended", "client_handling_type=DISC_CODE"):
        page = admin_client.get(f"{PAGE}?{query}").content.decode()
        assert ("Diwali" in page, "Holi" in page) == (True, False), query
    assert "Diwali" not in admin_client.get(f"{PAGE}?status=live").content.decode()


def test_nothing_leads_from_a_page_to_itself(admin_client: Client) -> None:
    listing = admin_client.get(PAGE).content.decode()
    adding = admin_client.get(f"{PAGE}add/").content.decode()

    assert "addlink" in listing
    assert "addlink" not in adding
    assert "View site" not in adding
    assert "Return to site" not in Client().get("/admin/login/").content.decode()


def test_every_member_is_in_the_form(admin_client: Client) -> None:
    fields = admin_client.get(f"{PAGE}add/").context["adminform"].form.fields

    assert set(fields) == set(COLUMNS.values())


def test_it_makes_a_series(admin_client: Client, admin_user: User) -> None:
    values = {
        "coupon_prefix": "ab-",
        "max_create": "25",
        "mutual_exclusive_series_ids": ["10", "20"],
        "redemption_range_dow": ["6", "7"],
        "redemption_org_entity_details": ["STORE:40"],
        "min_bill_amount": "99.50",
        "product_info_SKU": "1, 2",
        "custom_property_map": "milestone = one\nlevel = 2",
        "valid_user_registration_start_time": "2026-05-09T10:00",
    }

    response = add(admin_client, **values)

    series = Series.objects.get()
    assert response.status_code == 302
    assert (series.coupon_prefix, series.max_create) == ("AB-", 25)
    assert series.mutual_exclusive_series_ids == [10, 20]
    assert series.redemption_range == {"dom": [], "dow": [6, 7], "hours": []}
    assert series.min_bill_amount == Decimal("99.5")
    assert series.product_info == [{"productType": "SKU", "productIds": [1, 2]}]
    assert series.redemption_org_entity_details == [
        {"redemptionOrgEntityType": "STORE", "orgEntityId": 40}
    ]
    assert series.custom_property_map == {"milestone": "one", "level": 2}
    assert series.valid_user_registration_start_time == 1_778_320_800_000
    assert (series.max_vouchers_per_user, series.max_bill_amount) == (None, None)
    assert (len(series.series_code), series.created_by_user) == (20, admin_user)
    assert series.history.get().history_user == admin_user


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"description": ""}, {"description": ["This field is required."]}),
        (
            {"discount_type": "PERC", "discount_value": "250"},
            {"discount_value": ["A percentage is above 0 and at most 100."]},
        ),
        (
            {"description": "", "discount_type": "PERC", "discount_value": "120"},
            {
                "description": ["This field is required."],
                "discount_value": ["A percentage is above 0 and at most 100."],
            },
        ),
        (
            {"max_create": "x", "client_handling_type": "GENERIC"},
            {
                "max_create": ["Enter a whole number."],
                "generic_code": ["Type the code that everybody shares."],
            },
        ),
        (
            {"sms_template": "Hello {{firstname}}"},
            {"sms_template": ["{{firstname}} is not known; did you mean {{first_name}}?"]},
        ),
        (
            {"expiry_strategy_type": "DAYS"},
            {"expiry_strategy_value": ["Type a number."]},
        ),
        ({"valid_till_date": "2020-01-01"}, {"valid_till_date": ["This day is in the past."]}),
        (
            {"client_handling_type": "GENERIC"},
            {"generic_code": ["Type the code that everybody shares."]},
        ),
        (
            {"client_handling_type": "GENERIC", "generic_code": "A B"},
            {"generic_code": ["Only letters A to Z, digits, - and _ are allowed."]},
        ),
        (
            {"expiry_strategy_type": "MONTHS_END", "expiry_strategy_value": "1000000"},
            {"expiry_strategy_value": ["Months need a number from 0 to 1200."]},
        ),
        (
            {"random_code_length": "2"},
            {
                "random_code_length": [
                    "2 out of 31 letters make 961 codes; at least 10000 are needed."
                ]
            },
        ),
        (
            {"redemption_range_dow": ["8"]},
            {"redemption_range": ["dow takes a list of numbers from 1 to 7, or -1 for any."]},
        ),
        ({"product_info_SKU": "shoe"}, None),
        ({"redemption_org_entity_details": ["SHOP:1"]}, None),
        ({"redemption_org_entity_details": ["STORE"]}, None),
        ({"custom_property_map": "milestone"}, None),
        ({"custom_property_map": "= one"}, None),
        ({"custom_property_map": "a = b\0"}, None),
        ({"mutual_exclusive_series_ids": ["x"]}, None),
        (
            {
                "valid_user_registration_start_time": "2026-05-09T10:00",
                "valid_user_registration_end_time": "2026-05-08T10:00",
            },
            {"valid_user_registration_end_time": ["It is before “Registered from”."]},
        ),
        ({"min_bill_amount": "9", "max_bill_amount": "8"}, None),
        ({"max_create": "-1"}, None),
        ({"info": "a\0b"}, {"info": ["Null characters are not allowed."]}),
    ],
)
def test_errors_stand_at_their_fields(
    admin_client: Client, values: dict[str, Any], refused: dict[str, list[str]] | None
) -> None:
    found = errors(add(admin_client, **values))

    assert found == refused if refused else len(found) == 1
    assert not Series.objects.exists()


def test_a_message_that_nobody_gets_may_say_anything(admin_client: Client) -> None:
    response = add(admin_client, sms_template="Hello {{firstname}}", is_sms_disabled="on")

    assert response.status_code == 302


def test_what_is_left_empty_gets_its_default(admin_client: Client) -> None:
    form = form_of(admin_client, f"{PAGE}add/")
    assert (form["discount_code"], form["expiry_strategy_value"]) == ([""], [""])

    add(admin_client)

    series = Series.objects.get()
    assert (series.discount_code, series.expiry_strategy_value) == ("NO_VALUE", 1)


def test_a_taken_code_is_refused(admin_client: Client) -> None:
    generic = {"client_handling_type": "GENERIC", "generic_code": "ten"}
    assert add(admin_client, **generic).status_code == 302
    pins = make_series(client_handling_type="DISC_CODE_PIN")
    Coupon.objects.create(code="TAKEN", series=pins)

    assert errors(add(admin_client, **generic)) == {
        "generic_code": ["Another series has this code."]
    }
    page = add(admin_client, **generic | {"generic_code": "taken", "info": "Only on Sundays"})

    assert errors(page) == {"generic_code": ["A coupon has this code."]}
    assert "Only on Sundays" in page.content.decode()
    assert Series.objects.count() == 2
