"""The page of one series, and what can be done there with all of its coupons."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import strip_tags
from openpyxl import load_workbook

from batches import exports
from batches.models import Batch
from couponadmin.models import OrgEntity
from couponadmin.roles import permissions_named
from couponadmin.times import api_time, end_of_day
from customers.merging import merge
from issuance.asks import Ask, Purpose
from issuance.models import Coupon
from issuance.services import issue
from marketing import levers
from redemption.models import Redemption
from redemption.services import reverse
from series.models import Series, SeriesDay, Tally
from series.status import COLORS
from tests.conftest import Caller
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
PINS = {"client_handling_type": "DISC_CODE_PIN"}
NEXT_YEAR = date.today().year + 1
Person = Callable[..., Client]


def page(series: Series, name: str = "overview") -> str:
    return f"/admin/series/series/{series.pk}/{name}/"


def issue_to(series: Series, *customers: int, now: datetime) -> list[Coupon]:
    asks = [Ask(series.pk, customer) for customer in customers]
    answers = issue(asks, now=now, purpose=Purpose())
    return list(Coupon.objects.filter(pk__in=[answer.coupons[0].id for answer in answers]))


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def person(client: Client, django_user_model: type[User]) -> Person:
    """Signs somebody in who may do what is named, and nothing else."""

    def sign_in(*permissions: str) -> Client:
        user = django_user_model.objects.create_user("ann", is_staff=True)
        user.user_permissions.set(permissions_named(*permissions) if permissions else [])
        client.force_login(user)
        return client

    return sign_in


def test_it_shows_how_a_series_goes(admin_client: Client, now: datetime) -> None:
    series = make_series(description="Diwali", max_create=50, num_issued=20, num_redeemed=5)
    SeriesDay.objects.create(series=series, day=now.date(), issued=20, redeemed=5, discount=2400)
    SeriesDay.objects.create(series=make_series(), day=now.date(), discount=7, sales=7)
    Tally.objects.create(series=series, at=now, discount=100, sales=1_500_000)
    mine = Batch.objects.create(
        kind="ISSUE", state="running", series_ids=[series.pk], created_at=now
    )
    Batch.objects.create(kind="ISSUE", state="running", series_ids=[0], created_at=now)

    context = admin_client.get(page(series)).context

    assert context["status"] == "live"
    assert [card[:2] for card in context["cards"]] == [
        ("Issued", "20"),
        ("Redeemed", "5"),
        ("Redemption rate", "25.0%"),
        ("Left to issue", "30"),
        ("Discount given", "2,500"),
        ("Sales with it", "1.5 million"),
    ]
    assert dict(context["terms"])["Benefit"] == "500 off the bill"
    assert context["chart_in_words"] == "Today 20 coupons were issued and 5 redeemed."
    assert [each["progress"].batch for each in context["batches"]] == [mine]


def test_what_was_redeemed_and_given_back_is_in_the_money(
    admin_client: Client, client_api: Caller
) -> None:
    series = make_series(discount_value=100)
    for number, mobile in enumerate(("919812345678", "919812345679")):
        [coupon] = issue_to(series, make_customer(mobile=mobile).pk, now=datetime.now(UTC))
        bill = {
            "redemptionRequestList": [{"code": coupon.code}],
            "billAmount": 700,
            "transactionNumber": f"T{number}",
            "user": {"mobile": mobile},
        }
        assert client_api.post("/v2/coupon/redeem", bill).status_code == 200
    reverse([Redemption.objects.first().pk], reason="returned", now=datetime.now(UTC))

    cards = {card.name: card.value for card in admin_client.get(page(series)).context["cards"]}

    assert (cards["Redeemed"], cards["Discount given"]) == ("1", "100")
    assert cards["Sales with it"] == "700"


@pytest.mark.parametrize(
    ("currency", "worth"),
    [
        ("", "20% off the bill, at most 300"),
        ("₹", "20% off the bill, at most ₹300"),
        ("INR", "20% off the bill, at most INR\N{NO-BREAK SPACE}300"),
    ],
)
def test_amounts_have_the_currency_of_the_shop(
    admin_client: Client, settings: Any, currency: str, worth: str
) -> None:
    settings.CURRENCY = currency
    columns = {"discount_type": "PERC", "discount_value": 20, "discount_upto": 300}
    sign = worth.partition("most ")[2].removesuffix("300")

    context = admin_client.get(page(make_series(min_bill_amount=1000, **columns))).context

    assert dict(context["terms"])["Benefit"] == worth
    assert dict(context["terms"])["Bill of at least"] == f"{sign}1,000"
    assert {card.name: card.value for card in context["cards"]}["Discount given"] == f"{sign}0"


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, "live"),
        ({"valid_till_date": None}, "live"),
        ({"valid_till_date": date(2020, 1, 1)}, "ended"),
        ({"max_create": 3, "num_issued": 3}, "used up"),
        (PINS, "waiting for codes"),
        (PINS | {"max_create": 5}, "waiting for codes"),
        (PINS | {"num_uploaded_total": 1}, "live"),
        (PINS | {"num_uploaded_total": 1, "num_issued": 1}, "out of codes"),
        (PINS | {"num_uploaded_total": 9, "max_create": 3, "num_issued": 3}, "used up"),
        (PINS | {"valid_till_date": date(2020, 1, 1)}, "ended"),
    ],
)
def test_its_status(admin_client: Client, columns: dict[str, Any], status: str) -> None:
    """The same on its page, in the list, and among what the filter finds."""
    series = make_series(**columns)

    assert admin_client.get(page(series)).context["status"] == status
    for name in COLORS:
        listed = admin_client.get("/admin/series/series/", {"status": name}).content.decode()
        assert (page(series) in listed) is (name == status)


@pytest.mark.parametrize(
    ("columns", "first"),
    [
        ({}, "Issue coupons"),
        (PINS, "Upload codes"),
        (PINS | {"num_uploaded_total": 1}, "Issue coupons"),
        ({"valid_till_date": date(2020, 1, 1)}, "Extend"),
    ],
)
def test_what_comes_next_is_its_first_button(
    admin_client: Client, columns: dict[str, Any], first: str
) -> None:
    deeds = admin_client.get(page(make_series(**columns))).context["deeds"]

    assert deeds.first.label == first
    assert first not in [link.label for link in deeds.more]
    assert [link.label for link in deeds.often] == ["Edit", "Download"]
    assert [link.label for link in deeds.grave] == ["Revoke unredeemed"]


def test_before_anything_is_issued_there_is_no_empty_chart(admin_client: Client) -> None:
    response = admin_client.get(page(make_series()))

    assert response.context["chart"] == ""
    assert "Nothing was issued yet." in response.content.decode()


@pytest.mark.parametrize(
    ("columns", "name", "text"),
    [
        (
            {"discount_type": "PERC", "discount_value": 20, "discount_upto": 300},
            "Benefit",
            "20% off the bill, at most 300",
        ),
        ({"discount_type": "PERC", "discount_value": 20}, "Benefit", "20% off the bill"),
        (
            {"client_handling_type": "GENERIC", "generic_code": "TEN"},
            "Codes",
            "all customers share TEN",
        ),
        ({"valid_till_date": None}, "Series ends", "never"),
        (
            {"expiry_strategy_type": "DAYS", "expiry_strategy_value": 30},
            "A coupon is valid",
            "30 days from its issue",
        ),
        (
            {"expiry_strategy_type": "DAYS", "expiry_strategy_value": 1},
            "A coupon is valid",
            "1 day from its issue",
        ),
        (
            {"expiry_strategy_type": "MONTHS_END", "expiry_strategy_value": 2},
            "A coupon is valid",
            "to the end of the month 2 months after its issue",
        ),
        ({}, "For one customer", "one coupon"),
        (
            {"is_multiple_vouchers_per_user_allowed": True},
            "For one customer",
            "any number of coupons",
        ),
        (
            {"is_multiple_vouchers_per_user_allowed": True, "max_vouchers_per_user": 3},
            "For one customer",
            "3 coupons at most",
        ),
        ({"min_bill_amount": Decimal(1000)}, "Bill of at least", "1,000"),
        (
            {"redemption_range": {"dow": [6, 7], "dom": [], "hours": []}},
            "Only at these times",
            "Sat, Sun",
        ),
        ({}, "A coupon works", "once"),
        (
            {"is_multiple_use_allowed": True, "redemption_per_coupon_max_limit": 5},
            "A coupon works",
            "5 times at most",
        ),
        ({"any_user": True}, "Anybody may redeem", "yes"),
        ({"info": "For partners"}, "Notes", "For partners"),
        ({"terms_and_conditions": "Not with other offers"}, "Terms and conditions", None),
        ({"discount_code": "DIWALI20"}, "Discount at the till", "DIWALI20"),
    ],
)
def test_its_terms_in_plain_words(
    admin_client: Client, columns: dict[str, Any], name: str, text: str
) -> None:
    context = admin_client.get(page(make_series(**columns))).context

    assert dict(context["terms"])[name] == (text or columns["terms_and_conditions"])


def test_what_nobody_chose_is_no_term(admin_client: Client) -> None:
    context = admin_client.get(page(make_series(terms_and_conditions="T&C"))).context

    assert [name for name, _ in context["terms"]] == [
        "Benefit",
        "Codes",
        "Series ends",
        "A coupon is valid",
        "For one customer",
        "A coupon works",
        "Code of the series",
    ]


def test_it_names_the_places_where_coupons_can_be_redeemed(admin_client: Client) -> None:
    store = OrgEntity.objects.create(type="STORE", code="s1", name="Main street")
    details = [{"redemptionOrgEntityType": "STORE", "orgEntityId": store.pk}]

    context = admin_client.get(page(make_series(redemption_org_entity_details=details))).context

    assert dict(context["terms"])["Only at these places"] == str(store)


def test_it_shows_the_message_filled_in(admin_client: Client, admin_user: User) -> None:
    admin_user.first_name = "Ann"
    admin_user.save()
    generic = {"client_handling_type": "GENERIC", "generic_code": "TEN"}
    series = make_series(sms_template="{{first_name}}: {{voucher_code}}", **generic)

    assert "Ann: TEN" in admin_client.get(page(series)).content.decode()
    Series.objects.update(is_sms_disabled=True)
    assert "Ann: TEN" not in admin_client.get(page(series)).content.decode()


def test_the_list_leads_to_it(admin_client: Client) -> None:
    series = make_series()

    assert page(series) in admin_client.get("/admin/series/series/").content.decode()
    response = admin_client.get(f"/admin/series/series/{series.pk}/overview", follow=True)
    assert response.redirect_chain[-1][0] == page(series)


def test_what_does_not_exist_is_not_found(admin_client: Client) -> None:
    for number in (0, 999, 10**30):
        assert admin_client.get(f"/admin/series/series/{number}/overview/").status_code == 404


@pytest.mark.parametrize("identifier", ["mobile", "email", "external_id", "id"])
def test_a_coupon_for_one_customer(admin_client: Client, identifier: str) -> None:
    series = make_series()
    columns = {"mobile": "919812345678", "email": "a@example.com", "external_id": "card-7"}
    customer = make_customer(**columns)
    term = str(getattr(customer, identifier))

    response = admin_client.post(page(series, "issue"), {"customer": f" {term} "}, follow=True)

    [coupon] = Coupon.objects.filter(series=series)
    assert coupon.customer == customer
    assert coupon.origin.user == response.wsgi_request.user
    [sentence] = said(response)
    assert strip_tags(sentence).startswith(f"Issued to {customer}: {coupon.code}, valid until")
    assert f"/admin/issuance/coupon/{coupon.pk}/change/" in sentence


def test_an_id_that_is_anothers_external_id_is_told_apart_by_a_sign(admin_client: Client) -> None:
    series, wanted = make_series(), make_customer(id=555)
    make_customer(external_id="555")

    admin_client.post(page(series, "issue"), {"customer": "#555"})

    assert Coupon.objects.get(series=series).customer == wanted


@pytest.mark.parametrize("term", ["{}", "#{}"])
def test_who_was_merged_is_the_other_now(admin_client: Client, now: datetime, term: str) -> None:
    series, tom, twin = make_series(), make_customer(), make_customer()
    merge(tom.pk, twin.pk, now=now)

    admin_client.post(page(series, "issue"), {"customer": term.format(twin.pk)})

    assert Coupon.objects.get(series=series).customer == tom


def test_a_coupon_that_is_held_is_shown_again(admin_client: Client, now: datetime) -> None:
    series, customer = make_series(), make_customer(external_id="card-7")
    [coupon] = issue_to(series, customer.pk, now=now)

    response = admin_client.post(page(series, "issue"), {"customer": "card-7"}, follow=True)

    assert "holds one already" in said(response)[0]
    assert Coupon.objects.get() == coupon


def test_the_engine_decides_and_its_reason_is_shown(admin_client: Client) -> None:
    series = make_series(valid_till_date=date(2020, 1, 1))
    make_customer(external_id="card-7")

    response = admin_client.post(page(series, "issue"), {"customer": "card-7"}, follow=True)

    assert said(response) == ["Coupon has expired"]
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("term", "error"),
    [
        ("nobody", "No customer has this as an identifier."),
        ("", "This field is required."),
        ("a\0b", "Null characters are not allowed."),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), None),
        ("9" * 200, None),
        ("555", "Several customers have this. Use # and a customer id."),
    ],
)
def test_who_is_not_found_gets_nothing(admin_client: Client, term: str, error: str | None) -> None:
    series = make_series()
    make_customer(id=555)
    make_customer(external_id="555")

    response = admin_client.post(page(series, "issue"), {"customer": term})

    errors = response.context["issue_form"].errors["customer"]
    assert response.status_code == 200
    assert errors == [error] if error else errors
    assert not Coupon.objects.exists()


def test_revoking_says_how_many_and_does_it(admin_client: Client, now: datetime) -> None:
    series, other = make_series(), make_series()
    customers = [make_customer().pk for _ in range(4)]
    coupons = issue_to(series, *customers, now=now)
    issue_to(other, customers[0], now=now)
    Coupon.objects.filter(pk=coupons[0].pk).update(redemption_count=1)
    Coupon.objects.filter(pk=coupons[1].pk).update(revoked_at=now)

    question = admin_client.get(page(series, "revoke"))
    assert "Revoke 2 unredeemed coupons?" in question.content.decode()
    assert Coupon.objects.filter(revoked_at=None).count() == 4
    response = admin_client.post(page(series, "revoke"), {"after": 0, "done": 0}, follow=True)

    assert said(response) == ["Revoked: 2 coupons."]
    left = Coupon.objects.filter(revoked_at=None)
    assert {coupon.series_id for coupon in left} == {series.pk, other.pk}
    assert LogEntry.objects.get().change_message == "Revoked: 2 unredeemed coupons."


@pytest.mark.parametrize(("several_uses", "most"), [(False, "up to 7"), (True, "up to 12")])
def test_a_large_series_is_not_counted(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, several_uses: bool, most: str
) -> None:
    monkeypatch.setattr(levers, "COUNTED", 10)
    series = make_series(num_issued=12, num_redeemed=5, is_multiple_use_allowed=several_uses)

    question = admin_client.get(page(series, "revoke")).content.decode()

    assert f"Revoke {most} unredeemed coupons?" in question


def test_many_coupons_are_revoked_in_steps(
    admin_client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levers, "AT_ONCE", 2)
    monkeypatch.setattr(levers, "STEPS_PER_REQUEST", 2)
    series = make_series()
    issue_to(series, *(make_customer().pk for _ in range(7)), now=now)

    first = admin_client.post(page(series, "revoke"), {"after": 0, "done": 0})
    assert Coupon.objects.filter(revoked_at=None).count() == 3
    sent = {"after": first.context["step"].after, "done": first.context["done"]}
    last = admin_client.post(page(series, "revoke"), sent, follow=True)

    assert said(last) == ["Revoked: 7 coupons."]
    assert not Coupon.objects.filter(revoked_at=None).exists()


def test_there_may_be_nothing_to_revoke(admin_client: Client) -> None:
    question = admin_client.get(page(make_series(), "revoke")).content.decode()

    assert "There is nothing to revoke" in question


@pytest.mark.parametrize("sent", [{}, {"after": "x", "done": 0}, {"after": 10**30, "done": 0}])
def test_a_forged_step_does_nothing(
    admin_client: Client, now: datetime, sent: dict[str, Any]
) -> None:
    series = make_series()
    issue_to(series, make_customer().pk, now=now)

    assert admin_client.post(page(series, "revoke"), sent).status_code == 404
    assert Coupon.objects.get().revoked_at is None


def test_extending_moves_the_series_and_its_coupons(admin_client: Client, now: datetime) -> None:
    series = make_series(valid_till_date=date(NEXT_YEAR, 6, 30))
    issue_to(series, make_customer().pk, make_customer().pk, now=now)
    later = date(NEXT_YEAR, 9, 30)

    sent = {"valid_till_date": later.isoformat(), "coupons": "on"}
    response = admin_client.post(page(series, "extend"), sent, follow=True)

    assert said(response)[1] == "Extended: 2 coupons."
    series.refresh_from_db()
    assert series.valid_till_date == later
    ends = Coupon.objects.values_list("expires_at", flat=True)
    assert set(ends) == {end_of_day(later).astimezone(UTC)}
    assert series.history.first().history_user == response.wsgi_request.user
    [entry] = LogEntry.objects.all()
    assert entry.change_message == (
        f"Extended to 30 Sep {NEXT_YEAR}, with the coupons issued already."
    )


def test_extending_says_when_it_ends_now_and_how_many_coupons_are_meant(
    admin_client: Client, now: datetime
) -> None:
    series = make_series(valid_till_date=date(NEXT_YEAR, 6, 30))
    issue_to(series, make_customer().pk, make_customer().pk, now=now)

    response = admin_client.get(page(series, "extend"))
    text = response.content.decode()

    assert f"The series ends on 30 Jun {NEXT_YEAR} now." in text
    assert "Also for coupons issued already that were not redeemed (2)" in text
    assert response.context["form"]["valid_till_date"].value() is None
    assert f'data-last-day="{NEXT_YEAR}-06-30"' in text


@pytest.mark.parametrize("day", [30, 29])
def test_a_day_that_is_no_later_does_not_extend(admin_client: Client, day: int) -> None:
    series = make_series(valid_till_date=date(NEXT_YEAR, 6, 30))

    sent = {"valid_till_date": f"{NEXT_YEAR}-06-{day}", "coupons": "on"}
    response = admin_client.post(page(series, "extend"), sent)

    assert response.context["form"].errors["valid_till_date"] == [
        f"Choose a day after 30 Jun {NEXT_YEAR}, when the series ends now. "
        "An earlier one is set with Edit."
    ]
    assert series.history.count() == 1
    assert not LogEntry.objects.exists()


def test_a_series_without_end_has_nothing_to_extend(admin_client: Client) -> None:
    response = admin_client.get(page(make_series(valid_till_date=None), "extend"), follow=True)

    assert said(response) == ["This series has no last day, so it goes on anyway."]


def test_extending_many_coupons_says_how_far_it_is(
    admin_client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levers, "AT_ONCE", 2)
    monkeypatch.setattr(levers, "STEPS_PER_REQUEST", 1)
    series = make_series()
    issue_to(series, *(make_customer().pk for _ in range(3)), now=now)
    later = series.valid_till_date + timedelta(days=30)

    sent = {"valid_till_date": later.isoformat(), "coupons": "on"}
    first = admin_client.post(page(series, "extend"), sent)
    assert "Extended so far: 2 of 3" in first.content.decode()
    assert '<progress max="3" value="2"' in first.content.decode()
    step = {"after": first.context["step"].after, "done": 2, "whole": 3}
    admin_client.post(page(series, "extend_coupons"), step)

    assert set(Coupon.objects.values_list("expires_at", flat=True)) == {
        end_of_day(later).astimezone(UTC)
    }
    assert LogEntry.objects.count() == 1


def test_coupons_with_a_shared_code_are_extended_too(admin_client: Client, now: datetime) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="TEN")
    issue_to(series, make_customer().pk, make_customer().pk, now=now)
    later = series.valid_till_date + timedelta(days=30)

    sent = {"valid_till_date": later.isoformat(), "coupons": "on"}
    admin_client.post(page(series, "extend"), sent)

    issued = Coupon.objects.issued().values_list("expires_at", flat=True)
    assert set(issued) == {end_of_day(later).astimezone(UTC)}


def test_coupons_stay_as_they_are_unless_they_are_meant(
    admin_client: Client, now: datetime
) -> None:
    series = make_series()
    [coupon] = issue_to(series, make_customer().pk, now=now)
    later = series.valid_till_date + timedelta(days=30)

    admin_client.post(page(series, "extend"), {"valid_till_date": later.isoformat()})

    assert Coupon.objects.get().expires_at == coupon.expires_at
    assert Series.objects.get().valid_till_date == later


@pytest.mark.parametrize(
    ("strategy", "ticked"), [("SERIES_EXPIRY", True), ("DAYS", False), ("MONTHS_END", False)]
)
def test_coupons_with_a_time_of_their_own_are_not_meant_at_first(
    admin_client: Client, strategy: str, ticked: bool
) -> None:
    form = admin_client.get(page(make_series(expiry_strategy_type=strategy), "extend"))

    assert form.context["form"]["coupons"].value() is ticked


@pytest.mark.parametrize("day", ["2020-01-01", "2026-02-30", "x", ""])
def test_an_end_in_the_past_is_refused(admin_client: Client, day: str) -> None:
    series = make_series()

    response = admin_client.post(page(series, "extend"), {"valid_till_date": day})

    assert response.status_code == 200
    assert len(response.context["form"].errors["valid_till_date"]) == 1
    assert Series.objects.get().valid_till_date == series.valid_till_date


def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_a_download_has_every_issued_coupon(admin_client: Client, now: datetime) -> None:
    series = make_series(coupon_prefix="-")
    ann = make_customer(first_name="Ann", mobile="919812345678", email="ann@example.com")
    coupons = issue_to(series, ann.pk, make_customer().pk, now=now)
    issue_to(make_series(), make_customer().pk, now=now)

    response = admin_client.get(page(series, "download"))

    rows = rows_of(response)
    assert {row["Code"] for row in rows} == {f"'{coupon.code}" for coupon in coupons}
    assert {row["State"] for row in rows} == {"usable"}
    [hers] = [row for row in rows if row["Customer id"] == str(ann.pk)]
    assert (hers["First name"], hers["Mobile"]) == ("Ann", "919812345678")
    assert (hers["E-mail"], hers["Last redeemed"]) == ("ann@example.com", "")
    assert f"series-{series.pk}-coupons.csv" in response["Content-Disposition"]
    assert LogEntry.objects.get().change_message == (
        "Coupons downloaded, with names and addresses of customers."
    )


def test_a_download_tells_when_a_coupon_was_redeemed_last(
    admin_client: Client, now: datetime
) -> None:
    series = make_series()
    [coupon] = issue_to(series, make_customer().pk, now=now)
    Coupon.objects.update(redemption_count=2)
    for days, reversed_at in ((3, None), (2, None), (1, now)):
        Redemption.objects.create(
            coupon=coupon,
            series=series,
            customer=coupon.customer,
            bill_amount=500,
            discount=20,
            redeemed_at=now - timedelta(days=days),
            reversed_at=reversed_at,
        )

    [row] = rows_of(admin_client.get(page(series, "download")))

    assert row["Times redeemed"] == "2"
    assert row["Last redeemed"] == api_time(now - timedelta(days=2))


def test_who_may_not_take_customers_out_gets_their_ids(person: Person, now: datetime) -> None:
    series, ann = make_series(), make_customer(first_name="Ann")
    issue_to(series, ann.pk, now=now)

    [row] = rows_of(person("issuance.view_coupon").get(page(series, "download")))

    assert row["Customer id"] == str(ann.pk)
    assert not {"First name", "Mobile", "E-mail"} & row.keys()
    assert LogEntry.objects.get().change_message == "Coupons downloaded."


def test_a_download_can_be_a_book(
    admin_client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = make_series()
    [coupon] = issue_to(series, make_customer(mobile="0123").pk, now=now)
    url = f"{page(series, 'download')}?format=xlsx"

    book = load_workbook(io.BytesIO(b"".join(admin_client.get(url).streaming_content)))
    header, row = book.active.iter_rows(values_only=True)
    assert dict(zip(header, row, strict=True))["Code"] == coupon.code
    assert dict(zip(header, row, strict=True))["Mobile"] == "0123"

    monkeypatch.setattr(exports, "MOST_BOOK_ROWS", 0)
    assert "Take them as CSV" in said(admin_client.get(url, follow=True))[0]
    assert "Excel" not in admin_client.get(page(series)).content.decode()


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("overview", "series.view_series"),
        ("issue", "issuance.add_coupon"),
        ("extend", "series.change_series"),
        ("extend_coupons", "issuance.change_coupon"),
        ("revoke", "issuance.change_coupon"),
        ("download", "issuance.view_coupon"),
    ],
)
def test_each_deed_needs_its_permission(person: Person, name: str, needed: str) -> None:
    every = {
        "series.view_series",
        "series.change_series",
        "issuance.add_coupon",
        "issuance.change_coupon",
        "issuance.view_coupon",
    }
    client = person(*every - {needed})

    for call in (client.get, client.post):
        assert call(page(make_series(), name)).status_code in (403, 405)


def test_buttons_are_those_of_what_one_may_do(person: Person) -> None:
    client = person("series.view_series")

    context = client.get(page(make_series())).context

    deeds = context["deeds"]
    assert (deeds.first, deeds.grave) == (None, [])
    assert [link.label for link in deeds.often] == ["All terms"]
    assert [link.label for link in deeds.more] == ["History"]
    assert context["batches"] is None
