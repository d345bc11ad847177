"""The list of coupons never walks through other series' coupons to show those of one."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issuance import search
from issuance.models import Coupon
from tests.coupons import make_coupon
from tests.factories import make_series

pytestmark = pytest.mark.django_db
PATH = "/admin/issuance/coupon/"


def shown(client: Client, **parameters: str | int) -> list[int]:
    page = client.get(PATH, parameters)
    assert page.status_code == 200
    return [coupon.pk for coupon in page.context_data["cl"].result_list]


def plan(coupons: object) -> str:
    return json.dumps(json.loads(coupons.explain(format="json")))


def test_the_newest_of_a_series_are_read_from_its_own_index() -> None:
    series = make_series()
    with connection.cursor() as cursor:
        # Mixed, as the planner believes coupons to be even where they are not.
        cursor.execute(
            """
            INSERT INTO issuance_coupon
                (code, series_id, customer_id, origin_id, shared, issued_at, redemption_count)
            SELECT 'C' || n, %(series)s + n %% 5, 1, 1, false, now(), 0
            FROM generate_series(1, 20000) AS n
            """,
            {"series": series.pk},
        )
        cursor.execute("ANALYZE issuance_coupon")

    told = plan(Coupon.objects.issued().of_series(series.pk)[:100])

    assert "coupon_by_series" in told
    assert "issuance_coupon_pkey" not in told
    assert '"Sort"' not in told


def test_of_one_series_the_newest_come_first(admin_client: Client) -> None:
    series = make_series()
    wanted = [make_coupon(series=series).pk for _ in range(3)]
    make_coupon()

    with CaptureQueriesContext(connection) as statements:
        found = shown(admin_client, series__id__exact=series.pk)

    order = 'ORDER BY "issuance_coupon"."series_id" DESC, "issuance_coupon"."id" DESC'
    assert found == wanted[::-1]
    assert any(order in each["sql"] for each in statements)


@pytest.mark.parametrize("series", [2**70, -1])
def test_a_series_that_cannot_be_has_no_coupons(admin_client: Client, series: int) -> None:
    make_coupon()

    assert shown(admin_client, series__id__exact=series) == []
    assert shown(admin_client, series__id__exact=series, state="USABLE") == []


@pytest.mark.parametrize("series", ["", "all", "1" * 5_000])
def test_what_is_no_number_is_put_aside_as_elsewhere_in_the_admin(
    admin_client: Client, series: str
) -> None:
    page = admin_client.get(PATH, {"series__id__exact": series}, follow=True)

    assert page.status_code == 200


def test_of_those_who_share_a_code_the_newest_are_shown(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SHOWN_OF_A_SHARED_CODE", 2)
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    made = [make_coupon(series=series, code="SALE20", shared=True).pk for _ in range(3)]

    assert shown(admin_client, q=" sale20") == [made[2], made[1]]
    assert shown(admin_client, series__id__exact=series.pk) == made[::-1]
