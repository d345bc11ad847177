"""The admin's pages for changing a series."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from couponadmin.models import OrgEntity
from couponadmin.roles import permissions_named
from series.checks import FROZEN
from series.forms import COLUMNS
from series.models import Series, Tally
from series.services import update_series
from tests.conftest import Caller
from tests.factories import make_series
from tests.test_series_admin import PAGE, add, errors, form_of

pytestmark = pytest.mark.django_db


def test_an_untouched_form_changes_nothing(admin_client: Client) -> None:
    add(
        admin_client,
        redemption_range_dow=["6"],
        redemption_org_entity_details=["STORE:40", "ZONE:7"],
        mutual_exclusive_series_ids=["1", "2"],
        product_info_BRAND="5,6",
        valid_user_registration_end_time="2026-05-09T10:00",
        max_vouchers_per_user="3",
        discount_upto="5",
    )
    series = Series.objects.get()
    before = Series.objects.filter(pk=series.pk).values(*COLUMNS.values()).get()
    url = f"{PAGE}{series.pk}/change/"

    response = admin_client.post(url, form_of(admin_client, url))

    assert response.status_code == 302
    assert Series.objects.filter(pk=series.pk).values(*COLUMNS.values()).get() == before


def test_it_changes_a_series(admin_client: Client, admin_user: User) -> None:
    series = make_series(max_create=10, num_issued=5, min_bill_amount=7)
    Tally.objects.create(series=series, at=datetime.now(UTC), issued=5, counted=True)
    url = f"{PAGE}{series.pk}/change/"
    sent = form_of(admin_client, url) | {"max_create": "", "min_bill_amount": "", "info": "new"}

    assert admin_client.post(url, sent).status_code == 302

    changed = Series.objects.get()
    assert (changed.max_create, changed.min_bill_amount, changed.info) == (None, None, "new")
    assert changed.changed_at > series.changed_at
    assert changed.history.first().history_user == admin_user


def test_a_word_in_braces_that_a_client_stored_may_stay(admin_client: Client) -> None:
    series = make_series(sms_template="Hello {{firstname}}", discount_code="DIWALI20")
    url = f"{PAGE}{series.pk}/change/"
    form = form_of(admin_client, url)

    assert admin_client.post(url, form | {"info": "new", "discount_code": ""}).status_code == 302
    changed = Series.objects.get()
    assert (changed.info, changed.sms_template) == ("new", "Hello {{firstname}}")
    assert changed.discount_code == "NO_VALUE"

    sent = form | {"sms_template": "Dear {{firstname}}"}
    assert list(errors(admin_client.post(url, sent))) == ["sms_template"]


def test_a_cap_below_what_was_issued_is_refused(admin_client: Client) -> None:
    series = make_series(num_issued=5)
    url = f"{PAGE}{series.pk}/change/"

    found = errors(admin_client.post(url, form_of(admin_client, url) | {"max_create": "4"}))

    assert found == {"max_create": ["5 coupons have been issued already."]}
    assert Series.objects.get().max_create is None


def test_how_codes_are_made_cannot_be_changed(admin_client: Client) -> None:
    series = make_series()
    url = f"{PAGE}{series.pk}/change/"
    form = admin_client.get(url).context["adminform"].form
    sent = form_of(admin_client, url) | {"coupon_prefix": "NEW", "expiry_strategy_type": "DAYS"}

    assert admin_client.post(url, sent).status_code == 302

    assert {name for name, field in form.fields.items() if field.disabled} == set(FROZEN.values())
    changed = Series.objects.get()
    assert (changed.coupon_prefix, changed.expiry_strategy_type) == ("", "SERIES_EXPIRY")


def test_it_shows_the_history(admin_client: Client) -> None:
    series = make_series(info="old")
    url = f"{PAGE}{series.pk}/change/"
    admin_client.post(url, form_of(admin_client, url) | {"info": "new"})

    history = admin_client.get(f"{PAGE}{series.pk}/history/")
    first = series.history.last()
    version = f"{PAGE}{series.pk}/history/{first.pk}/"

    assert history.status_code == 200
    assert admin_client.get(version).status_code == 200
    assert (
        admin_client.post(
            version, form_of(admin_client, version, "historicalseries_form")
        ).status_code
        == 302
    )
    series.refresh_from_db()
    assert (series.info, series.history.count()) == ("old", 3)


def test_the_history_names_people_and_api_clients(admin_client: Client, series_api: Caller) -> None:
    series = make_series(info="old")
    url = f"{PAGE}{series.pk}/change/"
    admin_client.post(url, form_of(admin_client, url) | {"info": "new"})
    series_api.put(f"/v2/coupon/series/{series.pk}", {"info": "newest"})

    page = admin_client.get(f"{PAGE}{series.pk}/history/").content.decode()

    told = re.findall(r'data-label="Changed by">([^<]*)<', page)
    assert told == ["API client till", "admin", "–"]
    assert "coupons that were issued already stay as they are" in page
    assert "None" not in page


def told(client: Client, series: Series) -> list[tuple[str, str, str]]:
    """What the newest version changed, as the history says it."""
    history = client.get(f"{PAGE}{series.pk}/history/")
    return [tuple(change) for change in history.context["page_obj"][0].told]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            {"redemption_range": {"dom": [], "dow": [6, 7], "hours": []}},
            {"redemption_range": {}},
            ("Only at these times", "Sat, Sun", "any time"),
        ),
        (
            {"redemption_range": {}},
            {"redemption_range": {"dom": [1, 2, 3, 15], "dow": [], "hours": [9, 10, 20]}},
            (
                "Only at these times",
                "any time",
                "09:00–11:00, 20:00–21:00; on day 1–3, 15 of the month",
            ),
        ),
        ({"info": "x" * 300}, {"info": ""}, ("Notes", "x" * 300, "–")),
        ({"max_create": None}, {"max_create": 5000}, ("Coupons in all", "no limit", "5,000")),
        ({"discount_value": 10}, {"discount_value": 12.5}, ("How much", "10", "12.5")),
        (
            {"is_sms_disabled": True},
            {"is_sms_disabled": False},
            ("Send no message", "yes", "no"),
        ),
        (
            {"valid_till_date": date(2030, 9, 5)},
            {"valid_till_date": None},
            ("Last day of the series", "5 Sep 2030", "no end"),
        ),
        (
            {"discount_code": "NO_VALUE"},
            {"discount_code": "DIWALI20"},
            ("Discount at the till", "–", "DIWALI20"),
        ),
        (
            {"valid_user_registration_start_time": None},
            {"valid_user_registration_start_time": 1_778_320_800_000},
            ("Registered from", "no limit", "9 May 2026, 10:00"),
        ),
        (
            {"product_info": [{"productType": "BRAND", "productIds": [5, 6]}]},
            {"product_info": []},
            ("Only for these products", "Brands 5, 6", "all products"),
        ),
    ],
)
def test_the_history_says_what_was_changed_in_the_words_of_the_form(
    admin_client: Client,
    before: dict[str, Any],
    after: dict[str, Any],
    said: tuple[str, str, str],
) -> None:
    series = make_series(**before)
    update_series(series.pk, after, now=datetime.now(UTC))

    assert told(admin_client, series) == [said]


def test_the_history_names_places_and_other_series(admin_client: Client) -> None:
    store = OrgEntity.objects.create(type="STORE", code="s1", name="Main street")
    other = make_series(description="Welcome")
    series = make_series()
    details = [
        {"redemptionOrgEntityType": "STORE", "orgEntityId": store.pk},
        {"redemptionOrgEntityType": "STORE", "orgEntityId": 0},
    ]
    columns = {
        "redemption_org_entity_details": details,
        "mutual_exclusive_series_ids": [other.pk],
    }
    update_series(series.pk, columns, now=datetime.now(UTC))

    assert sorted(told(admin_client, series)) == [
        ("Not for holders of", "–", f"Welcome ({other.pk})"),
        ("Only at these places", "everywhere", f"{store}, unknown place 0"),
    ]


def test_a_version_that_changed_nothing_is_not_listed(admin_client: Client) -> None:
    series = make_series()
    update_series(series.pk, {"info": series.info}, now=datetime.now(UTC))

    page = admin_client.get(f"{PAGE}{series.pk}/history/").content.decode()

    assert series.history.count() == 2
    assert page.count('class="version"') == 1


def test_a_series_cannot_be_deleted(admin_client: Client) -> None:
    series = make_series()

    response = admin_client.post(f"{PAGE}{series.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert Series.objects.exists()


def test_who_may_only_look_changes_nothing(client: Client, django_user_model: type[User]) -> None:
    series = make_series(info="old")
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(permissions_named("series.view_series"))
    client.force_login(user)
    url = f"{PAGE}{series.pk}/change/"

    assert client.get(url).status_code == 200
    assert client.post(url, {"info": "new"}).status_code == 403
    assert client.get(f"{PAGE}add/").status_code == 403
