"""What nobody types but somebody sends: no page of the admin fails at it."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from couponadmin import clients
from couponadmin.models import ApiClient, OrgEntity

pytestmark = pytest.mark.django_db
CLIENT, PLACE = "/admin/couponadmin/apiclient/", "/admin/couponadmin/orgentity/"


@pytest.mark.parametrize(
    "address",
    [
        "customers/customer/?mobile=%00",
        "customers/customer/?q=%00",
        "customers/customer/issue_to_these/?q=%00",
        "customers/customer/?o=9.9",
        "customers/customer/?p=x",
        "customers/customer/99999999999999999999/change/",
        "issuance/coupon/?series__id__exact=x",
        "issuance/coupon/?series__id__exact=99999999999999999999",
        "issuance/coupon/?customer__id__exact=%00",
        "redemption/redemption/?coupon__id__exact=%00",
        "couponadmin/apiclient/?groups__id__exact=%00",
        "couponadmin/orgentity/?type=%00",
        "auth/user/x/change/",
    ],
)
def test_no_address_is_a_failure_of_ours(admin_client: Client, address: str) -> None:
    assert admin_client.get(f"/admin/{address}").status_code in (200, 302, 400)


@pytest.mark.parametrize(
    "address",
    [
        "customers/customer/?id__range=1",
        "customers/customer/?first_name__regex=(",
        "customers/customer/?registered_at__year=999999999",
        "customers/customer/export/?first_name__regex=(",
        "customers/customer/issue_to_these/?id__range=1",
        "series/series/?discount_value=1e999999",
        "series/series/?sms_template__contains=x",
        "couponadmin/apiclient/?secret_hash__startswith=a",
        "outbox/endpoint/?salt__startswith=a",
        "admin/logentry/?action_time__year=99999",
    ],
)
def test_lists_are_asked_by_their_filters_only(admin_client: Client, address: str) -> None:
    assert admin_client.get(f"/admin/{address}").status_code == 400


@pytest.mark.parametrize("address", ["series/seriesday/?day__year=2026&day__month=11"])
def test_a_list_by_dates_can_be_asked_for_a_month(admin_client: Client, address: str) -> None:
    assert admin_client.get(f"/admin/{address}").status_code == 200


@pytest.mark.parametrize("picked", ["x", "-1", "99999999999999999999", "٣", "a\0b"])
def test_what_is_no_row_cannot_be_picked(admin_client: Client, picked: str) -> None:
    sent = {"name": "Till 7", "type": "TILL", "code": "t7"}

    with_client = admin_client.post(f"{CLIENT}add/", sent | {"till": picked, "groups": [picked]})
    with_place = admin_client.post(f"{PLACE}add/", sent | {"parent": picked})

    assert (with_client.status_code, with_place.status_code) == (200, 200)
    assert not ApiClient.objects.exists()
    assert not OrgEntity.objects.exists()


def test_what_was_picked_is_still_picked_when_something_else_is_wrong(
    admin_client: Client,
) -> None:
    store = OrgEntity.objects.create(type="STORE", code="s1", name="Main Street")

    page = admin_client.post(f"{PLACE}add/", {"type": "TILL", "parent": store.pk})

    assert f'<option value="{store.pk}" selected>' in page.content.decode()


def test_a_new_secret_is_written_down_but_not_which(admin_client: Client, now: Any) -> None:
    client, _ = clients.create_client("Till 7", groups=[], now=now)
    sent = {"name": "Till 7", "is_active": "on", "couponadmin_apiclient_new_secret": "1"}

    admin_client.post(f"{CLIENT}{client.pk}/change/", sent)

    assert "Made a new secret." in LogEntry.objects.values_list("change_message", flat=True)
