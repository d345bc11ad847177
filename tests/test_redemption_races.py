"""Many tills at once, in real threads on real PostgreSQL: what can be used once is used once."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from couponadmin.errors import CouponError, ErrorCode
from issuance.asks import Ask, Purpose
from issuance.changes import revoke_codes
from issuance.models import Coupon
from issuance.services import issue
from redemption.asks import Outcome, Visit
from redemption.holding import cancel, commit
from redemption.models import Hold, Redemption
from redemption.services import hold, redeem, reverse
from series.models import Series
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)

TILLS = 64
MANY = {"is_multiple_vouchers_per_user_allowed": True}
CLIENT = 1
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def new_codes(series: Series, customer_id: int, count: int = 1) -> list[str]:
    asks = [Ask(series.pk, customer_id, count)]
    [answer] = issue(asks, now=timezone.now(), purpose=Purpose())
    return [coupon.code for coupon in answer.coupons]


def visit(customer_id: int, transaction: str = "") -> Visit:
    return Visit(
        at=timezone.now(),
        client_id=CLIENT,
        customer_id=customer_id,
        transaction_number=transaction,
        bill_amount=Decimal(2000),
    )


def redeem_all(codes: list[str], customer_id: int, transaction: str = "") -> list[Outcome]:
    here = visit(customer_id, transaction)
    return redeem(codes, here, now=timezone.now(), all_or_nothing=True)


def hold_one(code: str, customer_id: int) -> Outcome:
    [outcome] = hold([code], visit(customer_id), minutes=5, now=timezone.now())
    return outcome


def first_numbers(results: list[list[Outcome]]) -> Counter[ErrorCode | None]:
    return Counter(
        outcome.reasons[0].code if outcome.reasons else None
        for outcomes in results
        for outcome in outcomes
    )


@pytest.mark.parametrize("transaction", ["", "own"])
def test_a_single_use_coupon_is_redeemed_once(at_once: AtOnce, transaction: str) -> None:
    customer = make_customer()
    codes = new_codes(make_series(), customer.pk)

    results = at_once(
        [
            partial(redeem_all, codes, customer.pk, transaction and f"T{number}")
            for number in range(TILLS)
        ]
    )

    assert first_numbers(results) == {None: 1, ErrorCode.USED: TILLS - 1}
    assert Redemption.objects.count() == Coupon.objects.get().redemption_count == 1


def test_a_coupon_for_anybody_is_redeemed_once(at_once: AtOnce) -> None:
    customers = [make_customer() for _ in range(TILLS)]
    codes = new_codes(make_series(any_user=True), customers[0].pk)

    results = at_once([partial(redeem_all, codes, customer.pk) for customer in customers])

    assert first_numbers(results) == {None: 1, ErrorCode.USED: TILLS - 1}
    assert Redemption.objects.count() == Coupon.objects.get().redemption_count == 1


def test_one_transaction_sent_many_times_is_one_redemption(at_once: AtOnce) -> None:
    customer = make_customer()
    codes = new_codes(make_series(), customer.pk)

    results = at_once([partial(redeem_all, codes, customer.pk, "T1")] * TILLS)

    assert first_numbers(results) == {None: TILLS}
    assert {outcome.done for [outcome] in results} == {results[0][0].done}
    assert Redemption.objects.count() == Coupon.objects.get().redemption_count == 1


def test_a_series_is_redeemed_no_more_often_than_its_cap(at_once: AtOnce) -> None:
    series = make_series(max_redeem=10)
    customers = [make_customer() for _ in range(TILLS)]
    codes = [new_codes(series, customer.pk) for customer in customers]

    results = at_once(
        [
            partial(redeem_all, own, customer.pk)
            for own, customer in zip(codes, customers, strict=True)
        ]
    )

    assert first_numbers(results) == {None: 10, ErrorCode.REDEMPTION_CAP: TILLS - 10}
    assert Redemption.objects.count() == Series.objects.get().num_redeemed == 10
    assert Coupon.objects.filter(redemption_count=1).count() == 10


@pytest.mark.parametrize("terms", [{}, {"max_redeem": 100}])
def test_a_customer_redeems_no_more_than_the_limit(at_once: AtOnce, terms: dict[str, int]) -> None:
    customer = make_customer()
    series = make_series(max_redemptions_in_series_per_user=2, **MANY, **terms)
    codes = new_codes(series, customer.pk, 8)

    results = at_once(
        [partial(redeem_all, [codes[number % 8]], customer.pk) for number in range(TILLS)]
    )

    assert first_numbers(results)[None] == 2
    assert Redemption.objects.count() == 2
    assert sum(Coupon.objects.values_list("redemption_count", flat=True)) == 2


def test_a_hold_and_a_redemption_exclude_each_other(at_once: AtOnce) -> None:
    customer = make_customer()
    [code] = new_codes(make_series(max_redeem=5), customer.pk)

    results = at_once(
        [
            *[lambda: [hold_one(code, customer.pk)]] * 16,
            *[lambda: redeem_all([code], customer.pk)] * 16,
        ]
    )

    assert first_numbers(results) == {None: 1, ErrorCode.USED: 31}
    assert Hold.objects.count() + Redemption.objects.count() == 1
    assert Series.objects.get().num_redeemed == Redemption.objects.count()


def test_holds_count_against_the_cap_of_the_series(at_once: AtOnce) -> None:
    series = make_series(max_redeem=7)
    customers = [make_customer() for _ in range(32)]
    codes = {customer.pk: new_codes(series, customer.pk)[0] for customer in customers}

    results = at_once(
        [
            partial(lambda pk: [hold_one(codes[pk], pk)], customer.pk)
            if number % 2
            else partial(redeem_all, [codes[customer.pk]], customer.pk)
            for number, customer in enumerate(customers)
        ]
    )
    for pk in Hold.objects.values_list("pk", flat=True):
        commit([pk], client_id=CLIENT, now=timezone.now())

    assert first_numbers(results) == {None: 7, ErrorCode.REDEMPTION_CAP: 25}
    assert Redemption.objects.count() == Series.objects.get().num_redeemed == 7


def test_a_hold_is_committed_once_or_cancelled(at_once: AtOnce) -> None:
    customer = make_customer()
    [code] = new_codes(make_series(max_redeem=5), customer.pk)
    hold_id = hold_one(code, customer.pk).done.id

    def end(how: Callable[..., Any]) -> bool:
        try:
            how([hold_id], client_id=CLIENT, now=timezone.now())
        except CouponError:
            return False
        return True

    done = at_once([partial(end, commit)] * 8 + [partial(end, cancel)] * 8)

    committed = Redemption.objects.count()
    assert (any(done[:8]), any(done[8:])) in {(True, False), (False, True)}
    assert committed == Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed
    assert committed == any(done[:8])


def test_a_coupon_is_revoked_or_redeemed(at_once: AtOnce) -> None:
    customer = make_customer()
    codes = new_codes(make_series(**MANY), customer.pk, 8)

    def take_back(code: str) -> int:
        return len(revoke_codes([code], now=timezone.now()).revoked)

    at_once(
        [
            *(partial(redeem_all, [code], customer.pk) for code in codes),
            *(partial(take_back, code) for code in codes),
        ]
    )

    for coupon in Coupon.objects.all():
        assert (coupon.revoked_at is None) == (coupon.redemption_count == 1)


def test_a_redemption_is_reversed_once(at_once: AtOnce) -> None:
    customer = make_customer()
    series = make_series(max_redeem=5, is_multiple_use_allowed=True, same_user_multiple_redeem=True)
    [code] = new_codes(series, customer.pk)
    ids = [redeem_all([code], customer.pk)[0].done.id for _ in range(3)]

    at_once([partial(reverse, ids[:2], reason="", now=timezone.now())] * 16)

    assert Redemption.objects.filter(reversed_at=None).count() == 1
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 1


def test_a_mix_of_everything_ends_without_deadlock(at_once: AtOnce) -> None:
    capped = [make_series(max_redeem=12, **MANY) for _ in range(2)]
    free = make_series(max_redemptions_in_series_per_user=3, **MANY)
    customers = [make_customer() for _ in range(3)]
    codes = {
        customer.pk: [
            code for series in (*capped, free) for code in new_codes(series, customer.pk, 8)
        ]
        for customer in customers
    }

    def one_till(seed: int) -> None:
        chance = Random(seed)
        for _ in range(3):
            customer = chance.choice(customers)
            some = chance.sample(codes[customer.pk], 3)
            outcomes = redeem(
                some,
                visit(customer.pk),
                now=timezone.now(),
                all_or_nothing=chance.random() < 0.3,
            )
            done = [outcome.done.id for outcome in outcomes if outcome.done]
            if done and chance.random() < 0.5:
                reverse(done[::-1], reason="", now=timezone.now())
            hold_one(chance.choice(codes[customer.pk]), customer.pk)

    at_once([partial(one_till, seed) for seed in range(32)])

    valid = Redemption.objects.filter(reversed_at=None)
    held = Counter(Hold.objects.values_list("series", flat=True))
    redeemed = Counter(valid.values_list("series", flat=True))
    for series in Series.objects.filter(pk__in=[one.pk for one in capped]):
        assert series.num_redeemed == redeemed[series.pk]
        assert redeemed[series.pk] + held[series.pk] <= 12
    uses = Counter(valid.values_list("coupon", flat=True))
    assert dict(Coupon.objects.values_list("pk", "redemption_count")) == {
        pk: uses[pk] for pk in Coupon.objects.values_list("pk", flat=True)
    }
    assert max(uses.values()) == 1
