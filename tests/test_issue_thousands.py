"""Thousands of coupons in one call, which are stored in another way than a few."""

from datetime import datetime

import pytest
from django.db.models import Sum

from issuance.asks import Answer, Ask, Purpose
from issuance.ledger import MANY
from issuance.models import Coupon
from issuance.services import issue
from outbox.models import Event, Kind
from series.models import Series, Tally
from tests.coupons import make_free_code
from tests.factories import make_customer, make_series
from tests.receiver import make_endpoint

pytestmark = pytest.mark.django_db

COUNT = MANY + 200
SEVERAL = {"is_multiple_vouchers_per_user_allowed": True}


def issue_to_one(*wishes: tuple[Series, int], now: datetime) -> list[Answer]:
    customer = make_customer()
    asks = [Ask(series.pk, customer.pk, count) for series, count in wishes]
    return issue(asks, now=now, purpose=Purpose())


def stored(series: Series) -> set[tuple[int, str]]:
    return set(Coupon.objects.issued().filter(series=series).values_list("id", "code"))


def answered(answer: Answer) -> set[tuple[int, str]]:
    return {(coupon.id, coupon.code) for coupon in answer.coupons}


@pytest.mark.parametrize("columns", [{}, {"max_create": 10_000}], ids=["uncapped", "capped"])
def test_what_is_answered_is_what_is_stored(now: datetime, columns: dict[str, int]) -> None:
    series = make_series(**SEVERAL, **columns)

    [answer] = issue_to_one((series, COUNT), now=now)

    assert len(answered(answer)) == COUNT
    assert answered(answer) == stored(series)
    tally = Tally.objects.get(series=series)
    assert (tally.issued, tally.counted) == (COUNT, bool(columns))


def test_each_becomes_an_event(now: datetime) -> None:
    endpoint, series = make_endpoint("https://shop.example.org/hook"), make_series(**SEVERAL)

    issue_to_one((series, COUNT), now=now)

    told = Event.objects.filter(endpoint=endpoint, kind=Kind.ISSUED).values_list("payload")
    assert {(each["couponId"], each["code"]) for [each] in told} == stored(series)


def test_codes_that_are_made_twice_are_made_anew(now: datetime) -> None:
    # Of a hundred thousand codes 1,200 are never all different: one time in a thousand.
    series = make_series(**SEVERAL, alpha_numeric=False, random_code_length=5)

    [answer] = issue_to_one((series, COUNT), now=now)

    assert len(answered(answer)) == COUNT
    assert answered(answer) == stored(series)
    assert Tally.objects.filter(series=series).aggregate(Sum("issued")) == {"issued__sum": COUNT}


def test_several_series_of_all_kinds_go_together(now: datetime) -> None:
    made, other = make_series(**SEVERAL), make_series(**SEVERAL)
    pool = make_series(**SEVERAL, client_handling_type="DISC_CODE_PIN")
    for code in ("P1", "P2"):
        make_free_code(pool, code)

    answers = issue_to_one((made, COUNT), (pool, 3), (other, 5), now=now)

    assert [len(answer.coupons) for answer in answers] == [COUNT, 2, 5]
    assert [bool(answer.limit) for answer in answers] == [False, True, False]
    for series, answer in zip((made, pool, other), answers, strict=True):
        assert answered(answer) == stored(series)


def test_everybody_gets_a_coupon_of_their_own(now: datetime) -> None:
    series, customers = make_series(), [make_customer() for _ in range(MANY)]

    answers = issue([Ask(series.pk, one.pk) for one in customers], now=now, purpose=Purpose())

    holders = dict(Coupon.objects.filter(series=series).values_list("id", "customer_id"))
    assert [holders[answer.coupons[0].id] for answer in answers] == [one.pk for one in customers]
