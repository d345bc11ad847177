"""What is left of uploaded codes is what can be issued: revoked ones are not."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from couponadmin.errors import ErrorCode
from issuance.asks import Ask, Purpose
from issuance.changes import revoke, revoke_codes
from issuance.models import Coupon
from issuance.pool import free_codes
from issuance.services import issue
from marketing import figures
from series.models import Series
from series.status import WAITING, remaining, status
from tests.batches import begin, csv_of, shown, work
from tests.conftest import Caller
from tests.coupons import make_free_code
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db


def make_pool(size: int, **terms: Any) -> Series:
    terms = {"client_handling_type": "DISC_CODE_PIN", "num_uploaded_total": size} | terms
    series = make_series(**terms)
    for n in range(size):
        make_free_code(series, f"PIN{n:02}")
    return series


def read(series: Series) -> Series:
    return Series.objects.with_counts().get(pk=series.pk)


def sold(series: Series, now: datetime) -> list[str]:
    [answer] = issue([Ask(series.pk, make_customer().pk)], now=now, purpose=Purpose())
    return [coupon.code for coupon in answer.coupons]


def test_a_revoked_free_code_is_not_left(series_api: Caller, now: datetime) -> None:
    series = make_pool(20)

    revoke_codes([f"PIN{n:02}" for n in range(18)], now=now)

    answer = series_api.get(f"/v2/coupon/series/{series.pk}").json()
    assert remaining(read(series)) == free_codes(series.pk) == 2
    assert (answer["numUploadedTotal"], answer["numUploadedNonIssued"]) == (2, 2)


def test_a_pool_whose_last_codes_were_revoked_is_told_as_empty(now: datetime) -> None:
    series, today = make_pool(2), timezone.localdate(now)

    revoke(Coupon.objects.filter(series=series), now=now)

    assert status(read(series), today=today) == WAITING
    assert [each.left for each in figures.running_low(today=today)] == [0]


def test_an_issued_code_counts_as_issued_when_it_is_revoked(now: datetime) -> None:
    series = make_pool(3)
    [code] = sold(series, now)

    done = revoke_codes([code, "PIN02"], now=now)
    again = revoke_codes([code, "PIN02"], now=now)

    assert len(done.revoked) == 2
    assert {reason for _, reason in again.refused} == {ErrorCode.REVOKED}
    assert read(series).num_uploaded_total == 2
    assert remaining(read(series)) == free_codes(series.pk) == 1


def test_a_shared_code_has_no_pool(now: datetime) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="TEN")

    assert revoke_codes(["TEN"], now=now).revoked == []
    assert read(series).num_uploaded_total == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("terms", [{}, {"max_create": 90}], ids=["no cap", "a cap"])
def test_revoking_beside_tills_and_files_stays_exact(
    series_api: Caller, at_once: Callable[..., list[Any]], terms: dict[str, int]
) -> None:
    series = make_pool(60, **terms)
    codes = [f"PIN{n:02}" for n in range(60)]
    held = [
        [code, make_customer(mobile=f"9198000000{n:02}").mobile, "2026-03-01"]
        for n, code in enumerate([*codes[40:][::-1], "NEW1", "NEW2"])
    ]
    batch = begin(
        series_api,
        csv_of([["code", "mobile", "issuedOn"], *held]),
        f"/v2/coupon/series/{series.pk}/holders",
    )

    def till() -> list[str]:
        return [code for _ in range(10) for code in sold(series, timezone.now())]

    def revokes(some: list[str]) -> int:
        return sum(
            len(revoke_codes(some[at : at + 10], now=timezone.now()).revoked)
            for at in range(0, len(some), 10)
        )

    at_once([work, till, till, partial(revokes, codes[::2]), partial(revokes, codes[::-3])])

    assert shown(series_api, batch)["state"] == "done"
    assert read(series).total_issued == Coupon.objects.issued().count()
    assert remaining(read(series)) == free_codes(series.pk)
