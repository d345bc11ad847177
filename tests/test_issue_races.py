"""Many tills at once, in real threads on real PostgreSQL: limits hold to the coupon."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from couponadmin.errors import ErrorCode
from issuance.asks import Answer, Ask, Purpose
from issuance.models import Coupon
from issuance.services import issue
from series.models import Series
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)

MANY = {"is_multiple_vouchers_per_user_allowed": True}
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def issue_one(series_id: int, customer_id: int, wanted: int = 1) -> Answer:
    [answer] = issue([Ask(series_id, customer_id, wanted)], now=timezone.now(), purpose=Purpose())
    return answer


def test_a_customer_gets_no_more_than_the_limit(at_once: AtOnce) -> None:
    series, customer = make_series(max_vouchers_per_user=3, **MANY), make_customer()

    answers = at_once([partial(issue_one, series.pk, customer.pk)] * 64)

    assert sum(len(answer.coupons) for answer in answers) == 3
    assert Coupon.objects.issued().count() == 3
    assert {a.limit.code for a in answers if a.limit} == {ErrorCode.MAX_PER_USER}


def test_a_series_gives_no_more_than_its_cap(at_once: AtOnce) -> None:
    series = make_series(max_create=25, **MANY)
    customers = [make_customer() for _ in range(64)]

    answers = at_once([partial(issue_one, series.pk, each.pk) for each in customers])

    assert sum(len(answer.coupons) for answer in answers) == 25
    assert Coupon.objects.issued().count() == Series.objects.get().num_issued == 25
    assert {a.limit.code for a in answers if a.limit} == {ErrorCode.MAX_CREATE}


def test_uploaded_codes_are_handed_out_once_each(at_once: AtOnce) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", **MANY)
    Coupon.objects.bulk_create([Coupon(series=series, code=f"PIN{n}") for n in range(500)])
    customers = [make_customer() for _ in range(64)]

    answers = at_once([partial(issue_one, series.pk, each.pk, 10) for each in customers])

    given = Counter(coupon.code for answer in answers for coupon in answer.coupons)
    assert len(given) == 500
    assert set(given.values()) == {1}
    assert {a.limit.code for a in answers if a.limit} == {ErrorCode.POOL_EMPTY}


def test_a_mix_of_series_and_customers_ends_without_deadlock(at_once: AtOnce) -> None:
    capped = [make_series(max_create=20, max_vouchers_per_user=9, **MANY) for _ in range(3)]
    single = [make_series() for _ in range(2)]
    customers = [make_customer() for _ in range(4)]
    chance = Random(7)

    def one_call() -> None:
        asks = [
            Ask(chance.choice(capped + single).pk, chance.choice(customers).pk, 2) for _ in range(5)
        ]
        issue(asks, now=timezone.now(), purpose=Purpose())

    at_once([one_call] * 64)

    issued = Counter(Coupon.objects.issued().values_list("series", flat=True))
    pairs = Counter(Coupon.objects.issued().values_list("series", "customer"))
    assert [issued[series.pk] for series in capped] == [20, 20, 20]
    assert all(count <= 9 for (series, _), count in pairs.items())
    assert all(pairs[one.pk, customer.pk] == 1 for one in single for customer in customers)


@pytest.mark.parametrize("terms", [{}, {"client_handling_type": "GENERIC", "generic_code": "X"}])
def test_one_per_customer_is_one(at_once: AtOnce, terms: dict[str, str]) -> None:
    series, customer = make_series(**terms), make_customer()

    answers = at_once([partial(issue_one, series.pk, customer.pk)] * 32)

    assert sum(len(answer.coupons) for answer in answers) == 1
    assert Coupon.objects.held_by(customer.pk).count() == 1
