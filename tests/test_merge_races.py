"""Two records become one while tills are at work: nothing stays behind, no deadlock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from functools import partial
from random import Random
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from couponadmin.errors import CouponError
from customers.identifiers import CustomerReference
from customers.models import Customer
from customers.services import resolve
from issuance.asks import Ask, Purpose
from issuance.merging import merge_customers
from issuance.models import Coupon
from issuance.services import issue
from redemption.asks import Visit
from redemption.holding import cancel, commit
from redemption.models import Hold, Redemption
from redemption.services import hold, redeem, reverse
from series.models import Series
from tests.conftest import Caller
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series
from tests.waiting import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
MANY = {"is_multiple_vouchers_per_user_allowed": True}
ANYBODYS = {"any_user": True, "is_multiple_use_allowed": True}
CLIENT = 1


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", mobile="11223569865")


@pytest.fixture
def twin() -> Customer:
    return make_customer(first_name="Thomas", mobile="11223569866", external_id="M-2")


@contextmanager
def locked(rows: Any, is_locked: Event) -> Iterator[None]:
    with transaction.atomic():
        assert list(rows.select_for_update(no_key=True))
        is_locked.set()
        yield


def crossing(first: Callable[[], Any], second: Callable[[], Any], rows: Any) -> list[Any]:
    """Three calls: the second begins when the first waits for the rows, and these are let go then.

    So each has locked what it locks before, and waits, when the two meet.
    """
    is_locked = Event()

    def starts() -> Any:
        assert is_locked.wait(20)
        return first()

    def follows() -> Any:
        wait_for_locks(1)
        return second()

    def lets_go() -> None:
        with locked(rows, is_locked):
            wait_for_locks(2)

    return [starts, follows, lets_go]


def merge(survivor: Customer, absorbed: Customer) -> bool:
    try:
        merge_customers(survivor.pk, absorbed.pk, now=timezone.now())
    except CouponError:
        return False
    return True


def new_codes(series: Series, customer: Customer, count: int = 1) -> list[str]:
    asks = [Ask(series.pk, customer.pk, count)]
    [answer] = issue(asks, now=timezone.now(), purpose=Purpose())
    return [coupon.code for coupon in answer.coupons]


def visit(customer: Customer) -> Visit:
    return Visit(
        at=timezone.now(), client_id=CLIENT, customer_id=customer.pk, bill_amount=Decimal(10**6)
    )


def hold_all(codes: list[str], customer: Customer) -> list[int]:
    outcomes = hold(codes, visit(customer), minutes=5, now=timezone.now())
    return [outcome.done.id for outcome in outcomes]


def left_behind() -> list[int]:
    """How many coupons, redemptions and holds name a customer who is another one by now."""
    models = (Coupon, Redemption, Hold)
    return [model.objects.filter(customer__merged_into__isnull=False).count() for model in models]


class Door:
    """A merge that has locked all it needs, and ends when `open` is called."""

    def __init__(self, survivor: Customer, absorbed: Customer) -> None:
        self.pair = survivor, absorbed
        self.is_locked, self.may_end = Event(), Event()

    def merge(self) -> bool:
        with transaction.atomic():
            done = merge(*self.pair)
            self.is_locked.set()
            assert self.may_end.wait(20)
        return done

    def meanwhile(self, call: Callable[[], Any]) -> Any:
        assert self.is_locked.wait(20)
        return call()

    def open(self) -> None:
        wait_for_locks(1)
        self.may_end.set()

    def beside(self, call: Callable[[], Any], at_once: AtOnce) -> Any:
        """What `call` gives that began before the merge was committed, and had to wait for it."""
        merged, result, _ = at_once([self.merge, partial(self.meanwhile, call), self.open])
        assert merged
        return result


@pytest.mark.parametrize("older", ["survivor", "absorbed"])
@pytest.mark.parametrize("call", ["redeem", "bulk/redeem", "hold"])
@pytest.mark.parametrize("named", [True, False])
def test_what_a_till_does_during_a_merge_is_the_survivors(
    at_once: AtOnce,
    client_api: Caller,
    tom: Customer,
    twin: Customer,
    older: str,
    call: str,
    named: bool,
) -> None:
    survivor, absorbed = (tom, twin) if older == "survivor" else (twin, tom)
    [code] = new_codes(make_series(max_redemptions_in_series_per_user=1, **ANYBODYS), tom)
    who = {"id": absorbed.pk} if named else {"mobile": survivor.mobile, "id": survivor.pk}
    body = {
        "redemptionRequestList": [{"code": code}],
        "billAmount": 1000,
        "transactionNumber": "T1",
        "user": who,
    }
    post = partial(client_api.post, f"/v2/coupon/{call}", body, idempotency_key="a")

    response = Door(survivor, absorbed).beside(post, at_once)

    assert response.status_code == 200, response.json()
    assert response.json()["customer"]["id"] == survivor.pk
    stored = Hold if call == "hold" else Redemption
    assert stored.objects.get().customer == survivor
    assert left_behind() == [0, 0, 0]


def test_an_identifier_that_the_merge_let_go_names_nobody_at_the_till(
    at_once: AtOnce, client_api: Caller, tom: Customer, twin: Customer
) -> None:
    [code] = new_codes(make_series(**ANYBODYS), tom)
    body = {"redemptionRequestList": [{"code": code}], "billAmount": 1000}
    body |= {"user": {"mobile": twin.mobile}}

    response = Door(tom, twin).beside(partial(client_api.post, "/v2/coupon/redeem", body), at_once)

    assert response.json()["errors"][0]["code"] == 701
    assert not Redemption.objects.exists()


def test_a_limit_per_customer_counts_what_was_redeemed_during_the_merge(
    at_once: AtOnce, client_api: Caller, tom: Customer, twin: Customer
) -> None:
    series = make_series(max_redemptions_in_series_per_user=1, **ANYBODYS, **MANY)
    first, second = new_codes(series, make_customer(), 2)

    def body(code: str, customer: Customer) -> dict[str, Any]:
        user = {"id": customer.pk}
        return {"redemptionRequestList": [{"code": code}], "billAmount": 9, "user": user}

    post = partial(client_api.post, "/v2/coupon/redeem", body(first, twin))
    Door(tom, twin).beside(post, at_once)

    refused = client_api.post("/v2/coupon/redeem", body(second, tom))

    assert refused.json()["errors"][0]["code"] == 736
    assert Redemption.objects.count() == 1


@pytest.mark.parametrize("end", [commit, cancel])
def test_a_hold_ends_while_its_customer_is_merged(
    at_once: AtOnce, tom: Customer, twin: Customer, end: Callable[..., Any]
) -> None:
    ids = hold_all(new_codes(make_series(**MANY), twin, 3), twin)

    Door(tom, twin).beside(partial(end, ids, client_id=CLIENT, now=timezone.now()), at_once)

    assert set(Hold.objects.values_list("customer", flat=True)) == {tom.pk}
    assert Redemption.objects.filter(customer=tom).count() == (3 if end is commit else 0)
    assert left_behind() == [0, 0, 0]


def test_committing_beside_a_merge_does_not_end_in_a_deadlock(
    at_once: AtOnce, tom: Customer, twin: Customer
) -> None:
    series = make_series(max_redeem=50, **MANY)
    ids = hold_all(new_codes(series, twin, 3), twin)
    committed = partial(commit, ids, client_id=CLIENT, now=timezone.now())

    # The commit waits for the series, with its coupons locked, and then stores its redemptions.
    calls = crossing(committed, partial(merge, tom, twin), Series.objects.all())
    outcomes, merged, _ = at_once(calls)

    assert len(outcomes) == Redemption.objects.filter(customer=tom).count() == 3
    assert merged
    assert left_behind() == [0, 0, 0]


def test_merges_that_meet_in_a_third_record_do_not_end_in_a_deadlock(
    at_once: AtOnce, now: datetime
) -> None:
    third, second, first = (make_customer() for _ in range(3))
    merge_customers(second.pk, third.pk, now=now)
    coupon = make_coupon(customer=second)
    both = partial(merge, first, second), partial(merge, third, second)

    # The first waits for the coupon, with two customers locked, and then changes the third.
    done = at_once(crossing(*both, Coupon.objects.filter(pk=coupon.pk)))

    assert done == [True, False, None]
    assert set(Customer.objects.filter(merged_into=first)) == {second, third}
    assert left_behind() == [0, 0, 0]


def test_whatever_meets_a_merge_ends_without_deadlock(at_once: AtOnce) -> None:
    free = make_series(max_redemptions_in_series_per_user=30, **ANYBODYS, **MANY)
    capped = make_series(max_redeem=200, **MANY)
    customers = [make_customer() for _ in range(6)]
    codes = {one.pk: new_codes(capped, one, 6) + new_codes(free, one, 6) for one in customers}

    def one_till(seed: int) -> None:
        chance = Random(seed)
        for _ in range(4):
            customer = resolve(CustomerReference(id=chance.choice(customers).pk))
            some = chance.sample(codes[chance.choice(customers).pk], 4)
            with suppress(CouponError):
                done = redeem(some, visit(customer), now=timezone.now(), all_or_nothing=False)
                if ids := [outcome.done.id for outcome in done if outcome.done]:
                    reverse(ids[::-1], reason="", now=timezone.now())
                held = hold(some, visit(customer), minutes=5, now=timezone.now())
                if ids := [outcome.done.id for outcome in held if not outcome.reasons]:
                    chance.choice([commit, cancel])(ids, client_id=CLIENT, now=timezone.now())

    def merges(seed: int) -> None:
        chance = Random(seed)
        for _ in range(6):
            merge(*chance.sample(customers, 2))

    at_once(
        [partial(one_till, seed) for seed in range(12)] + [partial(merges, n) for n in range(4)]
    )

    assert left_behind() == [0, 0, 0]
    assert not Customer.objects.filter(merged_into__merged_into__isnull=False).exists()
    valid = Redemption.objects.filter(reversed_at=None)
    for coupon in Coupon.objects.all():
        assert coupon.redemption_count == valid.filter(coupon=coupon).count()
