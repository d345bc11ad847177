"""What the form of a series asks for while people type."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from couponadmin.models import OrgEntity
from series.models import Series
from tests.factories import make_series
from tests.test_series_admin import PAGE, form_of

pytestmark = pytest.mark.django_db
PREVIEW = f"{PAGE}preview/"


def preview(client: Client, query: str = "", **values: Any) -> dict[str, Any]:
    sent = form_of(client, f"{PAGE}add/") | {
        "description": "Ten off",
        "discount_type": "ABS",
        "discount_value": "10",
    }
    response = client.post(PREVIEW + query, sent | values)
    assert response.status_code == 200
    assert not Series.objects.filter(description="Ten off").exists()
    return response.json()


def test_it_shows_a_code_and_how_hard_it_is_to_guess(admin_client: Client) -> None:
    code = preview(admin_client, coupon_prefix="diw-", random_code_length="6", max_create="1000")[
        "code"
    ]

    assert code["example"].startswith("DIW-")
    assert len(code["example"]) == 10
    assert code["note"] == "Somebody would need about 890,000 tries to find one."
    assert code["strength"] == 5.9
    assert code["figures"] == "887,503,681 different codes, 1,000 coupons in circulation."


def test_a_code_that_nobody_guesses_is_called_so(admin_client: Client) -> None:
    code = preview(admin_client, random_code_length="12")["code"]

    assert code["note"] == "Practically impossible to guess."
    assert code["strength"] == 12
    assert code["figures"] == "About 787 quadrillion different codes, 100 coupons in circulation."


@pytest.mark.parametrize(
    ("values", "example", "note"),
    [
        (
            {"client_handling_type": "GENERIC", "generic_code": "ten"},
            "TEN",
            "All customers share this code.",
        ),
        ({"client_handling_type": "GENERIC"}, "", "All customers share this code."),
        (
            {"client_handling_type": "DISC_CODE_PIN"},
            "",
            "Your own codes: upload them once the series is saved.",
        ),
        ({"random_code_length": "100", "coupon_prefix": "A"}, "", "Too long for a code."),
    ],
)
def test_other_kinds_of_codes(
    admin_client: Client, values: dict[str, str], example: str, note: str
) -> None:
    assert preview(admin_client, **values)["code"] == {"example": example, "note": note}


def test_it_shows_the_messages_with_their_size(admin_client: Client, admin_user: User) -> None:
    admin_user.first_name = "Ann"
    admin_user.save()

    [first, second] = preview(
        admin_client,
        client_handling_type="GENERIC",
        generic_code="TEN",
        sms_template="{{first_name}}: {{voucher}}",
        short_sms_template="x" * 161,
    )["messages"]

    assert (first["text"], first["size"]) == ("Ann: TEN", "8 characters, 1 SMS")
    assert second["size"] == "161 characters, 2 SMS parts"


def test_a_series_without_end_has_no_hole_in_its_message(admin_client: Client) -> None:
    found = preview(admin_client)

    code = found["code"]["example"]
    assert found["messages"][0]["text"] == f"Hello admin, your voucher code is {code}."
    assert found["warnings"] == ["Last day of the series: The series has no end."]


def test_a_series_without_messages_shows_none(admin_client: Client) -> None:
    assert preview(admin_client, is_sms_disabled="on")["messages"] == []


def test_it_says_what_could_not_be_saved_and_what_to_think_about(admin_client: Client) -> None:
    found = preview(admin_client, random_code_length="2", sms_template="{{nothing}}")

    assert found["problems"] == [
        "Characters in a code: 2 out of 31 letters make 961 codes; at least 10000 are needed.",
        "Message: {{nothing}} is not known.",
    ]
    assert found["warnings"] == ["Last day of the series: The series has no end."]
    assert found["messages"][0]["text"] == "{{nothing}}"


@pytest.mark.parametrize(
    ("days", "thought"),
    [
        ("0", "How many: Coupons end on the day of their issue."),
        ("1", "How many: Coupons end 1 day after the day of their issue."),
        ("6", "How many: Coupons end 6 days after the day of their issue."),
        ("7", None),
    ],
)
def test_few_days_are_worth_a_thought(admin_client: Client, days: str, thought: str | None) -> None:
    values = {"expiry_strategy_type": "DAYS", "expiry_strategy_value": days}

    found = preview(admin_client, valid_till_date="9999-12-31", **values)["warnings"]

    assert found == ([thought] if thought else [])


def test_an_empty_form_has_no_problems_yet(admin_client: Client) -> None:
    assert admin_client.post(PREVIEW, {}).json()["problems"] == []


@pytest.mark.parametrize(
    "values",
    [
        {"discount_value": "1e400"},
        {"discount_value": "NaN"},
        {"random_code_length": "99999999999999999999"},
        {"expiry_strategy_type": "DAYS", "expiry_strategy_value": "-2000000000"},
        {"expiry_strategy_type": "MONTHS_END", "expiry_strategy_value": "2147483647"},
        {"valid_till_date": "9999-12-31"},
        {"valid_till_date": "2026-02-30"},
        {"description": "a\0b"},
        {"sms_template": "\0"},
        {"client_handling_type": "NONE"},
        {"redemption_range_dow": ["8", "x", "\0"]},
        {"redemption_org_entity_details": ["STORE:99999999999999999999999", ":", "\0"]},
        {"mutual_exclusive_series_ids": ["99999999999999999999999", "²", "x"]},
        {"product_info_SKU": "1e9,²,\0"},
        {"custom_property_map": "a = [" * 2000},
        {"custom_property_map": 'a = {"b": 1e400}'},
        {"valid_user_registration_start_time": "0001-01-01T00:00"},
        {"valid_user_registration_start_time": "x"},
    ],
)
def test_nothing_typed_breaks_it(admin_client: Client, values: dict[str, Any]) -> None:
    preview(admin_client, **values)
    sent = form_of(admin_client, f"{PAGE}add/") | {"description": "Ten off"}

    assert admin_client.post(f"{PAGE}add/", sent | values).status_code == 200
    assert not Series.objects.exists()


def test_it_previews_a_change(admin_client: Client) -> None:
    series = make_series(coupon_prefix="OLD-", random_code_length=6)

    code = preview(admin_client, f"?series={series.pk}", coupon_prefix="NEW-")["code"]

    assert code["example"].startswith("OLD-")


@pytest.mark.parametrize("query", ["?series=x", "?series=99999999999999999999", "?series=-1"])
def test_an_unknown_series_is_one_that_is_being_made(admin_client: Client, query: str) -> None:
    assert preview(admin_client, query)["problems"] == []


def test_series_are_found_by_name_and_id(admin_client: Client) -> None:
    wanted = make_series(description="Diwali")
    make_series(description="Holi")

    for term in ("diwa", str(wanted.pk)):
        found = admin_client.get(f"{PAGE}others/", {"term": term}).json()
        text = f"Diwali ({wanted.pk})"
        assert {"id": str(wanted.pk), "text": text} in found["results"]
        assert found["pagination"] == {"more": False}


def test_places_are_found_by_name_and_code(admin_client: Client) -> None:
    place = OrgEntity.objects.create(type="ZONE", code="north", name="Upper")
    OrgEntity.objects.create(type="ZONE", code="south", name="Lower")

    for term in ("nor", "upp"):
        results = admin_client.get(f"{PAGE}places/", {"term": term}).json()["results"]
        assert results == [{"id": f"ZONE:{place.pk}", "text": str(place)}]


@pytest.mark.parametrize("query", ["term=%00", "term=x&page=x", "page=99999", "page=-1", "term=²"])
@pytest.mark.parametrize("box", ["others/", "places/"])
def test_a_search_box_takes_anything(admin_client: Client, box: str, query: str) -> None:
    assert admin_client.get(f"{PAGE}{box}?{query}").status_code == 200


def test_who_may_not_see_series_gets_no_previews(
    client: Client, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("till", is_staff=True))

    assert client.post(PREVIEW, {}).status_code == 403
    assert client.get(f"{PAGE}others/").status_code == 403
    assert client.get(f"{PAGE}places/").status_code == 403


def test_a_duplicate_starts_with_the_members_of_the_other(admin_client: Client) -> None:
    series = make_series(
        description="Diwali", redemption_range={"dow": [6], "dom": [], "hours": []}, max_create=25
    )

    start = admin_client.get(f"{PAGE}{series.pk}/duplicate", follow=True)
    url = start.redirect_chain[-1][0]
    assert admin_client.post(url, form_of(admin_client, url)).status_code == 302

    [made, _] = Series.objects.all()
    assert (made.description, made.max_create) == ("Copy of Diwali", 25)
    assert made.redemption_range == series.redemption_range
    assert made.series_code != series.series_code


@pytest.mark.parametrize("source", ["x", "0", "99999999999999999999", "\0"])
def test_a_duplicate_of_nothing_is_an_empty_form(admin_client: Client, source: str) -> None:
    page = admin_client.get(f"{PAGE}add/", {"from": source, "redemption_range": "x"})

    assert page.status_code == 200
