"""Letting the coupons of a series be valid to its end, however many they are."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from couponadmin.times import end_of_day
from issuance.asks import Ask, Purpose
from issuance.changes import extend
from issuance.models import Coupon
from issuance.services import issue
from series.models import Series
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
NEXT_YEAR = date.today().year + 1
GENERIC = {"client_handling_type": "GENERIC", "generic_code": "TEN"}


def page(series: Series) -> str:
    return f"/admin/series/series/{series.pk}/extend_coupons/"


def issued(series: Series, count: int, now: datetime) -> list[int]:
    """Coupons of the series that end a month before it does."""
    asks = [Ask(series.pk, make_customer().pk) for _ in range(count)]
    issue(asks, now=now, purpose=Purpose())
    coupons = Coupon.objects.issued().filter(series=series)
    coupons.update(expires_at=end_of_day(series.valid_till_date) - timedelta(days=30))
    return list(coupons.values_list("pk", flat=True))


@pytest.mark.parametrize("terms", [{}, GENERIC], ids=["own codes", "a shared code"])
def test_one_holder_and_many_take_as_many_statements(now: datetime, terms: dict[str, Any]) -> None:
    series = make_series(**terms)
    ids = issued(series, 31, now)

    counts = []
    for some in (ids[:1], ids[1:]):
        with CaptureQueriesContext(connection) as statements:
            assert extend(series.pk, some, now=now) == len(some)
        counts.append(len(statements))

    assert counts[0] == counts[1]
    ends = Coupon.objects.issued().values_list("expires_at", flat=True)
    assert set(ends) == {end_of_day(series.valid_till_date).astimezone(UTC)}


def test_it_leaves_what_ends_later_what_is_revoked_and_what_is_another_series(
    now: datetime,
) -> None:
    series = make_series(valid_till_date=date(NEXT_YEAR, 6, 30))
    soon = now + timedelta(days=1)
    late = end_of_day(date(NEXT_YEAR, 7, 31)).astimezone(UTC)
    columns: list[dict[str, Any]] = [
        {"series": series, "expires_at": late},
        {"series": series, "expires_at": None},
        {"series": series, "expires_at": soon, "revoked_at": now},
        {"expires_at": soon},
    ]
    ids = [make_coupon(**each).pk for each in columns]
    before = list(Coupon.objects.values("pk", "expires_at"))

    assert extend(series.pk, ids, now=now) == 0
    assert list(Coupon.objects.values("pk", "expires_at")) == before


def test_a_series_without_a_last_day_is_told_and_changes_nothing(
    admin_client: Client, now: datetime
) -> None:
    coupon = make_coupon(
        series=make_series(valid_till_date=None), expires_at=now + timedelta(days=1)
    )

    response = admin_client.post(page(coupon.series), {"after": 0, "done": 0}, follow=True)

    assert [str(each) for each in response.context["messages"]] == [
        "This series has no last day, so there is no day to extend its coupons to."
    ]
    assert Coupon.objects.get().expires_at == coupon.expires_at
    assert extend(coupon.series_id, [coupon.pk], now=now) == 0
