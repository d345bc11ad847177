"""Lists of the admin as files: the rows that the filters leave, for those who may have them."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client

from couponadmin import list_export, roles
from couponadmin.models import ApiClient, OrgEntity
from outbox.models import Endpoint
from redemption.services import hold
from series.models import SeriesDay
from tests.conftest import Caller
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series
from tests.people import signed_in_as
from tests.test_redeem_engine import MANY, NOW, coupons_of, visit

pytestmark = pytest.mark.django_db(transaction=True)
LOG = "/admin/admin/logentry/"
COUPONS, CUSTOMERS = "/admin/issuance/coupon/", "/admin/customers/customer/"
LISTS = admin.site._registry


def list_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def rows(answer: HttpResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.model_name)
def test_every_list_has_filters_a_file_and_says_what_to_do_when_it_is_empty(
    admin_client: Client, model: type[Model]
) -> None:
    path, when_empty = list_of(model), LISTS[model].when_empty

    page = admin_client.get(path)
    file = admin_client.get(f"{path}export/")

    assert f'href="{path}export' in page.content.decode()
    assert page.context["cl"].has_filters
    assert when_empty
    # The admin is somebody, and roles are there from the start.
    assert page.context["cl"].result_count or when_empty in page.content.decode()
    assert len(rows(file)) == model.objects.count()


def test_a_file_has_the_rows_that_the_filters_leave(admin_client: Client) -> None:
    series = make_series(description="Diwali")
    coupon = make_coupon(series=series, customer=make_customer(first_name="Tom", mobile="4711"))
    make_coupon()
    query = f"series__id__exact={series.pk}"

    page = admin_client.get(f"{COUPONS}?{query}")
    [row] = rows(admin_client.get(f"{COUPONS}export/?{query}"))

    assert f'href="{COUPONS}export/?{query}"' in page.content.decode()
    assert row["couponCode"] == coupon.code
    assert (row["series"], row["state"], row["redemptionCount"]) == ("Diwali", "usable", "0")
    assert (row["customerId"], row["firstName"], row["mobile"]) == (
        str(coupon.customer_id),
        "Tom",
        "4711",
    )
    assert row["issuedAt"].endswith("Z")
    entry = LogEntry.objects.get()
    assert entry.change_message == f"Exported: {query}"
    assert str(entry) == "Changed “List of coupons” — Exported: " + query


@pytest.mark.parametrize("path", [COUPONS, CUSTOMERS])
def test_a_search_narrows_the_file_too(admin_client: Client, path: str) -> None:
    coupon = make_coupon(customer=make_customer(mobile="4711"))
    make_coupon()

    assert [row["customerId"] for row in rows(admin_client.get(f"{path}export/?q=4711"))] == [
        str(coupon.customer_id)
    ]


def test_rows_are_read_lot_by_lot_and_each_comes_once(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_export, "ROWS_AT_ONCE", 2)
    made = [make_customer().pk for _ in range(5)]

    found = [row["customerId"] for row in rows(admin_client.get(f"{CUSTOMERS}export/"))]

    assert found == [str(pk) for pk in reversed(made)]


def test_a_file_that_would_be_too_long_says_where_it_ends(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_export, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(list_export, "MOST_ROWS", 3)
    for _ in range(4):
        make_customer()

    [_, _, last] = rows(admin_client.get(f"{CUSTOMERS}export/"))

    assert last["customerId"].startswith("Only the first 2 rows are in this file.")


def test_no_cell_is_a_formula(admin_client: Client) -> None:
    make_customer(first_name="=HYPERLINK(1)", last_name="Ann", external_id="@7")

    [row] = rows(admin_client.get(f"{CUSTOMERS}export/"))

    assert (row["firstName"], row["lastName"]) == ("'=HYPERLINK(1)", "Ann")
    assert row["externalId"] == "'@7"


def test_personal_data_are_for_those_who_may_take_them_out(db: None) -> None:
    make_coupon(customer=make_customer(first_name="Tom", mobile="4711"))
    reader = signed_in_as(roles.READ_ONLY, "reader")

    [row] = rows(reader.get(f"{COUPONS}export/"))
    refused = reader.get(f"{CUSTOMERS}export/")
    [whole] = rows(signed_in_as(roles.MARKETING, "marketing").get(f"{COUPONS}export/"))

    assert "mobile" not in row
    assert "Tom" not in row.values()
    assert refused.status_code == 403
    assert f"{CUSTOMERS}export/" not in reader.get(CUSTOMERS).content.decode()
    assert whole["mobile"] == "4711"
    assert not LogEntry.objects.filter(object_repr="List of customers").exists()


def test_the_log_tells_who_took_which_list(admin_client: Client) -> None:
    admin_client.get(f"{COUPONS}export/?q=4711")

    page = admin_client.get(LOG).content.decode()
    [itself, taken] = rows(admin_client.get(f"{LOG}export/"))

    assert "List of coupons" in page
    assert (taken["user"], taken["kind"]) == ("admin", "coupon")
    assert (taken["what"], taken["how"]) == ("List of coupons", "Exported: q=4711")
    assert itself["what"] == "List of log entries"
    assert signed_in_as(roles.MARKETING, "marketing").get(LOG).status_code == 403


def test_who_may_not_see_a_list_gets_no_file(db: None) -> None:
    reader = signed_in_as(roles.READ_ONLY, "reader")

    for path in ("/admin/couponadmin/apiclient/", "/admin/outbox/endpoint/"):
        assert reader.get(f"{path}export/").status_code == 403
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "query", ["registered_at__gt=x", "nonsense=1", "mobile=%00", "q=%00", "p=x"]
)
def test_nonsense_in_the_address_is_refused(admin_client: Client, query: str) -> None:
    answer = admin_client.get(f"{CUSTOMERS}export/?{query}")

    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or rows(answer) == []


def test_no_secret_is_in_a_file(admin_client: Client) -> None:
    now = datetime.now(UTC)
    till = OrgEntity.objects.create(type="TILL", code="t7", name="Till 7")
    ApiClient.objects.create(name="till", client_id="id-7", till=till, created_at=now)
    Endpoint.objects.create(
        name="shop",
        url="https://example.com/",
        kinds=["coupon.issued"],
        salt="topsecret",
        created_at=now,
        rotated_at=now,
    )

    [client] = rows(admin_client.get("/admin/couponadmin/apiclient/export/"))
    [endpoint] = rows(admin_client.get("/admin/outbox/endpoint/export/"))

    assert (client["clientId"], client["till"], client["isActive"]) == ("id-7", "t7", "True")
    assert not [name for name in (*client, *endpoint) if "secret" in name.lower()]
    assert "topsecret" not in endpoint.values()


def test_series_tell_their_counts(admin_client: Client) -> None:
    make_series(description="Diwali", num_issued=9, num_redeemed=3, max_create=10)

    [row] = rows(admin_client.get("/admin/series/series/export/"))

    assert (row["description"], row["status"]) == ("Diwali", "live")
    assert (row["numIssued"], row["numRedeemed"], row["maxCreate"]) == ("9", "3", "10")


def test_people_and_roles_tell_who_may_do_what(admin_client: Client) -> None:
    person = User.objects.create_user("sam", email="sam@example.org")
    person.groups.set(Group.objects.filter(name__in=[roles.SUPPORT, roles.MARKETING]))

    people = rows(admin_client.get("/admin/auth/user/export/"))
    everyone = admin_client.get("/admin/auth/user/").content.decode()
    given = rows(admin_client.get("/admin/auth/group/export/?given_to=people"))
    nobodys = rows(admin_client.get("/admin/auth/group/export/?given_to=nobody"))

    [sam] = [row for row in people if row["username"] == "sam"]
    assert (sam["email"], sam["roles"]) == ("sam@example.org", "Marketing, Support")
    assert "Marketing, Support" in everyone
    assert not [name for name in sam if "password" in name]
    assert {row["name"]: row["people"] for row in given} == {"Marketing": "1", "Support": "1"}
    assert "issuance.change_coupon" in given[0]["permissions"].split()
    assert len(nobodys) == len(roles.ROLES) - 2


def test_roles_are_counted_whole_where_they_are_filtered(admin_client: Client) -> None:
    group = Group.objects.get(name=roles.DEFAULT_ACCESS)
    for name in "ab":
        ApiClient.objects.create(name=name, client_id=name).groups.set([group])
        User.objects.create_user(name).groups.set([group])

    [row] = rows(admin_client.get("/admin/auth/group/export/?given_to=clients"))

    assert (row["people"], row["apiClients"]) == ("2", "2")


def test_days_of_a_series_are_narrowed_by_series_and_day(admin_client: Client) -> None:
    series = make_series(description="Diwali")
    for day, count in ((1, 10), (2, 20)):
        SeriesDay.objects.create(series=series, day=date(2026, 5, day), issued=count)
    SeriesDay.objects.create(series=make_series(), day=date(2026, 5, 2))
    path = f"/admin/series/seriesday/export/?series__id__exact={series.pk}&day_from=2026-05-02"

    [row] = rows(admin_client.get(path))

    assert (row["day"], row["series"], row["issued"]) == ("2026-05-02", "Diwali", "20")


def test_holds_can_be_taken_away(admin_client: Client, new_caller: Callable[..., Caller]) -> None:
    customer, series = make_customer(mobile="4711"), make_series(**MANY)
    [coupon] = coupons_of(series, customer)
    here = visit(customer, client_id=new_caller().client.pk)
    hold([coupon.code], here, minutes=5, now=NOW)
    path = "/admin/redemption/hold/export/?series__id__exact="

    [row] = rows(admin_client.get(f"{path}{series.pk}"))

    assert (row["couponCode"], row["mobile"], row["releasedAt"]) == (coupon.code, "4711", "")
    assert rows(admin_client.get(f"{path}{series.pk + 1}")) == []
